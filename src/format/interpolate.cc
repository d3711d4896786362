#include "base/text.h"
#include "format/dotenv.h"

namespace orbit::format {
namespace {

constexpr int kDepthMax = 50;                // of ${A:-${B:-…}}
constexpr std::size_t kResultMax = 1 << 20;  // bytes

bool isNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isNamePart(char c) {
  return isNameStart(c) || (c >= '0' && c <= '9');
}

std::string_view nameAt(std::string_view text) {
  if (text.empty() || !isNameStart(text[0])) return {};
  std::size_t size = 1;
  while (size < text.size() && isNamePart(text[size])) ++size;
  return text.substr(0, size);
}

// The position of the '}' that closes the '{' at text[0].
std::size_t closingBrace(std::string_view text) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '{') ++open;
    if (text[i] == '}' && --open == 0) return i;
  }
  return std::string_view::npos;
}

class Expander {
 public:
  Expander(const Lookup& lookup, const std::function<void(std::string_view)>& onUnset)
      : lookup_(lookup), onUnset_(onUnset) {}

  Result<std::string> expand(std::string_view text, int depth) {
    if (depth > kDepthMax) {
      return Error{Code::kLimit, "Variables are nested deeper than " + std::to_string(kDepthMax) + " levels"};
    }
    std::string out;
    while (!text.empty()) {
      const auto dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.empty()) break;
      text.remove_prefix(1);
      if (startsWith(text, "$")) {
        out += '$';
        text.remove_prefix(1);
      } else if (startsWith(text, "{")) {
        const auto close = closingBrace(text);
        if (close == std::string_view::npos) return malformed("\"${\" has no closing \"}\"");
        ORBIT_TRY(const std::string value, braced(text.substr(1, close - 1), depth));
        out += value;
        text.remove_prefix(close + 1);
      } else {
        // As Docker Compose: a "$" that begins no variable stands for itself, as in "$(date)".
        const auto name = nameAt(text);
        out += name.empty() ? "$" : plain(name);
        text.remove_prefix(name.size());
      }
      if (out.size() > kResultMax)
        return Error{Code::kLimit, "The value grows past 1 MiB when its variables are filled in"};
    }
    return out;
  }

 private:
  static Error malformed(std::string what) {
    return {Code::kInvalid, "A variable is written wrong: " + std::move(what),
            "write ${NAME} or ${NAME:-default}, and $$ where a literal $ is meant"};
  }

  std::string plain(std::string_view name) {
    if (auto value = lookup_(name)) return std::move(*value);
    if (onUnset_) onUnset_(name);
    return {};
  }

  Result<std::string> braced(std::string_view body, int depth) {
    const auto name = nameAt(body);
    if (name.empty()) return malformed("\"${\" is not followed by the name of a variable");
    auto rest = body.substr(name.size());
    if (rest.empty()) return plain(name);
    const bool emptyCounts = rest[0] == ':';  // with ":" an empty value is as good as none
    if (emptyCounts) rest.remove_prefix(1);
    const char operation = rest.empty() ? '\0' : rest[0];
    if (operation != '-' && operation != '+' && operation != '?') {
      return malformed("after the name \"" + std::string(name) + "\" only :- - :? ? :+ or + may follow");
    }
    rest.remove_prefix(1);
    auto value = lookup_(name);
    const bool present = value.has_value() && !(emptyCounts && value->empty());
    if (operation == '+') return present ? expand(rest, depth + 1) : Result<std::string>(std::string());
    if (present) return std::move(*value);
    if (operation == '-') return expand(rest, depth + 1);
    ORBIT_TRY(const std::string reason, expand(rest, depth + 1));
    return Error{Code::kInvalid,
                 "The required variable \"" + std::string(name) + "\" is " + (value ? "empty" : "not set") +
                     (reason.empty() ? "" : ": " + reason),
                 "set it in the shell or in the .env file"};
  }

  const Lookup& lookup_;
  const std::function<void(std::string_view)>& onUnset_;
};

}  // namespace

Result<std::string> interpolate(std::string_view text, const Lookup& lookup,
                                const std::function<void(std::string_view name)>& onUnset) {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  return Expander(lookup, onUnset).expand(text, 0);
}

}  // namespace orbit::format
