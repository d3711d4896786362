#include "project/project.h"

#include <algorithm>
#include <tuple>

#include "project/config_hash.h"
#include "project/plan.h"

namespace orbit::project {
namespace {

// By file in the order given, then by place; what has no place comes last.
template <class T>
void sortByPlace(std::vector<T>& all, const std::vector<std::string>& files) {
  const auto rank = [&](const Location& at) {
    const auto found = std::find(files.begin(), files.end(), at.file);
    const auto place = at.known() ? found - files.begin() : static_cast<std::ptrdiff_t>(files.size()) + 1;
    return std::make_tuple(place, at.file, at.line, at.column);
  };
  std::stable_sort(all.begin(), all.end(), [&](const T& a, const T& b) { return rank(a.at) < rank(b.at); });
}

}  // namespace

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
