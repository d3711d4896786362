// TOML 1.0 (https://toml.io/en/v1.0.0) into a Node, by toml++: what is said of YAML and JSON counts here too. Dates
// and times are strings, as written in RFC 3339. Limits: 1 MiB of text, the library's 256 levels.
// Thread rules: pure function.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/node.h"

namespace orbit::format {

// `name` is the path that locations carry. Errors: kInvalid with line and column; kLimit.
Result<Node> parseToml(std::string_view text, const std::string& name);

}  // namespace orbit::format
