// The door of observe: signals into windows per release. The core is pure: snapshots in, windows out; whoever has a
// clock calls it each tick. Verdicts read attempts, objectives read requests (decision 14). Thread rules: one thread.
//
// Each tick: take() the snapshot of every generation there is, then endTick(). What a generation counted before the
// first tick is its past and no traffic of ours; one that appears later counts from zero.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/base.h"
#include "signal/signal.h"

namespace orbit::observe {

// What happened in one tick, or a sum of ticks, to one series.
struct Window {
  signal::Key key;
  std::int64_t fromUs = 0, toUs = 0;  // wall time
  signal::Counters counters;
  signal::Histogram latency;
  // Part of it was not observed: samples were dropped, a generation could not be read or began anew, or the window is
  // older than what is kept.
  bool gap = false;
};

class Windows {
 public:
  struct Limits {
    std::size_t ticksMax = 3600;
    std::size_t seriesMax = 20'000;             // with traffic in the ticks that are kept
    std::size_t bytesMax = 64UL * 1024 * 1024;  // of ticks; the oldest go first
  };
  explicit Windows(Limits limits);
  // Totals of one generation; several generations at once while an old edge drains. Counters that went
  // back count from zero and mark a gap, never as negative; so does a generation that is not taken in a tick, unless it
  // was finished. It may come back and is then counted from where it was.
  void take(signal::Snapshot snapshot);
  // In this tick, nothing was added to what was taken of it last. False: it never was, take() it.
  bool unchanged(std::uint64_t generation);
  // The writer of this generation is dead and its last totals were taken: that it comes no more is no gap.
  void forget(std::uint64_t generation);
  void endTick(std::int64_t wallUs);
  // Sums over the last `ticks` whole ticks. A filter's empty part matches anything; the result's key keeps the parts
  // asked for.
  struct Filter {
    signal::Key::Kind kind = signal::Key::Kind::kRequest;
    std::string route, service, release, instance;
  };
  Window sum(const Filter& filter, std::size_t ticks) const;
  // The same, one window for each release of a service seen in that time, by release; of the last tick alone it is what
  // a verdict's evidence is made of.
  std::vector<Window> byRelease(const std::string& service, signal::Key::Kind kind, std::size_t ticks) const;

  // Any other grouping: one window for each name that `nameOf` gives; "" leaves a series out.
  using NameOf = std::function<std::string(const signal::Key&)>;
  std::map<std::string, Window> grouped(const NameOf& nameOf, std::size_t ticks) const;

  std::size_t ticks() const { return ticks_.size(); }
  // How many of the last ticks ended after this moment.
  std::size_t ticksSince(std::int64_t wallUs) const;
  std::size_t bytes() const { return bytes_; }
  std::size_t series() const { return indexOf_.size(); }

 private:
  // One tick, or the sum of a whole block of them.
  struct Span {
    struct Entry {
      std::uint32_t series;
      std::uint32_t cellsEnd;  // its cells begin where those of the entry before end
      std::uint32_t present;   // a bit for each number of its counters that is not zero: few are
    };
    std::int64_t fromUs = 0, toUs = 0;
    bool gap = false;
    std::vector<Entry> entries;
    std::vector<std::uint32_t> cells;  // bucket and count in one word
    std::vector<std::uint64_t> numbers;
    std::size_t bytes() const;
    // Calls visit(entry, counters, from): its cells are those of `cells` from there to entry.cellsEnd.
    template <class Visit>
    void each(Visit&& visit) const;
  };
  struct Sum {
    signal::Counters counters;
    signal::Histogram latency;
  };
  struct Generation {
    signal::Snapshot last;
    std::size_t missed = 0;  // ticks since it was taken
  };
  static constexpr std::int32_t kNoGroup = -1;

  void add(const signal::SeriesTotals& now, const signal::SeriesTotals* before);
  std::uint32_t indexOf(const signal::Key& key, bool& known);
  void close(std::map<std::uint32_t, Sum>& sums, Span& span) const;
  void sumBlock();
  void dropOldest();
  // Adds the last `ticks` ticks to the windows of their groups (by series index); returns which windows had any.
  std::vector<std::uint8_t> collect(std::size_t ticks, const std::vector<std::int32_t>& groups,
                                    std::vector<Window>& windows) const;
  static void addSpan(const Span& span, const std::vector<std::int32_t>& groups, std::vector<Window>& windows,
                      std::vector<std::uint8_t>& seen);

  Limits limits_;
  std::deque<Span> ticks_, blocks_;
  std::uint64_t firstTick_ = 0, firstBlock_ = 0;  // numbers of the front ones
  std::size_t bytes_ = 0;
  std::map<std::uint32_t, Sum> open_;  // the tick that is not over
  bool openGap_ = false, begun_ = false;
  std::int64_t lastEndUs_ = 0;
  std::map<std::uint64_t, Generation> generations_;
  std::vector<signal::Key> keys_;    // by series index; slots are used again
  std::vector<std::uint32_t> uses_;  // ticks that have it
  std::vector<std::uint32_t> freeKeys_;
  std::unordered_map<std::string, std::uint32_t> indexOf_;
};

}  // namespace orbit::observe
