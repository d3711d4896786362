#include "format/utf8.h"

namespace orbit::format {

std::size_t invalidUtf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = byte(i);
    std::size_t size = 1;
    if (lead >= 0x80) {
      unsigned low = 0x80;
      unsigned high = 0xbf;
      size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
      if (lead < 0xc2 || lead > 0xf4 || byte(i + 1) < low || byte(i + 1) > high) return i;
      for (std::size_t k = 2; k < size; ++k) {
        if ((byte(i + k) & 0xc0) != 0x80) return i;
      }
    }
    i += size;
  }
  return std::string_view::npos;
}

}  // namespace orbit::format
