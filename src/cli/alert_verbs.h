// The part of the table of verbs that is about objectives, alerts and incidents. Thread rules: constant data.
#pragma once
#include <vector>

#include "cli/verbs.h"

namespace orbit::cli {

std::vector<Verb> alertVerbs();

}  // namespace orbit::cli
