#include "cli/screen_text.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

struct Rune {
  char32_t code = 0xFFFD;
  std::size_t bytes = 1;
};

// The first character; a byte that is no UTF-8 counts as one character of its own.
Rune firstRune(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || length > text.size()) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (next & 0x3FU);
  }
  return {code, length};
}

struct Range {
  char32_t first, last;
};

// The blocks that terminals draw two columns wide, from Unicode's EastAsianWidth.txt, coarsely.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
                           {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};

template <std::size_t N>
bool within(const Range (&ranges)[N], char32_t code) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t widthOf(char32_t code) {
  if (code < 0x20 || code == 0x7F || within(kNone, code)) return 0;
  return within(kWide, code) ? 2 : 1;
}

// Bytes of the escape sequence that text starts with (ECMA-48: CSI, OSC, two-byte ones).
std::size_t escapeLength(std::string_view text) {
  if (text.size() < 2) return text.size();
  if (text[1] == '[') {
    std::size_t at = 2;
    while (at < text.size() && (text[at] < 0x40 || text[at] > 0x7E)) ++at;
    return std::min(at + 1, text.size());
  }
  if (text[1] == ']') {
    for (std::size_t at = 2; at < text.size(); ++at) {
      if (text[at] == '\a') return at + 1;
      if (text[at] == '\x1b') return std::min(at + 2, text.size());
    }
    return text.size();
  }
  return 2;
}

std::string_view escapeOf(Color color) {
  switch (color) {
    case Color::kNone:
      return "";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kBlue:
      return "\x1b[34m";
    case Color::kMagenta:
      return "\x1b[35m";
    case Color::kCyan:
      return "\x1b[36m";
    case Color::kDim:
      return "\x1b[2m";
    case Color::kBold:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::size_t displayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    if (text[0] == '\x1b') {
      text.remove_prefix(escapeLength(text));
      continue;
    }
    const Rune rune = firstRune(text);
    width += widthOf(rune.code);
    text.remove_prefix(rune.bytes);
  }
  return width;
}

std::string fitted(std::string_view text, std::size_t columns) {
  if (displayWidth(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const Rune rune = firstRune(text);
    if (width + widthOf(rune.code) > columns - 1) break;
    width += widthOf(rune.code);
    out += text.substr(0, rune.bytes);
    text.remove_prefix(rune.bytes);
  }
  return out + "…";
}

std::string padded(std::string_view text, std::size_t columns) {
  std::string out = fitted(text, columns);
  const auto width = displayWidth(out);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text[0] == '\x1b') {
      text.remove_prefix(escapeLength(text));
      continue;
    }
    const Rune rune = firstRune(text);
    if (rune.code == '\t') {
      out += ' ';
    } else if (rune.code >= 0x20 && rune.code != 0x7F && (rune.code < 0x80 || rune.code > 0x9F)) {
      out += rune.code == 0xFFFD ? std::string_view("\xEF\xBF\xBD") : text.substr(0, rune.bytes);
    }
    text.remove_prefix(rune.bytes);
  }
  return out;
}

std::string Style::paint(Color wanted, std::string_view text) const {
  if (!color || wanted == Color::kNone || text.empty()) return std::string(text);
  return std::string(escapeOf(wanted)) + std::string(text) + "\x1b[0m";
}

std::string columnsText(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], displayWidth(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : padded(row[i], widths[i]) + "   ";
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\n";
  }
  return out;
}

}  // namespace orbit::cli
