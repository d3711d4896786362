// A pattern that an operator wrote: RE2, so that no request makes it slow (decision 27). Bytes, not characters. Private
// to edge. Thread rules: immutable.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace orbit::edge {

class Pattern {
 public:
  // Group 0 is the whole text; those that took no part are "".
  using Groups = std::array<std::string_view, 10>;

  // Errors: kInvalid, with what RE2 says.
  static Result<Pattern> compile(const std::string& text);
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // All of these on the whole of `text`.
  bool matches(std::string_view text) const;
  bool groups(std::string_view text, Groups& into) const;
  // `to` with \0 to \9 filled in, appended; false, and nothing appended, when the pattern does not match.
  bool rewrite(std::string_view text, std::string_view to, std::string& out) const;

 private:
  explicit Pattern(std::unique_ptr<re2::RE2> compiled);
  std::unique_ptr<re2::RE2> compiled_;
};

}  // namespace orbit::edge
