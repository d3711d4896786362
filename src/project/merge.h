// One compose tree over another, both in normal form. Source: Compose Specification, "13-merge.md".
// Thread rules: pure functions of their arguments.
#pragma once
#include <vector>

#include "format/node.h"

namespace orbit::project {

// `over` wins. `!reset` takes away what `base` has, `!override` replaces instead of merging.
void mergeFile(format::Node& base, format::Node over, std::vector<Error>& problems);
// The same for one service (`extends`).
void mergeService(format::Node& base, format::Node over, std::vector<Error>& problems);
// Takes out what is left of `!reset` and `!override`.
void dropTags(format::Node& node);
// After the last file: dropTags(), and of the entries of a list that mean the same resource the last one counts.
void settle(format::Node& root);

}  // namespace orbit::project
