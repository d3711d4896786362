#include "format/dotenv.h"

#include "base/text.h"

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 4u << 20;
constexpr std::size_t kValuesMax = 16u << 20;  // bytes of all values, after expansion

bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}
bool isKeyPart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-' || c == '[' || c == ']' || static_cast<unsigned char>(c) >= 0x80;
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& name, const Lookup& lookup)
      : text_(text), name_(name), lookup_(lookup) {
    if (startsWith(text_, "\xEF\xBB\xBF")) at_ = lineStart_ = 3;
  }

  Result<std::vector<EnvEntry>> read() {
    for (;;) {
      skipBetween();
      if (done()) return std::move(entries_);
      ORBIT_TRY_STATUS(entry());
      if (bytes_ > kValuesMax) {
        return Error{Code::kLimit, "The variables grow past 16 MiB when they are filled in", "", place()};
      }
    }
  }

 private:
  bool done() const { return at_ >= text_.size(); }
  char now() const { return text_[at_]; }
  Location place() const { return {name_, line_, static_cast<int>(at_ - lineStart_) + 1}; }
  void step() {
    if (text_[at_++] != '\n') return;
    ++line_;
    lineStart_ = at_;
  }
  void skipBlanks() {
    while (!done() && isBlank(now())) step();
  }
  void skipLine() {
    while (!done() && now() != '\n') step();
  }
  void skipBetween() {
    for (;;) {
      while (!done() && (isBlank(now()) || now() == '\n')) step();
      if (done() || now() != '#') return;
      skipLine();
    }
  }

  Status entry() {
    std::string_view rest = text_.substr(at_);
    if (startsWith(rest, "export") && rest.size() > 6 && isBlank(rest[6])) {
      at_ += 6;
      skipBlanks();
    }
    EnvEntry entry;
    entry.at = place();
    const auto start = at_;
    while (!done() && isKeyPart(now())) step();
    entry.key = std::string(text_.substr(start, at_ - start));
    skipBlanks();
    if (done() || now() == '\n' || (now() == '#' && !entry.key.empty())) {
      skipLine();
      if (entry.key.empty()) return {};
      entries_.push_back(std::move(entry));
      return {};
    }
    if (now() != '=' && now() != ':') {
      return Error{Code::kInvalid, "A line of an env file must read NAME=value",
                   "names are letters, digits, \"_\", \".\" and \"-\", without spaces", place()};
    }
    if (entry.key.empty())
      return Error{Code::kInvalid, "The name before \"=\" is missing", "write NAME=value", place()};
    step();
    skipBlanks();
    ORBIT_TRY(entry.value, value());
    bytes_ += entry.value->size();
    known_[entry.key] = *entry.value;
    entries_.push_back(std::move(entry));
    return {};
  }

  Result<std::string> value() {
    if (!done() && now() == '\'') return singleQuoted();
    if (!done() && now() == '"') return doubleQuoted();
    const Location from = place();
    const auto start = at_;
    skipLine();
    std::string_view raw = text_.substr(start, at_ - start);
    for (std::size_t i = 0; i < raw.size(); ++i) {
      // The blank may have been skipped already: "A= # comment".
      if (raw[i] == '#' && isBlank(text_[start + i - 1])) {
        raw = raw.substr(0, i);
        break;
      }
    }
    return expand(trim(raw), from);
  }

  Result<std::string> singleQuoted() {
    const Location from = place();
    step();
    std::string out;
    for (; !done() && now() != '\''; step()) {
      if (now() == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\'') step();
      out += now();
    }
    ORBIT_TRY_STATUS(closeQuote(from));
    return out;
  }

  Result<std::string> doubleQuoted() {
    const Location from = place();
    step();
    std::string out;
    for (; !done() && now() != '"'; step()) {
      if (now() == '\\' && at_ + 1 < text_.size()) {
        step();
        escape(out);
      } else {
        out += now();
      }
    }
    ORBIT_TRY_STATUS(closeQuote(from));
    return expand(out, from);
  }

  // At the character after a backslash. An unknown escape keeps its backslash.
  void escape(std::string& out) {
    static constexpr std::string_view kNames = "abfnrtv\"\\";
    static constexpr std::string_view kValues = "\a\b\f\n\r\t\v\"\\";
    const char c = now();
    if (const auto index = kNames.find(c); index != std::string_view::npos) {
      out += kValues[index];
    } else if (c == '$') {
      out += "$$";  // expansion makes one of it
    } else if (c == '0') {
      int code = 0;
      for (int i = 0; i < 3 && at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '7'; ++i) {
        step();
        code = code * 8 + (now() - '0');
      }
      out += static_cast<char>(code & 0xff);
    } else {
      out.append(1, '\\').append(1, c);
    }
  }

  Status closeQuote(const Location& from) {
    if (done())
      return Error{Code::kInvalid, "A quoted value has no closing quote", "close it, or remove the quote", from};
    step();
    skipBlanks();
    if (!done() && now() != '\n' && now() != '#') {
      return Error{Code::kInvalid, "There is text after the closing quote", "quote the whole value", place()};
    }
    skipLine();
    return {};
  }

  Result<std::string> expand(std::string_view raw, const Location& from) {
    const Lookup lookup = [this](std::string_view name) -> std::optional<std::string> {
      if (auto outer = lookup_ ? lookup_(name) : std::nullopt) return outer;
      const auto found = known_.find(name);
      return found == known_.end() ? std::nullopt : std::optional(found->second);
    };
    auto out = interpolate(raw, lookup, {});
    if (!out.ok()) out.error().at = from;
    return out;
  }

  std::string_view text_;
  const std::string& name_;
  const Lookup& lookup_;
  std::size_t at_ = 0, lineStart_ = 0;
  int line_ = 1;
  std::map<std::string, std::string, std::less<>> known_;
  std::vector<EnvEntry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<std::vector<EnvEntry>> parseDotenv(std::string_view text, const std::string& name, const Lookup& lookup) {
  if (text.size() > kTextMax) return Error{Code::kLimit, "The env file is larger than 4 MiB", "", {name, 0, 0}};
  return Reader(text, name, lookup).read();
}

}  // namespace orbit::format
