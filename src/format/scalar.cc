#include "format/scalar.h"

#include "base/text.h"

namespace orbit::format {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool isRadix(std::string_view text, std::string_view digits) {
  return text.size() > 2 && text.find_first_not_of(digits, 2) == std::string_view::npos;
}

bool isNumber(std::string_view text, bool& isInt) {
  std::size_t at = text[0] == '-' || text[0] == '+' ? 1 : 0;
  std::size_t digits = 0;
  for (; at < text.size() && isDigit(text[at]); ++at) ++digits;
  isInt = at == text.size() && digits > 0;
  if (isInt) return true;
  if (text[at] == '.') {
    for (++at; at < text.size() && isDigit(text[at]); ++at) ++digits;
  }
  if (digits == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const auto exponent = at;
    while (at < text.size() && isDigit(text[at])) ++at;
    if (at == exponent) return false;
  }
  return at == text.size();
}

}  // namespace

Node::Kind plainKind(std::string_view text) {
  using Kind = Node::Kind;
  if (text.empty() || isOneOf(text, {"~", "null", "Null", "NULL"})) return Kind::kNull;
  if (isOneOf(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return Kind::kBool;
  if (startsWith(text, "0x")) return isRadix(text, "0123456789abcdefABCDEF") ? Kind::kInt : Kind::kString;
  if (startsWith(text, "0o")) return isRadix(text, "01234567") ? Kind::kInt : Kind::kString;
  const auto unsigned_ = text.substr(text[0] == '-' || text[0] == '+' ? 1 : 0);
  if (isOneOf(unsigned_, {".inf", ".Inf", ".INF"}) || isOneOf(text, {".nan", ".NaN", ".NAN"})) return Kind::kFloat;
  bool isInt = false;
  if (!isNumber(text, isInt)) return Kind::kString;
  return isInt ? Kind::kInt : Kind::kFloat;
}

}  // namespace orbit::format
