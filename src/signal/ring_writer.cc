#include "signal/ring_writer.h"

#include <algorithm>
#include <cstring>

#include "signal/range_lock.h"

namespace orbit::signal {

using namespace layout;

namespace {

constexpr std::size_t kPrefetched = 6;  // cells: a record with texts of the usual length
constexpr std::uint64_t kLeftAtOnceCells =
    1'024;  // some 250 lines: no request waits longer than it takes to write them
constexpr int kTicksAlone = 2;

// What is stored below is not seen before what was stored above. x86 keeps its stores in order: there it is for the
// compiler alone.
void keepOrder() {
#if defined(__x86_64__)
  std::atomic_signal_fence(std::memory_order_acq_rel);
#else
  std::atomic_thread_fence(std::memory_order_acq_rel);
#endif
}

}  // namespace

void RingWriter::record(const Record& record) {
  if (head_ / kSegmentCells != segment_) enterSegment();
  // Made where the cache has it, and then copied in whole lines: in place it would fetch each line for a part of it.
  const std::uint64_t cells = pack(record, number_++, packed_);
  header_.ringBegun.store(head_ + cells, std::memory_order_relaxed);
  keepOrder();
  for (std::uint64_t at = 0; at < cells; ++at) std::memcpy(cell(head_ + at), packed_ + at * kCell, kCell);
  keepOrder();
  head_ += cells;
  header_.ringHead.store(head_, std::memory_order_release);
  // The ring is larger than a processor's own cache: what is written next is fetched while something else is done.
  for (std::size_t at = 0; at < kPrefetched; ++at) __builtin_prefetch(cell(head_ + at), 1);
}

void RingWriter::enterSegment() {
  segment_ = head_ / kSegmentCells;
  place_.marks[segment_ % (place_.cells / kSegmentCells)].store(head_, std::memory_order_release);
  const std::uint64_t taken = header_.logTaken.load(std::memory_order_acquire);
  if (head_ - taken > place_.cells - place_.cells / 4) leave(taken + std::min(place_.cells / 8, kLeftAtOnceCells));
}

void RingWriter::tick() {
  const std::uint64_t looks = header_.looks.load(std::memory_order_relaxed);
  ticksAlone_ = looks == looks_ ? ticksAlone_ + 1 : 0;
  looks_ = looks;
  if (ticksAlone_ >= kTicksAlone) leave(head_);
}

// The first record that is whole.
std::uint64_t RingWriter::oldest() const {
  const std::uint64_t segments = place_.cells / kSegmentCells;
  for (std::uint64_t segment = head_ < place_.cells ? 0 : (head_ - place_.cells) / kSegmentCells + 1;
       segment <= segment_ && segment_ != ~std::uint64_t{0}; ++segment) {
    const std::uint64_t mark = place_.marks[segment % segments].load(std::memory_order_relaxed);
    if (mark / kSegmentCells == segment && mark <= head_) return mark;
  }
  return head_;
}

bool RingWriter::copyOut(std::uint64_t at, std::uint64_t number, Unpacked& into) {
  if (!copied_) copied_ = std::make_unique_for_overwrite<char[]>(kPackedBytesMax);
  const std::uint64_t there = std::min(head_ - at, kRecordCellsMax);
  std::uint64_t cells = sizeof(PackedRecord) / kCell;
  for (std::uint64_t done = 0; done < cells && done < there; ++done) {
    std::memcpy(copied_.get() + done * kCell, cell(at + done), kCell);
    if ((done + 1) * kCell == sizeof(PackedRecord)) cells = reinterpret_cast<PackedRecord*>(copied_.get())->cells;
  }
  return unpack({copied_.get(), std::min(cells, there) * kCell}, at, number, into);
}

// Hands on what nobody took, up to there. While its reader takes something: another time.
void RingWriter::leave(std::uint64_t until) {
  if (!leftOver_ || header_.logTaken.load(std::memory_order_relaxed) == head_) return;
  const RangeLock lock(place_.file, place_.lockAt);
  if (!lock.held()) return;
  std::uint64_t at = header_.logTaken.load(std::memory_order_acquire);
  std::uint64_t next = header_.logNext.load(std::memory_order_relaxed), dropped = 0;
  if (head_ - at > place_.cells) at = oldest();
  const std::uint64_t from = next;
  for (Unpacked one; at < std::min(until, head_); at += one.front.cells) {
    if (!copyOut(at, next, one)) {  // somebody else wrote to the file
      dropped += number_ - std::min(next, number_);
      next = number_;
      at = head_;
      break;
    }
    dropped += one.front.number - next;
    next = one.front.number + 1;
    if (one.is(kLogged)) leftOver_(lineOf(one.record(), namesOf_(one.front)));
  }
  if (dropped > 0) header_.logDropped.store(header_.logDropped.load(std::memory_order_relaxed) + dropped);
  if (header_.leftTo.load(std::memory_order_relaxed) != from) header_.leftFrom.store(from);
  header_.leftTo.store(next);
  header_.logNext.store(next);
  header_.logTaken.store(at, std::memory_order_release);
}

}  // namespace orbit::signal
