// What stands in the frames that a caller sends (docs/api.md, "Upgrade"). Private to api. Thread rules: pure.
#pragma once
#include <optional>
#include <string_view>
#include <utility>

namespace orbit::api {

// "120 40" → columns and rows, each 1 to 10,000; nothing for any other text.
std::optional<std::pair<int, int>> parseSize(std::string_view text);
// "SIGINT", "SIGRTMIN+3": what kill() would know by name.
bool isSignalName(std::string_view text);

}  // namespace orbit::api
