// `.env` files as Docker Compose v2 reads them: `KEY=value`, `export KEY=…`, `KEY: value`, # comments, single quotes
// (verbatim), double quotes (escapes, may span lines), and `${…}` expanded from earlier keys and `lookup`.
// Source: Compose documentation "Set environment variables", section "Env file syntax". Thread rules: pure function.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::format {

struct EnvEntry {
  std::string key;
  std::optional<std::string> value;  // absent for a line that holds only a name: taken from the surroundings
  Location at;
};

// The value of a variable of the surroundings, or nullopt.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

// Entries in the order written, a repeated key appears again. Errors: kInvalid with line and column.
Result<std::vector<EnvEntry>> parseDotenv(std::string_view text, const std::string& name, const Lookup& lookup);

// Expands `$A`, `${A}`, `${A:-b}`, `${A-b}`, `${A:?e}`, `${A?e}`, `${A:+c}`, `${A+c}`, nested, `$$` → `$`, a `$` before
// anything else stays, as the Compose Specification's "Interpolation" page says. `onUnset` is told each plain variable
// without a value (it reads as
// ""). Errors: kInvalid for malformed forms and for `${A:?message}`.
Result<std::string> interpolate(std::string_view text, const Lookup& lookup,
                                const std::function<void(std::string_view name)>& onUnset);

}  // namespace orbit::format
