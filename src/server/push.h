// What git tells of a push, and what follows from it. Private to server. Thread rules: pure functions.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"

namespace orbit::server {

// A line of a post-receive hook's input: "<old> <new> <ref>".
struct PushedRef {
  std::string before, after;  // object ids; all zeros: there was, or is, none
  std::string ref;            // "refs/heads/main"
  bool deleted() const { return after.find_first_not_of('0') == std::string::npos; }
  // "main" of "refs/heads/main"; "" for a tag or anything else.
  std::string branch() const;
};
// Lines that are none are left out.
std::vector<PushedRef> parsePush(std::string_view input);

// The environment a branch deploys to, by `x-orbit.branches` of the compose file in the pushed commit; without that,
// main and master mean production. nullopt: none. Errors: kInvalid, with the place in the file.
Result<std::optional<std::string>> environmentFor(const std::string& branch, std::string_view composeText,
                                                  const std::string& composeName);

// What an exit status of `orbit deploy` means to the one who pushed.
std::string outcomeText(int status);

}  // namespace orbit::server
