// One compose file in normal form (merged.h lists it), so that merging and typing meet one shape only.
// Thread rules: pure functions of their arguments.
#pragma once
#include <vector>

#include "format/node.h"
#include "project/needs.h"

namespace orbit::project {

// Makes short forms long. The root has passed checkSchema. Faults of single values go to `problems`.
void toNormalForm(format::Node& root, std::vector<Error>& problems);
// Makes the relative paths of a root in normal form absolute, against `folder`.
void toAbsolutePaths(format::Node& root, const std::string& folder, const Environment& environment);

}  // namespace orbit::project
