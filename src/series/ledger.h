// What of each generation of the edge was counted already. Its counters are cumulative and outlive the daemon, so
// whoever knows what it counted up to now misses nothing and counts nothing twice, whenever it was killed: each tick's
// additions are one record in the file "progress", and what was counted is the sum of these records.
//
// Histograms need one thing more. The edge gives back the memory of idle ones, and a reader that begins later sees only
// what is in it now. So what is kept of them is the part that the edge still holds (`held`), against which the next
// daemon compares. Private to series. Thread rules: a plain value; no I/O.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "series/span.h"
#include "signal/signal.h"

namespace orbit::series {

// The items of a progress payload. kHeartbeat and kValue are Recorder's.
enum class Item : std::uint8_t { kDefine = 1, kAdd, kHeld, kSet, kDrops, kHeartbeat, kValue };

class Ledger {
 public:
  // Adds what the snapshot has more than was counted to `span`, and tells the same in `out`, an open progress payload.
  // False: something was not observed (a counter went back, too many series).
  bool take(const signal::Snapshot& snapshot, Span& span, Packer& out);
  // A generation's past that is no traffic of ours.
  void skip(const signal::Snapshot& snapshot);
  // Whoever is not among these is gone and comes no more.
  void keepOnly(const std::vector<std::uint64_t>& generations);
  bool empty() const { return generations_.empty(); }
  // All of it, to begin a file with. Numbers it anew: what is told from now on makes sense behind this only.
  void writeAll(Packer& out);

  // The inverse of what was told, item by item: it is counted, and added to `span` unless that is null. False:
  // nonsense.
  bool replay(Item item, Unpacker& in, Span* span);

 private:
  struct Counted {
    signal::Key key;
    std::uint32_t id = 0;
    signal::Counters counters;
    signal::Histogram latency;  // as the last snapshot had it; until this process saw one, what the edge holds of it
    signal::Histogram given;    // the part of it that the edge gave back
    bool seen = false;          // by this process
    signal::Histogram held() const { return given.count() == 0 ? latency : latency.since(given); }
  };
  struct Generation {
    std::vector<Counted> series;
    std::unordered_map<std::string, std::uint32_t> indexOf;  // by packed key
    std::vector<std::uint32_t> bySnapshot;                   // place in the reader's snapshots → ours
    std::uint64_t samplesDropped = 0, latenciesDropped = 0;
  };
  Counted* counted(std::uint64_t number, Generation& generation, const signal::SeriesTotals& now, std::size_t place,
                   Packer& out);
  bool takeOne(Counted& before, const signal::SeriesTotals& now, Span* span, Packer& out);
  bool takeAll(const signal::Snapshot& snapshot, Span* span, Packer& out);
  Counted* byId(std::uint64_t id);
  bool define(Unpacker& in);

  std::map<std::uint64_t, Generation> generations_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> places_;  // by id: generation and index
  std::size_t series_ = 0;
};

}  // namespace orbit::series
