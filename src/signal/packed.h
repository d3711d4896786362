// A record as it stands in the ring. Private to signal. Thread rules: pure.
#pragma once
#include <array>
#include <string_view>

#include "signal/layout.h"
#include "signal/signal.h"

namespace orbit::signal {

inline constexpr std::size_t kPackedBytesMax = layout::kRecordCellsMax * layout::kCell;

// Writes it to `to`, where there must be room for kPackedBytesMax; returns how many cells it takes.
std::uint64_t pack(const Record& record, std::uint64_t number, char* to);

// A packed record whose cells may be damaged: a copy of its front, and its texts where they stand.
struct Unpacked {
  layout::PackedRecord front;
  std::array<std::string_view, layout::kTexts> texts;

  Record record() const;   // its series as it stands there
  Record attempt() const;  // of the attempt that it tells of too (kAttemptAnswered)
  bool is(layout::Flag flag) const { return (front.flags & flag) != 0; }
};
// Of the record at cell `at`, which is the `number`th or, where some were missed, a later one. False: it is none, or
// not whole in `bytes`.
bool unpack(std::string_view bytes, std::uint64_t at, std::uint64_t number, Unpacked& into);

}  // namespace orbit::signal
