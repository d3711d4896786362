// Well-formed UTF-8 (Unicode 15, table 3-7). Thread rules: pure function.
#pragma once
#include <string_view>

namespace orbit::format {

// The offset of the first byte that is no part of well-formed UTF-8, or npos.
std::size_t invalidUtf8(std::string_view text);

}  // namespace orbit::format
