#include "project/project.h"

#include "project/by_place.h"
#include "project/config_hash.h"
#include "project/plan.h"

namespace orbit::project {
Reading read(const Snapshot& snapshot) {
  Needs needs;
  Environment environment(snapshot, needs);
  Reading reading;
  Loaded loaded = load(snapshot, environment, needs);
  std::vector<std::string> files = snapshot.composeFiles;
  reading.problems = std::move(loaded.problems);
  reading.project = std::move(loaded.projectName);
  if (loaded.merged) {
    Planning planning{snapshot, environment, needs, *loaded.merged};
    model::Plan plan = makePlan(planning);
    files = plan.files;
    auto& problems = planning.findings.problems;
    reading.problems.insert(reading.problems.end(), problems.begin(), problems.end());
    plan.warnings = std::move(loaded.merged->warnings);
    auto& warnings = planning.findings.warnings;
    plan.warnings.insert(plan.warnings.end(), warnings.begin(), warnings.end());
    sortByPlace(plan.warnings, files);
    if (needs.empty() && reading.problems.empty()) {
      addConfigHashes(plan);
      reading.plan = std::move(plan);
    }
  }
  sortByPlace(reading.problems, files);
  reading.needFiles.assign(needs.files.begin(), needs.files.end());
  reading.needVariables.assign(needs.variables.begin(), needs.variables.end());
  return reading;
}

}  // namespace orbit::project
