#include "deploy/difference.h"

#include "model/secret_mark.h"

namespace orbit::deploy {
namespace {

// The versions of the secrets that a service's environment holds, by their marks' names.
std::map<std::string, int> versionsOf(const model::DeployService& service,
                                      const std::vector<project::EnvironmentVariable>& pins) {
  std::map<std::string, int> found;
  for (const auto& [variable, value] : service.service.container.environment) {
    if (!value) continue;
    for (const auto& secret : model::secretsIn(*value)) {
      const std::string mark = model::secretMark(secret);
      for (const auto& pin : pins) {
        if (pin.value == mark) found[secret] = pin.version;
      }
    }
  }
  return found;
}

}  // namespace

std::string differenceOf(Environment& environment, const model::DeployService& service, const std::string& imageId,
                         const std::vector<project::EnvironmentVariable>& pins) {
  const std::string& name = service.service.name;
  const EnvironmentState& state = environment.state();
  const auto live = state.live.find(name);
  const Group* old = live == state.live.end() ? nullptr : state.find(live->second);
  const auto before = old == nullptr ? decltype(old->services.find(name)){} : old->services.find(name);
  if (old == nullptr || before == old->services.end()) return "new";
  std::vector<std::string> what;
  if (!imageId.empty() && before->second.imageId != imageId) what.push_back("image");
  if (before->second.hash != service.hash) what.push_back("configuration");
  if (const auto* earlier = environment.planned(name, old->number)) {
    const bool same = earlier->hosts == service.hosts && earlier->path == service.path &&
                      earlier->exposeTcp == service.exposeTcp && earlier->probe == service.probe &&
                      earlier->replicas == service.replicas && earlier->vitals == service.vitals;
    if (!same) what.push_back("routes");
  }
  if (versionsOf(service, old->pins) != versionsOf(service, pins)) what.push_back("secrets");
  return join(what, ", ");
}

}  // namespace orbit::deploy
