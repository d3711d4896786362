#include "stack/schedule.h"

namespace orbit::stack {
namespace {

using Condition = model::Dependency::Condition;

int scaleOf(const model::Service& service, const Selection& selection) {
  const auto found = selection.scale.find(service.name);
  return found == selection.scale.end() ? service.scale : found->second;
}

// Walks the plan depth first; a service is appended after what it depends on.
class Walk {
 public:
  Walk(const model::Plan& plan, const Selection& selection) : plan_(plan), selection_(selection) {}

  Status visit(const model::Service& service, bool named) {
    Mark& mark = marks_[service.name];
    if (mark == Mark::kDone) return {};
    if (mark == Mark::kOpen) {
      path_.push_back(service.name);
      const auto start = std::find(path_.begin(), path_.end(), service.name);
      return Error{Code::kInvalid, "services depend on each other in a circle: " + join({start, path_.end()}, " → "),
                   "take one of these out of `depends_on`", service.at};
    }
    mark = Mark::kOpen;
    path_.push_back(service.name);
    Turn turn{&service, {}, named};
    for (const auto& dependency : service.dependsOn) {
      if (!selection_.withDependencies && !isNamed(dependency.service)) continue;
      ORBIT_TRY_STATUS(follow(service, dependency, turn));
    }
    path_.pop_back();
    marks_[service.name] = Mark::kDone;
    result_.turns.push_back(std::move(turn));
    return {};
  }

  bool isNamed(const std::string& name) const {
    const auto& names = selection_.services;
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  }

  Schedule take() { return std::move(result_); }

 private:
  enum class Mark { kNew, kOpen, kDone };

  Status follow(const model::Service& service, const model::Dependency& dependency, Turn& turn) {
    const model::Service* target = plan_.find(dependency.service);
    if (target == nullptr) {
      const auto& off = plan_.disabled;
      const bool disabled = std::find(off.begin(), off.end(), dependency.service) != off.end();
      const std::string what = service.name + " depends on " + dependency.service + ", which " +
                               (disabled ? "no active profile enables" : "is not in the file");
      if (!dependency.required) {
        result_.warnings.push_back(
            {what, "it is not required, so " + service.name + " starts without it", dependency.at});
        return {};
      }
      return Error{
          Code::kNotFound, what,
          disabled ? "give --profile, or set `required: false`" : "add the service or take it out of `depends_on`",
          dependency.at};
    }
    ORBIT_TRY_STATUS(visit(*target, isNamed(target->name)));
    if (scaleOf(*target, selection_) > 0) turn.waitsFor.push_back(dependency);
    return {};
  }

  const model::Plan& plan_;
  const Selection& selection_;
  std::map<std::string, Mark> marks_;
  std::vector<std::string> path_;
  Schedule result_;
};

Error unknownService(const model::Plan& plan, const std::string& name) {
  const auto& off = plan.disabled;
  if (std::find(off.begin(), off.end(), name) != off.end()) {
    return Error{Code::kNotFound, "service " + name + " is not enabled by any active profile",
                 "give the profile with --profile"};
  }
  std::vector<std::string_view> names;
  for (const auto& service : plan.services) names.push_back(service.name);
  const auto near = nearest(name, names);
  std::string hint = near.empty() ? "" : "did you mean " + std::string(near) + "?";
  if (hint.empty() && !names.empty()) hint = "services: " + join({names.begin(), names.end()}, ", ");
  return Error{Code::kNotFound, "no such service: " + name, std::move(hint)};
}

}  // namespace

Result<Schedule> schedule(const model::Plan& plan, const Selection& selection) {
  for (const auto& name : selection.services) {
    if (plan.find(name) == nullptr) return unknownService(plan, name);
  }
  Walk walk(plan, selection);
  for (const auto& service : plan.services) {
    if (!walk.isNamed(service.name)) continue;
    ORBIT_TRY_STATUS(walk.visit(service, true));
  }
  return walk.take();
}

Verdict mayStart(const Turn& turn, const std::map<std::string, Progress>& progress) {
  Verdict verdict{Verdict::Kind::kStart, {}, {}};
  for (const auto& dependency : turn.waitsFor) {
    const auto found = progress.find(dependency.service);
    const Progress now = found == progress.end() ? Progress{} : found->second;
    const bool holds = dependency.condition == Condition::kStarted   ? now.started
                       : dependency.condition == Condition::kHealthy ? now.healthy
                                                                     : now.completed;
    if (holds) continue;
    if (!now.failed) {
      verdict.kind = Verdict::Kind::kWait;
    } else if (dependency.required) {
      return {Verdict::Kind::kGiveUp, dependency.service, {}};
    } else {
      verdict.withoutThe.push_back(dependency.service);
    }
  }
  return verdict;
}

std::map<std::string, std::set<std::string>> stopsAfter(const model::Plan& plan) {
  std::map<std::string, std::set<std::string>> dependants;
  for (const auto& service : plan.services) {
    dependants[service.name];
    for (const auto& dependency : service.dependsOn) {
      if (dependency.service != service.name) dependants[dependency.service].insert(service.name);
    }
  }
  return dependants;
}

std::vector<std::string> restartsWith(const model::Plan& plan, const std::string& service) {
  std::vector<std::string> names;
  for (const auto& other : plan.services) {
    for (const auto& dependency : other.dependsOn) {
      if (dependency.restart && dependency.service == service) names.push_back(other.name);
    }
  }
  return names;
}

std::set<std::string> sharesWith(const model::Service& service) {
  constexpr std::string_view kService = "service:";
  std::set<std::string> names;
  for (const auto* mode : {&service.container.networkMode, &service.container.ipcMode, &service.container.pidMode}) {
    if (startsWith(*mode, kService)) names.insert(mode->substr(kService.size()));
  }
  for (const auto& from : service.volumesFrom) {
    if (!startsWith(from, "container:")) names.insert(from.substr(0, from.find(':')));
  }
  return names;
}

}  // namespace orbit::stack
