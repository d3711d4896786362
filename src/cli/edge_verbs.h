// The part of the table of verbs that is about the edge and its domains. Thread rules: constant data.
#pragma once
#include <vector>

#include "cli/verbs.h"

namespace orbit::cli {

std::vector<Verb> edgeVerbs();
std::vector<Verb> domainVerbs();

}  // namespace orbit::cli
