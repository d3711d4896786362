// The door of observe: signals into windows per release. The core is pure: snapshots in, windows out; whoever has a
// clock calls it each tick. Verdicts read attempts, objectives read requests (decision 14). Thread rules: one thread.
#pragma once
#include <cstdint>
#include <map>
#include <string>
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
  bool gap = false;  // part of it was not observed: drops, a generation that vanished
};

class Windows {
 public:
  struct Limits {
    std::size_t ticksMax = 3600;
    std::size_t seriesMax = 20'000;
  };
  explicit Windows(Limits limits);
  // Totals of one generation at `wallUs`; several generations at once while an old edge drains. Counters that went
  // back, or a generation that is gone, count from zero and mark a gap, never as negative.
  void take(const signal::Snapshot& snapshot, std::int64_t wallUs);
  void endTick(std::int64_t wallUs);
  // Sums over the last `ticks` whole ticks. A filter's empty part matches anything; the result's key keeps the parts
  // asked for.
  struct Filter {
    signal::Key::Kind kind = signal::Key::Kind::kRequest;
    std::string route, service, release, instance;
  };
  Window sum(const Filter& filter, std::size_t ticks) const;
  // The same, one window for each release of a service seen in that time.
  std::vector<Window> byRelease(const std::string& service, signal::Key::Kind kind, std::size_t ticks) const;

 private:
  struct Tick;
  Limits limits_;
  std::vector<Tick> ticks_;
  std::map<std::uint64_t, signal::Snapshot> last_;  // by generation
};

}  // namespace orbit::observe
