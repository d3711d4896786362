// Help texts from the table of verbs. Thread rules: pure functions.
#pragma once
#include <string>

#include "cli/verbs.h"

namespace orbit::cli {

// What `orbit` alone prints: what it is, the commands, where to go on.
std::string overview();
// One verb: usage, flags, examples.
std::string verbHelp(const Verb& verb);

}  // namespace orbit::cli
