// `depends_on`, what other keys imply of it, and cycles.
#include <algorithm>
#include <set>

#include "project/plan.h"

namespace orbit::project {
namespace {

using model::Dependency;

enum class Known { kEnabled, kDisabled, kUndefined };

Known lookUp(const Planning& planning, const std::string& name) {
  const auto& disabled = planning.merged.disabled;
  if (std::find(disabled.begin(), disabled.end(), name) != disabled.end()) return Known::kDisabled;
  const format::Node* services = planning.merged.root.find("services");
  return services != nullptr && services->find(name) != nullptr ? Known::kEnabled : Known::kUndefined;
}

// Adds one dependency; a stronger wish for the same service stays.
void add(Planning& planning, const Fields& fields, model::Service& service, Dependency dependency) {
  const Known known = lookUp(planning, dependency.service);
  if (dependency.service == service.name) {
    planning.findings.problem(dependency.at, fields.path() + " depends on itself", "take it out");
    return;
  }
  if (known == Known::kDisabled) {
    if (!dependency.required) return;
    planning.findings.problem(dependency.at,
                              fields.path() + " needs `" + dependency.service + "`, which no active profile enables",
                              "enable its profile (--profile NAME), or make it optional with `required: false`");
    return;
  }
  if (known == Known::kUndefined && !dependency.required) {
    planning.findings.warn(dependency.at,
                           fields.path() + " names `" + dependency.service + "`, which is no service of this project",
                           "it is optional here and left out");
    return;
  }
  if (!checkReference(planning, "services", dependency.service, dependency.at, fields.path())) return;
  for (const auto& earlier : service.dependsOn) {
    if (earlier.service == dependency.service) return;
  }
  service.dependsOn.push_back(std::move(dependency));
}

Dependency::Condition conditionOf(const Fields& fields) {
  const std::string word =
      fields.word("condition", {"service_started", "service_healthy", "service_completed_successfully"});
  if (word == "service_healthy") return Dependency::Condition::kHealthy;
  if (word == "service_completed_successfully") return Dependency::Condition::kCompleted;
  return Dependency::Condition::kStarted;
}

void addImplied(Planning& planning, const Fields& fields, model::Service& service) {
  const auto imply = [&](std::string_view key, const std::string& name, bool restart, const Location& at) {
    add(planning, Fields(fields.node(), fields.pathOf(key), fields.findings()), service,
        {.service = name, .restart = restart, .at = at});
  };
  for (const auto& item : fields.items("links"))
    imply("links", item.text.substr(0, item.text.find(':')), true, item.at);
  for (const auto key : {"network_mode", "pid", "ipc"}) {
    const std::string value = fields.text(key);
    constexpr std::string_view kService = "service:";
    if (startsWith(value, kService)) imply(key, value.substr(kService.size()), true, fields.at(key));
  }
  for (const auto& item : fields.items("volumes_from")) {
    if (!startsWith(item.text + ":", "container:"))
      imply("volumes_from", item.text.substr(0, item.text.find(':')), false, item.at);
  }
}

// Depth first; `path` holds the services from the root to here.
void visit(Planning& planning, const model::Plan& plan, const model::Service& service, std::vector<std::string>& path,
           std::set<std::string>& done) {
  if (done.count(service.name) != 0) return;
  path.push_back(service.name);
  for (const auto& dependency : service.dependsOn) {
    const auto start = std::find(path.begin(), path.end(), dependency.service);
    if (start != path.end()) {
      std::vector<std::string> cycle(start, path.end());
      cycle.push_back(dependency.service);
      planning.findings.problem(dependency.at, "services wait for each other: " + join(cycle, " → "),
                                "take out one of these dependencies; none of them could ever start");
      continue;
    }
    if (const auto* next = plan.find(dependency.service)) visit(planning, plan, *next, path, done);
  }
  path.pop_back();
  done.insert(service.name);
}

}  // namespace

void planDependencies(Planning& planning, const Fields& fields, model::Service& service) {
  if (const format::Node* all = fields.find("depends_on")) {
    const Fields section = fields.in("depends_on");
    for (const auto& entry : all->entries) {
      const Fields one(&entry.value, section.pathOf(entry.key), planning.findings);
      Dependency dependency;
      dependency.service = entry.key;
      dependency.condition = conditionOf(one);
      dependency.restart = one.isSet("restart");
      dependency.required = one.flag("required").value_or(true);
      dependency.at = entry.keyAt.known() ? entry.keyAt : entry.value.at;
      add(planning, section, service, std::move(dependency));
    }
  }
  addImplied(planning, fields, service);
}

void checkCycles(Planning& planning, const model::Plan& plan) {
  std::set<std::string> done;
  std::vector<std::string> path;
  for (const auto& service : plan.services) visit(planning, plan, service, path, done);
}

}  // namespace orbit::project
