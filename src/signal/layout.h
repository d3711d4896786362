// The file of a generation's signals, as both sides map it (version 3; decision 4). Private to signal. Little-endian,
// as every machine we run on.
//
//   page 0           FileHeader
//   then an area for each worker, all of one size:
//     page 0         AreaHeader
//     series         seriesMax x SeriesEntry, filled in order, never given back
//     slab states    histogramsMax x SlabState
//     texts          the keys' texts, one after the other
//     slabs          histogramsMax x 16 KiB: kBuckets counters each
//     marks          for each segment of the ring, where its first record begins
//     ring           ringCells x 64 bytes
//
// Each area has one writer, a thread; all it shares is written by atomic stores, of which it needs no locked one.
// What a reader relies on:
// - Counters only grow. `seriesCount` is stored after the entry and its texts are whole.
// - A sample's bucket is stored before its counters; the reader takes the counters first. So a histogram holds at least
//   the answers its counters tell of, and is unchanged when they are.
// - A slab belongs to one series while its epoch is even and stays the same. The writer makes the epoch odd, empties
//   the slab, names the new owner and makes it even again. It takes back only slabs idle for ten minutes, so a reader
//   that comes more often has seen all that was in one: it keeps that as the series' base and adds what comes later. So
//   no count is lost, doubled or goes back. For a reader that comes later only the histogram is short, never a counter.
// - A record takes whole cells, one after the other; positions count cells ever written, cell n is in place n %
//   ringCells. `ringBegun` is stored before a record is written and `ringHead` after it, both as where it ends. What
//   was copied is good from ringBegun - ringCells on, as that is after copying; what is older was, or was being,
//   overwritten. A reader that was overtaken goes on at the first mark after that. Records are numbered, so it knows
//   what it missed.
// - The access log is made of the same records. `logTaken` is where it was taken up to: by the one reader that keeps
//   it, or by the writer, which writes to a file what would be overwritten, or what nobody comes for. Who moves it has
//   a lock (fcntl, of the open file) on the area's first byte for so long; the kernel frees it when its owner dies.
//   `looks` is counted up by that reader. The records numbered [leftFrom, leftTo) went to the file last.
// - The writer backs every page before it touches it, so that a full disk drops samples instead of raising SIGBUS.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "signal/signal.h"

namespace orbit::signal::layout {

inline constexpr std::uint64_t kMagic = 0x676973746962726f;  // "orbitsig"
inline constexpr std::uint32_t kVersion = 3;
inline constexpr std::size_t kPage = 4096;
inline constexpr std::size_t kKeyParts = 4;
inline constexpr std::size_t kKeyPartBytesMax = 200;
inline constexpr std::size_t kTextBytesPerSeries = 128;  // on average
// What a reader accepts.
inline constexpr std::uint32_t kWorkersMax = 1024, kSeriesMax = 1U << 20U, kHistogramsMax = 1U << 16U,
                               kRingCellsMin = 512, kRingCellsMax = 1U << 20U;
inline constexpr std::uint64_t kSeriesOfAllMax = 1U << 20U;

using Word = std::atomic<std::uint64_t>;
using Half = std::atomic<std::uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == 8 && Half::is_always_lock_free && sizeof(Half) == 4);

struct FileHeader {
  std::uint64_t magic;
  std::uint32_t version, pid;
  std::uint64_t generation;
  std::uint32_t workers, seriesMax, histogramsMax, ringCells;
  std::uint64_t areaBytes;
  Half finished;
};

struct AreaHeader {
  Half seriesCount;
  alignas(64) Word ringHead;
  Word ringBegun;
  Word samples;  // counted
  Word samplesDropped;
  Word latenciesDropped;  // counted, but there was no histogram for it
  alignas(64) Word logTaken;
  Word logNext;     // number of the record there
  Word logDropped;  // records that were overwritten before anyone took them for the log, and that it does not know of
                    // yet
  Word looks;
  Word leftFrom, leftTo;
};
struct LogWords {
  std::uint64_t taken, next, dropped, looks, leftFrom, leftTo;
};
static_assert(sizeof(LogWords) == sizeof(AreaHeader) - offsetof(AreaHeader, logTaken) - 16);

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

inline constexpr std::size_t kCell = 64;
inline constexpr std::uint64_t kSegmentCells = 128;  // of the ring, for each of which there is a mark
inline constexpr std::size_t kTexts = 8;
// method, host, path, client, user agent, query, referer, request's id.
inline constexpr std::array<std::size_t, kTexts> kTextsBytesMax = {kNameBytesMax,    kTextBytesMax, kPathBytesMax,
                                                                   kNameBytesMax,    kTextBytesMax, kQueryBytesMax,
                                                                   kRefererBytesMax, kNameBytesMax};
struct PackedRecord {
  std::uint64_t number;  // from 0
  std::int64_t wallUs;
  std::uint8_t requestId[16];
  std::uint64_t clientHash, pathHash, latencyUs, attemptLatencyUs, upstreamUs, bytesIn, bytesOut;
  std::uint32_t series, attemptSeries;  // kNoSeries: none
  std::uint16_t status, attemptStatus, cells;
  std::uint8_t kind, outcome, flags, protocol, attempts, unused;
  std::uint16_t textBytes[kTexts];
};  // and then the texts, one after the other
enum Flag : std::uint8_t { kProbe = 1, kOverThreshold = 2, kAttemptAnswered = 4, kLogged = 8 };
static_assert(sizeof(PackedRecord) == 128 && alignof(PackedRecord) == 8);
inline constexpr std::uint64_t kRecordCellsMax =
    (std::accumulate(kTextsBytesMax.begin(), kTextsBytesMax.end(), sizeof(PackedRecord)) + kCell - 1) / kCell;
static_assert(kRecordCellsMax <= kSegmentCells);  // so that a segment that is whole has a record's begin

// Where things are in an area, and how large it is.
struct Places {
  std::uint64_t series = 0, slabStates = 0, texts = 0, textBytes = 0, slabs = 0, marks = 0, ring = 0, areaBytes = 0;
};
inline Places placesOf(std::uint32_t seriesMax, std::uint32_t histogramsMax, std::uint32_t ringCells) {
  const auto pages = [](std::uint64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; };
  Places places;
  places.series = kPage;
  places.slabStates = places.series + pages(std::uint64_t{seriesMax} * sizeof(SeriesEntry));
  places.texts = places.slabStates + pages(std::uint64_t{histogramsMax} * sizeof(SlabState));
  places.textBytes = pages(std::uint64_t{seriesMax} * kTextBytesPerSeries);
  places.slabs = places.texts + places.textBytes;
  places.marks = places.slabs + std::uint64_t{histogramsMax} * kSlabBytes;
  places.ring = places.marks + pages(ringCells / kSegmentCells * sizeof(Word));
  places.areaBytes = places.ring + pages(std::uint64_t{ringCells} * kCell);
  return places;
}

}  // namespace orbit::signal::layout
