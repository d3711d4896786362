// What `vars` takes and prints. Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/events.h"

namespace orbit::cli {

struct Assignment {
  std::string name;
  std::optional<std::string> value;  // absent: from standard input
};

// "NAME=VALUE", "NAME=", "NAME" and "NAME=-". Errors: kInvalid: a name given twice.
Result<std::vector<Assignment>> assignments(const std::vector<std::string>& arguments);

std::string variablesTable(const std::vector<VariableEvent>& variables, std::int64_t nowUs);
// One object a line.
std::string variablesJson(const std::vector<VariableEvent>& variables);
// "DB_PASSWORD   secret, version 2   for web", a line each.
std::string variablesSet(const std::vector<VariableEvent>& variables);
// What `revoke` did, and what it could not do.
std::string revokedText(const VariableEvent& variable);
// When what was changed counts.
std::string whenItCounts(const std::string& environment);

}  // namespace orbit::cli
