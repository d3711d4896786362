// Patterns of `.dockerignore` (https://docs.docker.com/build/concepts/context/#dockerignore-files): Go's filepath.Match
// plus `**`, comments, `!` exceptions, last match wins. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::format {

class IgnoreRules {
 public:
  // Errors: kInvalid with the line of a malformed pattern.
  static Result<IgnoreRules> parse(std::string_view text, const std::string& name);
  // `path` is relative to the context root, '/'-separated. True when the file or folder itself is left out.
  bool ignores(std::string_view path) const;
  // False when something below this ignored folder may still be taken in by a `!` rule, so it must be walked.
  bool ignoresAllBelow(std::string_view path) const;

 private:
  struct Rule {
    std::vector<std::string> segments;
    bool exception = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace orbit::format
