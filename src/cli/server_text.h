// What `server status` prints of the processes that hold keeps. Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>

#include "format/json.h"

namespace orbit::cli {

// From hold's answer to `status` (hold.h): [{"name":"edge","state":"running","pid":1240,"starts":2,
// "generation":1795000001,"ready":true}, …]. What is not said stands at null, "ready" at false.
format::Json holdProcesses(std::string_view status);
// A line for each edge: the one that serves, the next one, those that drain.
std::string edgeLines(const format::Json& processes);

}  // namespace orbit::cli
