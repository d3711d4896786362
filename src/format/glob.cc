#include "format/glob.h"

#include "base/text.h"

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 1u << 20;
constexpr std::size_t kPatternMax = 4096;
constexpr std::size_t kRulesMax = 10'000;

using Views = std::vector<std::string_view>;

// One character of a class, maybe escaped; false at a malformed end.
bool takeClassChar(std::string_view& pattern, char& out) {
  if (startsWith(pattern, "\\")) pattern.remove_prefix(1);
  if (pattern.empty()) return false;
  out = pattern[0];
  pattern.remove_prefix(1);
  return true;
}

// Consumes "[…]" and tells whether `c` is in it. False when it is malformed.
bool takeClass(std::string_view& pattern, char c, bool& matches) {
  pattern.remove_prefix(1);
  const bool negated = startsWith(pattern, "^");
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  for (bool first = true; first || !startsWith(pattern, "]"); first = false) {
    char low = 0;
    if (pattern.empty() || (first && pattern[0] == ']') || pattern[0] == '-' || !takeClassChar(pattern, low)) {
      return false;
    }
    char high = low;
    if (startsWith(pattern, "-")) {
      pattern.remove_prefix(1);
      if (pattern.empty() || pattern[0] == ']' || !takeClassChar(pattern, high)) return false;
    }
    found = found || (low <= c && c <= high);
  }
  pattern.remove_prefix(1);
  matches = found != negated;
  return true;
}

// One step of a pattern without '*' at its front: consumes it and tells whether `c` fits. False when malformed.
bool takeOne(std::string_view& pattern, char c, bool& matches) {
  if (pattern[0] == '[') return takeClass(pattern, c, matches);
  if (pattern[0] == '?') {
    matches = true;
  } else {
    if (pattern[0] == '\\') pattern.remove_prefix(1);
    if (pattern.empty()) return false;
    matches = pattern[0] == c;
  }
  pattern.remove_prefix(1);
  return true;
}

bool isWellFormed(std::string_view pattern) {
  bool ignored = false;
  while (!pattern.empty()) {
    if (pattern[0] == '*') {
      pattern.remove_prefix(1);
    } else if (!takeOne(pattern, 'x', ignored)) {
      return false;
    }
  }
  return true;
}

// Go's filepath.Match on one segment. A mismatch goes back to the last '*' only, so the cost is at most quadratic.
bool matchSegment(std::string_view pattern, std::string_view text) {
  std::string_view starPattern;
  std::string_view starText;
  bool star = false;
  for (;;) {
    if (startsWith(pattern, "*")) {
      star = true;
      pattern.remove_prefix(1);
      starPattern = pattern;
      starText = text;
      continue;
    }
    if (pattern.empty() && text.empty()) return true;
    bool fits = false;
    const bool any = startsWith(pattern, "?");
    if (!pattern.empty() && !text.empty() && takeOne(pattern, text[0], fits) && fits) {
      text.remove_prefix(1);
      // '?' is one character, not one byte of UTF-8.
      while (any && !text.empty() && (static_cast<unsigned char>(text[0]) & 0xc0) == 0x80) text.remove_prefix(1);
      continue;
    }
    if (!star || starText.empty()) return false;
    starText.remove_prefix(1);
    pattern = starPattern;
    text = starText;
  }
}

// How far a pattern reaches along a path; "**" stands for any number of segments.
struct Reach {
  bool matches = false;  // the path itself or a folder above it
  bool goesOn = false;   // something below the path may match
};

Reach reachOf(const std::vector<std::string>& pattern, const Views& path) {
  // now[i]: the first i segments of the pattern are used up.
  std::vector<bool> now(pattern.size() + 1, false);
  const auto skipStars = [&](std::vector<bool>& set) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (set[i] && pattern[i] == "**") set[i + 1] = true;
    }
  };
  Reach reach;
  now[0] = true;
  skipStars(now);
  for (const auto segment : path) {
    std::vector<bool> next(pattern.size() + 1, false);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!now[i]) continue;
      if (pattern[i] == "**") {
        next[i] = true;
      } else if (matchSegment(pattern[i], segment)) {
        next[i + 1] = true;
      }
    }
    skipStars(next);
    now = std::move(next);
    reach.matches = reach.matches || now.back();
  }
  reach.goesOn = std::find(now.begin(), now.end() - 1, true) != now.end() - 1;
  return reach;
}

Views segmentsOf(std::string_view path) {
  Views segments;
  for (const auto part : split(path, '/')) {
    if (!part.empty() && part != ".") segments.push_back(part);
  }
  return segments;
}

}  // namespace

Result<IgnoreRules> IgnoreRules::parse(std::string_view text, const std::string& name) {
  if (text.size() > kTextMax) return Error{Code::kLimit, "The ignore file is larger than 1 MiB", "", {name, 0, 0}};
  if (startsWith(text, "\xEF\xBB\xBF")) text.remove_prefix(3);
  IgnoreRules rules;
  int line = 0;
  for (const auto raw : split(text, '\n')) {
    ++line;
    if (startsWith(raw, "#")) continue;
    std::string_view pattern = trim(raw);
    if (pattern.empty()) continue;
    Rule rule;
    rule.exception = pattern[0] == '!';
    if (rule.exception) pattern = trim(pattern.substr(1));
    const auto fail = [&](Code code, std::string message, std::string hint) {
      return Error{code, std::move(message), std::move(hint), {name, line, 1}};
    };
    if (pattern.empty()) return fail(Code::kInvalid, "\"!\" is not followed by a pattern", "write !name, or remove it");
    if (pattern.size() > kPatternMax) return fail(Code::kLimit, "The pattern is longer than 4096 bytes", "");
    // As Go's filepath.Clean: ".." takes the segment before it away.
    for (const auto segment : segmentsOf(pattern)) {
      if (segment == "..") {
        if (!rule.segments.empty()) rule.segments.pop_back();
      } else if (!isWellFormed(segment)) {
        return fail(Code::kInvalid, "The pattern \"" + std::string(pattern) + "\" is malformed",
                    "\"[\" needs a closing \"]\", and \"\\\" a character after it");
      } else if (segment != "**" || rule.segments.empty() || rule.segments.back() != "**") {
        rule.segments.emplace_back(segment);
      }
    }
    if (rules.rules_.size() >= kRulesMax) return fail(Code::kLimit, "There are more than 10,000 patterns", "");
    if (!rule.segments.empty()) rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

bool IgnoreRules::ignores(std::string_view path) const {
  const Views segments = segmentsOf(path);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (reachOf(rule->segments, segments).matches) return !rule->exception;
  }
  return false;
}

bool IgnoreRules::ignoresAllBelow(std::string_view path) const {
  if (!ignores(path)) return false;
  const Views segments = segmentsOf(path);
  for (const auto& rule : rules_) {
    if (rule.exception && reachOf(rule.segments, segments).goesOn) return false;
  }
  return true;
}

}  // namespace orbit::format
