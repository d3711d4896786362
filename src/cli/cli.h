// The door of cli: argv to one API call, printed well. It knows no behaviour room, so the API is always complete.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "model/home.h"

namespace orbit::cli {

// Verbs of the table that are done in this process by rooms cli does not know: by name, the exit status.
using OwnVerbs = std::map<std::string, std::function<int(const CommandLine&)>>;

// Runs one command line to its end and returns the exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted,
// the container's own status for exec and run; of a deploy also 3 to 5 (session.h). `executable` is started as `hold`
// when no daemon answers in `home`.
int run(const std::vector<std::string>& arguments, const model::Home& home, const std::string& executable,
        const OwnVerbs& ownVerbs);

}  // namespace orbit::cli
