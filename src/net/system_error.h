// errno as an Error. Thread rules: pure.
#pragma once
#include <string>

#include "base/result.h"

namespace orbit::net {

// "what: Permission denied" with the code that fits the errno value.
Error systemError(int number, std::string what);

}  // namespace orbit::net
