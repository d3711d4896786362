// `down`: containers in reverse order of their dependencies, each as soon as its dependants are gone; then networks
// and, if asked, volumes and images.
#include "stack/create.h"
#include "stack/names.h"
#include "stack/resources.h"

namespace orbit::stack {
namespace {

using net::Task;

class Down {
 public:
  Down(Operation& operation, const model::Plan& plan, const Stack::DownOptions& options, const Observed& observed)
      : operation_(operation), plan_(plan), options_(options), observed_(observed), changed_(operation.loop) {}

  Task<void> run() {
    const auto order = stopsAfter(plan_);
    sort();
    if (byService_.empty() && orphans_.empty() && observed_.networks.empty() && !options_.volumes) {
      operation_.warn({"nothing of project " + plan_.project + " is there to remove", "", {}});
    }
    net::TaskGroup group(operation_.loop);
    for (const auto& [service, containers] : byService_) left_.insert(service);
    for (const auto& [service, containers] : byService_) {
      const auto dependants = order.find(service);
      group.add(removeService(service, dependants == order.end() ? std::set<std::string>{} : dependants->second));
    }
    for (const auto& orphan : orphans_) group.add(removeOne(orphan));
    co_await group.join();
    if (!options_.services.empty()) co_return;  // networks and volumes belong to the others as well
    co_await removeResources(operation_, plan_, observed_, anonymousVolumes_, options_.volumes);
    if (!options_.images.empty()) co_await removeImages();
  }

 private:
  bool named(const std::string& service) const {
    const auto& names = options_.services;
    return names.empty() || std::find(names.begin(), names.end(), service) != names.end();
  }

  // Who goes with which service.
  void sort() {
    for (const auto& container : observed_.containers) {
      const std::string& service = labelOf(container.labels, kServiceLabel);
      const bool oneOff = isOneOff(container.labels);
      const auto& off = plan_.disabled;
      const bool known = plan_.find(service) != nullptr || std::find(off.begin(), off.end(), service) != off.end();
      if (!named(service) || ((oneOff || !known) && !options_.removeOrphans)) continue;
      const bool active = container.state == engine::ContainerState::kRunning ||
                          container.state == engine::ContainerState::kRestarting ||
                          container.state == engine::ContainerState::kPaused;
      Removal removal{container.id, container.name, service, active, false, ""};
      if (known && !oneOff) {
        byService_[service].push_back(std::move(removal));
      } else {
        orphans_.push_back(std::move(removal));
      }
      for (const auto& volume : container.volumes) {
        if (isAnonymousVolume(volume)) anonymousVolumes_.push_back(volume);
      }
    }
  }

  Task<void> removeService(std::string service, std::set<std::string> dependants) {
    const auto waits = [this, &dependants] {
      return std::any_of(dependants.begin(), dependants.end(), [this](const auto& one) { return left_.contains(one); });
    };
    while (waits()) {
      const Status woken = co_await changed_.wait(operation_.wait);
      if (!woken.ok()) co_return;
    }
    net::TaskGroup group(operation_.loop);
    for (const auto& container : byService_[service]) group.add(removeOne(container));
    co_await group.join();
    left_.erase(service);
    changed_.notifyAll();
  }

  // Anonymous volumes go with their container if volumes go at all; carried-over ones are removed afterwards by name.
  Task<void> removeOne(Removal container) {
    const bool removed = co_await stopAndRemove(operation_, std::move(container), options_.timeout, options_.volumes);
    static_cast<void>(removed);  // the failure stands in the operation; the others go all the same
  }

  Task<void> removeImage(std::string reference) {
    Status removed = co_await operation_.engine.removeImage(reference, operation_.wait);
    if (removed.ok() || removed.error().code == Code::kNotFound) {
      operation_.step(Step::Kind::kImage, reference, "", "removed");
    } else if (removed.error().code == Code::kConflict) {
      operation_.warn({"image " + reference + " is still in use and stays", "", {}});
    } else {
      operation_.fail(std::move(removed).error().within("image " + reference));
    }
  }

  // --rmi local: only images without a name of their own, which Orbit built; all: every service's image.
  Task<void> removeImages() {
    std::set<std::string> references;
    for (const auto& service : plan_.services) {
      const std::string reference = imageName(plan_, service);
      const bool unnamed = reference == plan_.project + "-" + service.name;
      if (options_.images == "all" || (unnamed && service.build)) references.insert(reference);
    }
    net::TaskGroup group(operation_.loop);
    for (const auto& reference : references) group.add(removeImage(reference));
    co_await group.join();
  }

  Operation& operation_;
  const model::Plan& plan_;
  const Stack::DownOptions& options_;
  const Observed& observed_;
  net::Condition changed_;
  std::map<std::string, std::vector<Removal>> byService_;
  std::set<std::string> left_;  // services that still have containers
  std::vector<Removal> orphans_;
  std::vector<std::string> anonymousVolumes_;
};

}  // namespace

Task<Outcome> Stack::down(std::string project, const model::Plan* plan, DownOptions options, Observer observer,
                          net::Wait wait) {
  Operation operation{loop_, engine_, home_, std::move(observer), wait};
  auto observed = co_await observe(operation, project);
  if (!observed.ok()) {
    operation.fail(std::move(observed).error());
    co_return operation.outcome();
  }
  const model::Plan read = plan == nullptr ? planFromLabels(project, *observed) : *plan;
  // A circle among labels must not keep anything from stopping: then the order is given up.
  const bool orderly = schedule(read, Selection{}).ok();
  const Status owner = plan == nullptr ? Status() : checkOwner(read, *observed, home_);
  if (!owner.ok()) {
    operation.fail(owner.error());
    co_return operation.outcome();
  }
  model::Plan used = read;
  if (!orderly) {
    for (auto& service : used.services) service.dependsOn.clear();
  }
  Down down(operation, used, options, *observed);
  co_await down.run();
  co_return operation.outcome();
}

}  // namespace orbit::stack
