// A command line split into words as Docker Compose splits `command: npm run dev`: quotes and backslashes as in a POSIX
// shell (XCU 2.2), no variables, pipes or globs. Thread rules: pure function.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::project {

// Errors: kInvalid for a quote or an escape that does not end.
Result<std::vector<std::string>> splitWords(std::string_view line);

}  // namespace orbit::project
