// Writing the chunked transfer coding (RFC 9112 7.1). Private to edge. Thread rules: pure.
#pragma once
#include <cstddef>
#include <string>

namespace orbit::edge {

// The line before a chunk of `size` bytes (not 0); its data and CRLF follow.
inline void appendChunkLine(std::size_t size, std::string& out) {
  char digits[2 * sizeof size];
  std::size_t count = 0;
  for (; size > 0; size >>= 4) digits[count++] = "0123456789abcdef"[size & 15];
  while (count > 0) out += digits[--count];
  out += "\r\n";
}

}  // namespace orbit::edge
