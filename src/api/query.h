// What stands behind a target's '?'. Private to api. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/base.h"

namespace orbit::api {

using Query = std::map<std::string, std::string, std::less<>>;

// The first of each name; percent-decoded.
Query queryOf(std::string_view text);
std::string valueOf(const Query& query, std::string_view name);  // "" when absent
// Errors: kInvalid, naming it.
Result<std::int64_t> numberOf(const Query& query, std::string_view name, std::int64_t fallback, std::int64_t least,
                              std::int64_t most);

}  // namespace orbit::api
