// The order of a reading for an environment.
#include <algorithm>

#include "format/glob.h"
#include "project/by_place.h"
#include "project/config_hash.h"
#include "project/deploying.h"

namespace orbit::project {
namespace {

Target targetOf(const Production& production) {
  Target target;
  target.environment = production.environment;
  for (const auto& one : production.variables) {
    (one.service.empty() ? target.all : target.ofServices[one.service])[one.name] = one.value;
  }
  return target;
}

// Notes and services in the order of the file.
void sortNotes(model::Deployment& deployment) {
  const auto rank = [&](const std::string& service) {
    for (std::size_t i = 0; i < deployment.services.size(); ++i) {
      if (deployment.services[i].service.name == service) return i + 1;
    }
    return service.empty() ? std::size_t{0} : deployment.services.size() + 1;
  };
  std::stable_sort(deployment.notes.begin(), deployment.notes.end(),
                   [&](const auto& a, const auto& b) { return rank(a.service) < rank(b.service); });
}

// Variables for a service that is not there would be forgotten silently.
void checkVariables(Deploying& deploying) {
  std::vector<std::string_view> names;
  for (const auto& service : deploying.deployment.services) names.push_back(service.service.name);
  for (const auto& [service, values] : deploying.target.ofServices) {
    if (std::find(names.begin(), names.end(), service) != names.end() || values.empty()) continue;
    const auto near = nearest(service, names);
    deploying.findings().warn(
        {}, "variables are set for the service `" + service + "`, which is not deployed: " + values.begin()->first,
        near.empty() ? "orbit vars unset --service " + service + " " + values.begin()->first
                     : "did you mean `" + std::string(near) + "`?");
  }
}

bool goodEnvironment(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 40 && name.front() != '-' && std::all_of(name.begin(), name.end(), good);
}

void checkEnvironments(Deploying& deploying) {
  constexpr const char* kHint = "lower-case letters, digits and `-`, at most 40, for example `staging`";
  const std::string& name = deploying.production.environment;
  if (!goodEnvironment(name))
    deploying.findings().problem(Location{}, "`" + name + "` is no name for an environment", kHint);
  const Fields root(&deploying.merged.root, "the file", deploying.findings());
  const format::Node* orbit = root.find(kOrbitKey);
  const format::Node* branches = orbit == nullptr ? nullptr : orbit->find("branches");
  if (branches == nullptr) return;
  for (const auto& entry : branches->entries) {
    if (goodEnvironment(entry.value.text)) continue;
    deploying.findings().problem(
        entry.value.at, "x-orbit.branches." + entry.key + ": `" + entry.value.text + "` is no name for an environment",
        kHint);
  }
}

// A fault that two parts saw is told once.
void dropRepeated(std::vector<Error>& problems) {
  std::set<std::string> seen;
  std::erase_if(problems, [&](const Error& problem) { return !seen.insert(problem.text()).second; });
}

model::Deployment deploymentOf(Deploying& deploying) {
  auto& deployment = deploying.deployment;
  deployment.project = deploying.merged.projectName;
  deployment.environment = deploying.production.environment;
  deployment.workingDir = deploying.merged.workingDir;
  deployment.files = deploying.merged.files;
  learnServices(deploying);
  applyRules(deploying);
  makeServices(deploying, makePlan(deploying.planning));
  planVariables(deploying);
  checkSecrets(deploying);
  checkVariables(deploying);
  checkEnvironments(deploying);
  planNeeded(deploying);
  planAlerting(deploying);
  sortNotes(deployment);
  return std::move(deployment);
}

}  // namespace

DeploymentReading readDeployment(const Snapshot& snapshot, const Production& production) {
  Needs needs;
  const Target target = targetOf(production);
  Environment environment(snapshot, needs, &target);
  DeploymentReading reading;
  Loaded loaded = load(snapshot, environment, needs);
  std::vector<std::string> files = snapshot.composeFiles;
  reading.problems = std::move(loaded.problems);
  if (loaded.merged) {
    Merged& merged = *loaded.merged;
    Planning planning{snapshot, environment, needs, merged};
    Deploying deploying{planning, merged, production, target};
    model::Deployment deployment = deploymentOf(deploying);
    files = deployment.files;
    auto& problems = planning.findings.problems;
    reading.problems.insert(reading.problems.end(), problems.begin(), problems.end());
    deployment.warnings = std::move(merged.warnings);
    auto& warnings = planning.findings.warnings;
    deployment.warnings.insert(deployment.warnings.end(), warnings.begin(), warnings.end());
    sortByPlace(deployment.warnings, files);
    if (needs.empty() && reading.problems.empty()) {
      addDeployHashes(deployment, production);
      reading.deployment = std::move(deployment);
    }
  }
  dropRepeated(reading.problems);
  sortByPlace(reading.problems, files);
  reading.needFiles.assign(needs.files.begin(), needs.files.end());
  reading.needVariables.assign(needs.variables.begin(), needs.variables.end());
  return reading;
}

std::string environmentOfBranch(const Snapshot& snapshot, const std::string& branch) {
  Needs needs;
  const Target target;
  Environment environment(snapshot, needs, &target);
  const Loaded loaded = load(snapshot, environment, needs);
  const format::Node* orbit = loaded.merged ? loaded.merged->root.find(kOrbitKey) : nullptr;
  const format::Node* branches = orbit == nullptr ? nullptr : orbit->find("branches");
  if (branches == nullptr || !branches->isMapping()) return branch == "main" || branch == "master" ? "production" : "";
  for (const auto& entry : branches->entries) {
    if (entry.key == branch) return entry.value.text;
  }
  for (const auto& entry : branches->entries) {
    const auto pattern = format::IgnoreRules::parse(entry.key, "x-orbit.branches");
    if (pattern.ok() && pattern->ignores(branch)) return entry.value.text;
  }
  return "";
}

}  // namespace orbit::project
