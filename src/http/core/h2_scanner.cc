#include "http/core/h2_scanner.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace orbit::http {
namespace {

std::uint32_t read(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(at, size)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::size_t H2Scanner::neededOf(std::string_view begun) {
  if (begun.size() < kHeaderBytes) return kHeaderBytes;
  const bool priority = static_cast<std::uint8_t>(begun[3]) == NGHTTP2_PRIORITY;
  return priority && read(begun, 0, 3) >= kPriorityBytes - kHeaderBytes ? kPriorityBytes : kHeaderBytes;
}

// `header`: what had to be seen; `whole`: as much of the frame as there is at once.
H2Scanner::Piece H2Scanner::begin(std::string_view header, std::string_view whole) {
  constexpr std::uint32_t kStreamBits = 0x7fffffff;
  Piece piece;
  piece.begins = true;
  piece.frame.size = read(header, 0, 3);
  piece.frame.type = static_cast<std::uint8_t>(header[3]);
  piece.frame.flags = static_cast<std::uint8_t>(header[4]);
  piece.frame.stream = static_cast<std::int32_t>(read(header, 5, 4) & kStreamBits);
  if (header.size() == kPriorityBytes) piece.frame.dependsOn = read(header, kHeaderBytes, 4) & kStreamBits;
  piece.bytes = whole.substr(0, kHeaderBytes + piece.frame.size);
  left_ = kHeaderBytes + piece.frame.size - piece.bytes.size();
  return piece;
}

H2Scanner::Piece H2Scanner::next(std::string_view& bytes) {
  Piece piece;
  if (left_ > 0) {
    piece.bytes = bytes.substr(0, left_);
    left_ -= piece.bytes.size();
    bytes.remove_prefix(piece.bytes.size());
    return piece;
  }
  if (begunSize_ == 0) {
    const std::size_t needed = neededOf(bytes);
    if (bytes.size() >= needed) {
      piece = begin(bytes.substr(0, needed), bytes);
      bytes.remove_prefix(piece.bytes.size());
      return piece;
    }
  }
  // A header that arrives in parts.
  for (;;) {
    const std::string_view begun(begun_.data(), begunSize_);
    const std::size_t needed = neededOf(begun);
    if (begunSize_ == needed) {
      begunSize_ = 0;
      return begin(begun, begun);
    }
    const std::size_t count = std::min(needed - begunSize_, bytes.size());
    if (count == 0) return piece;
    std::copy_n(bytes.data(), count, begun_.data() + begunSize_);
    begunSize_ += count;
    bytes.remove_prefix(count);
  }
}

}  // namespace orbit::http
