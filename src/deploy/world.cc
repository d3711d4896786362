#include "deploy/world.h"

#include <algorithm>

namespace orbit::deploy {
namespace {

constexpr unsigned kAll = 100;

class Making {
 public:
  explicit Making(const Surroundings& here) : here_(here) {}

  model::LiveEnvironment make() {
    world_.project = here_.state.key.project;
    world_.environment = here_.state.key.environment;
    world_.bridge = here_.state.bridge;
    world_.subnet = here_.state.subnet;
    for (const auto& [name, number] : here_.state.live) {
      if (number != 0) add(name, number);
    }
    return std::move(world_);
  }

 private:
  void add(const std::string& name, int number) {
    const auto plan = here_.plans.find(number);
    const model::DeployService* planned = plan == here_.plans.end() ? nullptr : plan->second->find(name);
    if (planned == nullptr) return;
    model::LiveService service;
    service.name = name;
    service.routed = planned->routed;
    service.path = planned->path;
    service.vitals = planned->vitals;
    service.hosts = planned->hosts;
    service.tcpPorts = planned->tcpPorts;
    // What was seen listening, and speaks no HTTP that we know of: the others dial it all the same.
    if (const int seen = portOf(name, number); seen != 0 && !planned->routed) {
      if (std::find(service.tcpPorts.begin(), service.tcpPorts.end(), seen) == service.tcpPorts.end())
        service.tcpPorts.push_back(seen);
    }
    service.exposeTcp = planned->exposeTcp;
    service.probe = planned->probe;
    service.drain = planned->release.drain;
    service.paused = here_.paused.contains(name);
    const auto address = here_.state.addresses.find(name);
    if (address != here_.state.addresses.end() && !planned->direct) service.virtualAddress = address->second;
    addReleases(service, *planned, number);
    world_.services.push_back(std::move(service));
  }

  void addReleases(model::LiveService& service, const model::DeployService& planned, int number) {
    model::LiveRelease current = release(service.name, number);
    const Group* group = here_.state.find(number);
    const auto beside = here_.state.previous.find(service.name);
    const bool shares = group != nullptr && group->watched() && beside != here_.state.previous.end() &&
                        planned.shape == model::DeployService::Shape::kStateless;
    if (shares) {
      model::LiveRelease old = release(service.name, beside->second);
      if (!old.instances.empty()) {
        std::tie(current.weight, old.weight) = sharesOf(*group, planned.release);
        current.watched = planned.release.shield;
        service.releases.push_back(std::move(old));
      }
    }
    for (const auto& [name, draining] : here_.draining) {
      const bool there = draining == number || (shares && draining == beside->second);
      if (name != service.name || there) continue;
      model::LiveRelease ending = release(name, draining);
      ending.weight = 0;
      ending.draining = true;
      if (!ending.instances.empty()) service.releases.push_back(std::move(ending));
    }
    service.releases.insert(service.releases.begin(), std::move(current));
  }

  // The port that the gate saw.
  int portOf(const std::string& service, int number) const {
    const Group* group = here_.state.find(number);
    if (group == nullptr) return 0;
    const auto released = group->services.find(service);
    return released == group->services.end() ? 0 : released->second.port;
  }

  model::LiveRelease release(const std::string& service, int number) const {
    model::LiveRelease release;
    release.id = releaseId(number);
    release.weight = kAll;
    const auto plan = here_.plans.find(number);
    const model::DeployService* planned = plan == here_.plans.end() ? nullptr : plan->second->find(service);
    if (planned == nullptr || planned->routed) release.port = portOf(service, number);
    for (const auto& one : here_.instances) {
      if (one.service == service && one.group == number && one.number != 0 && !one.address.empty()) {
        release.instances.push_back({one.name, one.address});
      }
    }
    return release;
  }

  const Surroundings& here_;
  model::LiveEnvironment world_;
};

}  // namespace

std::pair<unsigned, unsigned> sharesOf(const Group& group, const model::ReleasePolicy& policy) {
  const unsigned share = std::clamp(policy.sharePercent, 1U, 99U);
  const unsigned most = std::max(share, kAll - std::min(share, 10U));  // the control keeps a tenth, or less
  const unsigned fresh = group.stage == Stage::kShare ? share : most;
  return {fresh, kAll - fresh};
}

model::LiveEnvironment worldOf(const Surroundings& here) {
  return Making(here).make();
}

}  // namespace orbit::deploy
