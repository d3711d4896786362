// Text as a terminal shows it: widths in columns, cutting, padding, colours. Thread rules: pure functions.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::cli {

// Columns that UTF-8 text takes: wide East Asian characters and emoji two, combining marks none.
std::size_t displayWidth(std::string_view text);
// At most `columns` wide; what is cut off shows as "…".
std::string fitted(std::string_view text, std::size_t columns);
// Exactly `columns` wide: cut or filled with spaces.
std::string padded(std::string_view text, std::size_t columns);
// Without escape sequences and control characters (a tab is a space): safe inside a table.
std::string printable(std::string_view text);

enum class Color { kNone, kRed, kGreen, kYellow, kBlue, kMagenta, kCyan, kDim, kBold };

// Whether escapes are written at all: NO_COLOR, --ansi and terminals decide once.
struct Style {
  bool color = false;
  std::string paint(Color color, std::string_view text) const;
};

// Rows as aligned columns, three spaces between, the last one unpadded: as Docker prints listings.
std::string columnsText(const std::vector<std::vector<std::string>>& rows);

}  // namespace orbit::cli
