// The door of cli: argv to one API call, printed well. It knows no behaviour room, so the API is always complete.
#pragma once
#include <string>
#include <vector>

#include "model/home.h"

namespace orbit::cli {

// Runs one command line to its end and returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted, or
// the container's own status for exec and run. `executable` is started as `hold` when no daemon answers in `home`.
int run(const std::vector<std::string>& arguments, const model::Home& home, const std::string& executable);

}  // namespace orbit::cli
