// `start`, `stop` and `restart` of containers that are there: starting in the order of dependencies, stopping the other
// way round; `restart` takes along dependants with `restart: true`.
#include "stack/names.h"
#include "stack/observe.h"

namespace orbit::stack {
namespace {

using net::Task;

class Change {
 public:
  Change(Operation& operation, const model::Plan& plan, const Observed& observed, std::optional<Duration> timeout)
      : operation_(operation), plan_(plan), observed_(observed), timeout_(timeout), changed_(operation.loop) {}

  Task<void> run(Stack::Verb verb, std::set<std::string> services) {
    if (verb == Stack::Verb::kRestart) {
      for (const auto& service : std::set<std::string>(services)) {
        for (const auto& dependant : restartsWith(plan_, service)) {
          if (has(dependant)) services.insert(dependant);
        }
      }
    }
    for (const auto& service : services) {
      if (has(service)) continue;
      operation_.fail(Error{Code::kNotFound, "service " + service + " has no container",
                            "create it with `orbit up " + service + "`"},
                      service);
    }
    if (!operation_.failures.empty()) co_return;
    if (verb != Stack::Verb::kStart) co_await all(services, true);
    if (verb != Stack::Verb::kStop && operation_.failures.empty()) co_await all(services, false);
  }

  bool has(const std::string& service) const {
    return std::any_of(observed_.containers.begin(), observed_.containers.end(), [&](const auto& container) {
      return !isOneOff(container.labels) && labelOf(container.labels, kServiceLabel) == service;
    });
  }

 private:
  Task<void> all(std::set<std::string> services, bool stop) {
    std::map<std::string, std::set<std::string>> after = stopsAfter(plan_);
    if (!stop) {
      after.clear();
      for (const auto& service : plan_.services) {
        for (const auto& dependency : service.dependsOn) after[service.name].insert(dependency.service);
      }
    }
    left_ = services;
    net::TaskGroup group(operation_.loop);
    for (const auto& service : services) group.add(one(service, after[service], stop));
    co_await group.join();
  }

  Task<void> one(std::string service, std::set<std::string> after, bool stop) {
    const auto waits = [this, &after] {
      return std::any_of(after.begin(), after.end(), [this](const auto& other) { return left_.contains(other); });
    };
    while (waits()) {
      const Status woken = co_await changed_.wait(operation_.wait);
      if (!woken.ok()) co_return;
    }
    net::TaskGroup group(operation_.loop);
    for (const auto& container : observed_.containers) {
      if (isOneOff(container.labels) || labelOf(container.labels, kServiceLabel) != service) continue;
      group.add(stop ? stopOne(container, service) : startOne(container, service));
    }
    co_await group.join();
    left_.erase(service);
    changed_.notifyAll();
  }

  Task<void> stopOne(const engine::ContainerSummary& container, const std::string& service) {
    operation_.containerStep(container.name, service, "stopping");
    Status done = co_await operation_.engine.stopContainer(container.id, timeout_, operation_.wait);
    finish(container, service, std::move(done), "stopped");
  }

  Task<void> startOne(const engine::ContainerSummary& container, const std::string& service) {
    operation_.containerStep(container.name, service, "starting");
    Status done = co_await operation_.engine.startContainer(container.id, operation_.wait);
    finish(container, service, std::move(done), "started");
  }

  void finish(const engine::ContainerSummary& container, const std::string& service, Status done, const char* state) {
    if (done.ok()) return operation_.containerStep(container.name, service, state);
    operation_.containerStep(container.name, service, "failed", done.error().message);
    operation_.fail(std::move(done).error().within("service " + service), service, container.name);
  }

  Operation& operation_;
  const model::Plan& plan_;
  const Observed& observed_;
  std::optional<Duration> timeout_;
  net::Condition changed_;
  std::set<std::string> left_;  // services still to be done
};

}  // namespace

Task<Outcome> Stack::change(Verb verb, std::string project, const model::Plan* plan, std::vector<std::string> services,
                            std::optional<Duration> timeout, Observer observer, net::Wait wait) {
  Operation operation{loop_, engine_, home_, std::move(observer), wait};
  auto observed = co_await observe(operation, project);
  if (!observed.ok()) {
    operation.fail(std::move(observed).error());
    co_return operation.outcome();
  }
  const model::Plan used = plan == nullptr ? planFromLabels(project, *observed) : *plan;
  // Checks the names and that there is no circle.
  Selection selection{services, false, {}};
  const auto order = schedule(used, selection);
  const Status owner = plan == nullptr ? Status() : checkOwner(used, *observed, home_);
  if (!order.ok() || !owner.ok()) {
    operation.fail(order.ok() ? owner.error() : order.error());
    co_return operation.outcome();
  }
  Change change(operation, used, *observed, timeout);
  std::set<std::string> wanted(services.begin(), services.end());
  for (const auto& service : used.services) {
    if (services.empty() && change.has(service.name)) wanted.insert(service.name);
  }
  co_await change.run(verb, std::move(wanted));
  co_return operation.outcome();
}

}  // namespace orbit::stack
