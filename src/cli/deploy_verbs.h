// The part of the table of verbs that is about what is deployed. Thread rules: constant data.
#pragma once
#include <vector>

#include "cli/verbs.h"

namespace orbit::cli {

std::vector<Verb> deployVerbs();

}  // namespace orbit::cli
