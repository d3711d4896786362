// Variables in a compose file's values (not in keys, not in `x-` parts). Source: Compose Specification,
// "12-interpolation.md". Thread rules: pure functions of their arguments.
#pragma once
#include "format/node.h"
#include "project/reading_state.h"

namespace orbit::project {

// Faults go to the state's problems, each with its place; a variable without a value is warned of once.
void interpolateTree(format::Node& root, const Environment& environment, ReadingState& state);
// The same for one value.
void interpolateValue(format::Node& value, const Environment& environment, ReadingState& state);

}  // namespace orbit::project
