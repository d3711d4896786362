// The file of a generation's signals, as both sides map it (version 2; decision 4). Private to signal. Little-endian,
// as every machine we run on.
//
//   page 0           FileHeader
//   then an area for each worker, all of one size:
//     page 0         AreaHeader
//     series         seriesMax x SeriesEntry, filled in order, never given back
//     slab states    histogramsMax x SlabState
//     texts          the keys' texts, one after the other
//     slabs          histogramsMax x 16 KiB: kBuckets counters each
//     ring           recordsMax x Slot
//
// Each area has one writer, a thread; all it shares is written by atomic stores, of which it needs no locked one.
// What a reader relies on:
// - Counters only grow. `seriesCount` is stored after the entry and its texts are whole.
// - A sample's bucket is stored before its counters; the reader takes the counters first. So a histogram holds at least
//   the answers its counters tell of, and is unchanged when they are.
// - A slab belongs to one series while its epoch is even and stays the same. The writer makes the epoch odd, empties
// the
//   slab, names the new owner and makes it even again. It takes back only slabs idle for ten minutes, so a reader that
//   comes more often has seen all that was in one: it keeps that as the series' base and adds what comes later. So no
//   count is lost, doubled or goes back. For a reader that comes later only the histogram is short, never a counter.
// - `recordsHead` counts whole records. Record n is in slot n % recordsMax with sequence n + 1. A copy of it is good if
//   after copying `recordsHead` was still below n + recordsMax; otherwise it was, or was being, overwritten. A slot's
//   sequence is 0 while it is written, which is the only part of it that is atomic: the reader is another process.
// - The writer backs every page before it touches it, so that a full disk drops samples instead of raising SIGBUS.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "signal/signal.h"

namespace orbit::signal::layout {

inline constexpr std::uint64_t kMagic = 0x676973746962726f;  // "orbitsig"
inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kKeyParts = 4;
inline constexpr std::size_t kKeyPartBytesMax = 200;
inline constexpr std::size_t kTextBytesPerSeries = 128;  // on average
// What a reader accepts.
inline constexpr std::uint32_t kWorkersMax = 1024, kSeriesMax = 1U << 20U, kHistogramsMax = 1U << 16U,
                               kRecordsMax = 1U << 20U;
inline constexpr std::uint64_t kSeriesOfAllMax = 1U << 20U;

using Word = std::atomic<std::uint64_t>;
using Half = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 8 && Half::is_always_lock_free && sizeof(Half) == 4);

struct FileHeader {
  std::uint64_t magic;
  std::uint32_t version, pid;
  std::uint64_t generation;
  std::uint32_t workers, seriesMax, histogramsMax, recordsMax;
  std::uint64_t areaBytes;
  Half finished;
};

struct AreaHeader {
  Half seriesCount;
  alignas(64) Word recordsHead;
  Word samples;  // counted
  Word samplesDropped;
  Word latenciesDropped;  // counted, but there was no histogram for it
};

// A struct of counters for W = Word, and the copy of it for W = std::uint64_t.
template <class W>
struct EntryCounters {
  W errors, overThreshold, probes, latencySumUs, bytesIn, bytesOut;
  W byOutcome[kOutcomes];
  W byClass[6];
};

template <class W, class H>
struct Entry {
  std::uint32_t textOffset;
  std::uint16_t textBytes[kKeyParts];
  std::uint32_t kind;
  H slab;  // 0: none, else its index + 1
  std::uint32_t unused;
  EntryCounters<W> counters;
  std::uint64_t unused2[2];
};
using SeriesEntry = Entry<Word, Half>;
using SeriesCopy = Entry<std::uint64_t, std::uint32_t>;
static_assert(sizeof(SeriesEntry) == 192 && sizeof(SeriesCopy) == 192);

struct SlabState {
  Half epoch;
  Half owner;
};
struct SlabStateCopy {
  std::uint32_t epoch, owner;
};

inline constexpr std::size_t kSlabBytes = 16 * 1024;
static_assert(Histogram::kBuckets * sizeof(Word) <= kSlabBytes);

inline constexpr std::size_t kTexts = 5;
inline constexpr std::size_t kTextBytesMax[kTexts] = {8, 64, 160, 45, 64};  // method, host, path, client, user agent
struct PackedRecord {
  std::int64_t wallUs;
  std::uint8_t requestId[16];
  std::uint64_t clientHash, pathHash, latencyUs, bytesIn, bytesOut, attemptLatencyUs;
  std::uint32_t series, attemptSeries;  // kNoSeries: no attempt
  std::uint16_t status, attemptStatus;
  std::uint8_t kind, outcome, flags;  // flags: 1 probe, 2 over the threshold
  std::uint8_t textBytes[kTexts];
  char texts[348];  // one after the other
};
static_assert(sizeof(PackedRecord) == 440 && alignof(PackedRecord) == 8);
static_assert(8 + 64 + 160 + 45 + 64 <= sizeof(PackedRecord::texts));
struct Slot {
  Word sequence;
  PackedRecord record;
};
static_assert(sizeof(Slot) % 64 == 0);  // whole cache lines

// Where things are in an area, and how large it is.
struct Places {
  std::uint64_t series = 0, slabStates = 0, texts = 0, textBytes = 0, slabs = 0, ring = 0, areaBytes = 0;
};
inline Places placesOf(std::uint32_t seriesMax, std::uint32_t histogramsMax, std::uint32_t recordsMax) {
  const auto pages = [](std::uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; };
  Places places;
  places.series = kPage;
  places.slabStates = places.series + pages(std::uint64_t{seriesMax} * sizeof(SeriesEntry));
  places.texts = places.slabStates + pages(std::uint64_t{histogramsMax} * sizeof(SlabState));
  places.textBytes = pages(std::uint64_t{seriesMax} * kTextBytesPerSeries);
  places.slabs = places.texts + places.textBytes;
  places.ring = places.slabs + std::uint64_t{histogramsMax} * kSlabBytes;
  places.areaBytes = places.ring + pages(std::uint64_t{recordsMax} * sizeof(Slot));
  return places;
}

}  // namespace orbit::signal::layout
