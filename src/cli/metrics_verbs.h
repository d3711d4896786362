// The part of the table of verbs that is about what is measured. Thread rules: constant data.
#pragma once
#include <vector>

#include "cli/verbs.h"

namespace orbit::cli {

std::vector<Verb> metricsVerbs();

}  // namespace orbit::cli
