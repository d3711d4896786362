#include "cli/variable_text.h"

#include <set>

#include "base/base.h"
#include "cli/listing.h"
#include "cli/screen_text.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::size_t kValueColumns = 40;
constexpr std::string_view kProduction = "production";

// On one line, however many it has.
std::string shownValue(const VariableEvent& variable) {
  if (variable.secret) return "(secret)";
  std::string line;
  for (const char c : variable.value) line += c == '\n' ? std::string("\\n") : std::string(1, c);
  return fitted(printable(line), kValueColumns);
}

}  // namespace

Result<std::vector<Assignment>> assignments(const std::vector<std::string>& arguments) {
  std::vector<Assignment> all;
  std::set<std::string> names;
  for (const auto& argument : arguments) {
    const auto equals = argument.find('=');
    Assignment one{argument.substr(0, equals), std::nullopt};
    if (equals != std::string::npos && argument.substr(equals) != "=-") one.value = argument.substr(equals + 1);
    if (!names.insert(one.name).second) {
      return Error{.code = Code::kInvalid, .message = one.name + " is given twice", .hint = "Leave one of them out"};
    }
    all.push_back(std::move(one));
  }
  return all;
}

std::string variablesTable(const std::vector<VariableEvent>& variables, std::int64_t nowUs) {
  std::vector<std::vector<std::string>> table = {{"NAME", "VALUE", "FOR", "VERSION", "SET"}};
  for (const auto& variable : variables) {
    table.push_back({variable.name, shownValue(variable), variable.service.empty() ? "all" : variable.service,
                     std::to_string(variable.version),
                     roundedSpan(std::max<std::int64_t>(0, nowUs - variable.setUs) / kMicrosecondsPerSecond) + " ago"});
  }
  return columnsText(table);
}

std::string variablesJson(const std::vector<VariableEvent>& variables) {
  std::string out;
  for (const auto& variable : variables) {
    format::Json line = format::Json::object();
    for (const auto& [name, value] : variable.body.members()) {
      if (name != "event") line.set(name, value);
    }
    out += line.dump() + "\n";
  }
  return out;
}

std::string variablesSet(const std::vector<VariableEvent>& variables) {
  std::vector<std::vector<std::string>> table;
  for (const auto& variable : variables) {
    std::string what =
        std::string(variable.secret ? "secret" : "plain") + ", version " + std::to_string(variable.version);
    if (!variable.service.empty()) what += ", for " + variable.service;
    table.push_back({variable.name, std::move(what)});
  }
  return columnsText(table);
}

std::string revokedText(const VariableEvent& variable) {
  const std::string version = std::to_string(variable.version);
  if (variable.version == 1) {
    return variable.name + " has had no version but this one, which stays: set the new value first, `orbit vars set " +
           variable.name + "`, then revoke\n";
  }
  return variable.name + ": no version before " + version + " is given out again; a rollback takes version " + version +
         "\n";
}

std::string whenItCounts(const std::string& environment) {
  const std::string flag = environment == kProduction ? "" : " -E " + environment;
  return "Takes effect at the next deploy: orbit deploy" + flag + "\n";
}

}  // namespace orbit::cli
