#include "project/discovery.h"
#include "project/project.h"

namespace orbit::project {

NameReading readName(const Snapshot& snapshot) {
  Needs needs;
  Environment environment(snapshot, needs);
  ReadingState state{snapshot, needs};
  NameReading reading;
  if (const auto discovery = discover(environment, state)) {
    reading.name = projectName(*discovery, environment, state);
  }
  if (!needs.empty() || !state.problems.empty()) reading.name.clear();
  reading.problems = std::move(state.problems);
  reading.needFiles.assign(needs.files.begin(), needs.files.end());
  reading.needVariables.assign(needs.variables.begin(), needs.variables.end());
  return reading;
}

}  // namespace orbit::project
