// The table of verbs: names, flags, help and examples. The parser, the help texts and the suggestions all read it.
// Flags have Docker Compose v2's names and meanings. Thread rules: constant data.
#pragma once
#include <string_view>
#include <vector>

namespace orbit::cli {

struct Flag {
  enum class Kind { kSwitch, kText, kNumber, kList };
  std::string_view name;  // without "--"
  char letter = 0;        // 0 = none
  Kind kind = Kind::kSwitch;
  std::string_view value;  // how help names the value, "" for a switch
  std::string_view help;   // "" = accepted but not shown
};

struct Verb {
  std::string_view name;  // "up", "server stop"
  std::string_view usage;
  std::string_view summary;   // "" = not for people: in no help and no suggestion
  std::string_view examples;  // a line each
  std::vector<Flag> flags;
  int argumentsMin = 0;
  int argumentsMax = -1;           // -1 = any number
  bool argumentsEndFlags = false;  // what follows the first argument belongs to the container's command
};

const std::vector<Verb>& verbs();
std::vector<Verb> variableVerbs();  // the part of them that is `vars`
const std::vector<Flag>& globalFlags();
// nullptr when there is none.
const Verb* findVerb(std::string_view name);
const Flag* findFlag(const std::vector<Flag>& flags, std::string_view name);
const Flag* findFlag(const std::vector<Flag>& flags, char letter);

// What to use instead of a Docker Compose verb or flag that Orbit does not have, or "" when Compose has none either.
std::string_view composeOnlyVerb(std::string_view name);
bool isComposeOnlyFlag(std::string_view name);

}  // namespace orbit::cli
