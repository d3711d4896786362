// Argv as a verb, its flags and its arguments, with the rules Docker Compose's users know (pflag's): `--tail 5`,
// `--tail=5`, `-n5`, `-n 5`, `-dT`, `--detach=false`, `--` ends the flags; a value may start with '-'. Flags of all
// verbs may stand before the verb, and after it wherever the verb has no flag of that name. Thread rules: plain values.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/verbs.h"

namespace orbit::cli {

class CommandLine {
 public:
  const Verb* verb = nullptr;  // nullptr: none was named
  std::vector<std::string> arguments;

  bool isSet(std::string_view flag) const { return values_.contains(flag); }
  bool on(std::string_view flag, bool fallback = false) const;
  std::string text(std::string_view flag) const;  // the last one given, or ""
  std::optional<int> number(std::string_view flag) const;
  std::vector<std::string> list(std::string_view flag) const;
  bool json() const { return on("json") || text("format") == "json"; }

  void add(std::string_view flag, std::string value);

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// `arguments` without the program's name. Errors: kInvalid, with the nearest known name or the usage as its hint.
Result<CommandLine> parseCommandLine(const std::vector<std::string>& arguments);

}  // namespace orbit::cli
