// The shape of one compose file as its author wrote it: known keys, and a type each, before anything is merged.
#pragma once
#include <vector>

#include "format/node.h"

namespace orbit::project {

// All faults of one file, after interpolation and before short forms are made long: unknown keys (with the nearest
// known one) and values of a wrong type, each with its place.
std::vector<Error> checkSchema(const format::Node& root);

}  // namespace orbit::project
