// The verbs around a server: link, install, doctor, and those that machines say to each other. Private to cli.
// Thread rules: constant data.
#pragma once
#include <vector>

#include "cli/verbs.h"

namespace orbit::cli {

std::vector<Verb> serverVerbs();

}  // namespace orbit::cli
