// The pieces of a batch, read back. Private to logs. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string_view>

#include "logs/bytes.h"

namespace orbit::logs {

inline constexpr std::uint64_t kPieceError = 1, kPiecePartial = 2, kPieceNotice = 4, kPieceSkipped = 8;

// Year 4825: what is later is no time but damage.
inline constexpr std::int64_t kTimeMaxUs = 90'000'000'000'000'000;

struct Piece {
  std::uint64_t flags = 0;
  std::int64_t timeUs = 0;
  std::uint32_t hash = 0;  // of a skipped one
  std::string_view text;
  bool isError() const { return (flags & kPieceError) != 0; }
  bool partial() const { return (flags & kPiecePartial) != 0; }
  bool notice() const { return (flags & kPieceNotice) != 0; }
  bool skipped() const { return (flags & kPieceSkipped) != 0; }
};

class PieceReader {
 public:
  explicit PieceReader(std::string_view bytes) : bytes_(bytes) {}
  // False at the end, and where the bytes are none of a batch (ok() tells).
  bool next(Piece& piece) {
    if (bytes_.atEnd()) return false;
    piece.flags = bytes_.varint();
    lastUs_ =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(lastUs_) + static_cast<std::uint64_t>(bytes_.number()));
    piece.timeUs = lastUs_ < 0 || lastUs_ > kTimeMaxUs ? 0 : lastUs_;
    piece.hash = piece.skipped() ? static_cast<std::uint32_t>(bytes_.varint()) : 0;
    piece.text = piece.skipped() ? std::string_view() : bytes_.text();
    return bytes_.ok();
  }
  bool ok() const { return bytes_.ok(); }

 private:
  ByteReader bytes_;
  std::int64_t lastUs_ = 0;
};

}  // namespace orbit::logs
