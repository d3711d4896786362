// What a verdict is made of: what two releases of one service did in one tick. Thread rules: plain values.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "signal/signal.h"

namespace orbit::verdict {

// How an attempt failed. Shielded ones (another release answered instead) are among them: nothing hides a failure.
enum class Failure : std::uint8_t {
  kStatus,   // a 5xx answer
  kConnect,  // refused or no connection
  kTimeout,
  kReset,   // closed or malformed before a whole head
  kBroken,  // the answer was cut off
  kOther,   // shielded, and nobody knows how
};
inline constexpr std::size_t kFailureKinds = 6;
std::string_view failureText(Failure failure);  // "HTTP 5xx", "connection refused", …

// The attempts at one release in one tick; Orbit's own probes are not among them.
struct Side {
  std::uint64_t attempts = 0;  // ended in this tick, however they ended
  std::array<std::uint64_t, kFailureKinds> failures{};
  // Of the failures those that repeat an earlier one: the same client failed on the same path before and has had no
  // other answer since (Repeats tells, from signal records). They count nowhere. Nothing to tell by: 0.
  std::uint64_t repeats = 0;
  std::uint64_t good = 0;     // 2xx and 3xx
  std::uint64_t refused = 0;  // 4xx
  std::uint64_t aborted = 0;  // the client went away first
  signal::Histogram latency;  // us, of whole answers
  // After how long clients went away, us, from signal records; may be empty. One later than the old release's p99
  // counts as slow, one that waited 20 times that and two seconds as failed.
  signal::Histogram aborts;

  std::uint64_t failed() const;
  void merge(const Side& other);
};

// From the totals of one tick of attempts, as observe::Window has them. `repeats` and `aborts` are the caller's to add.
Side sideOf(const signal::Counters& counters, const signal::Histogram& latency);

// One route (or one service without routes) in one tick.
struct RouteTick {
  std::string route;
  Side old, fresh;   // `old` is empty where no control is kept
  bool gap = false;  // part of it was not observed: it is not weighed, and counted as seen only
};

// What was seen of a release's instances, without traffic.
struct Instances {
  unsigned count = 0;      // that should run
  unsigned failing = 0;    // whose own probe fails now, by its rise and fall
  unsigned exits = 0;      // in this tick, by themselves; not those that Orbit stopped
  unsigned oomKills = 0;   // in this tick; they are exits as well
  double youngestS = 1e9;  // how long the youngest one has run
};

// One tick of a watch. 0.2 s is a good length; anything up to some seconds works, and it may change.
struct Tick {
  double seconds = 0.2;
  std::vector<RouteTick> routes;    // those with traffic
  Instances old, fresh;             // old.count 0: there is no old release any more
  bool dependenciesHealthy = true;  // of what the service depends on, as far as Orbit probes it
};

}  // namespace orbit::verdict
