// One route of a service under watch: gathers ticks into moments that both releases took part in, with the marks that
// "slow" is measured by, and keeps what it saw. Thread rules: a plain value.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "verdict/bets.h"
#include "verdict/evidence.h"
#include "verdict/policy.h"

namespace orbit::verdict {

// A rate as it usually is: of the last minutes, moments of shared faults left out.
class Usual {
 public:
  void add(double count, double hits, double seconds);
  // Whether so many hits are far more than usual.
  bool exceeded(double count, double hits) const;

 private:
  double count_ = 0, hits_ = 0;
};

// What one release did since the watch began, for people and for JSON.
struct Total {
  std::uint64_t attempts = 0, failures = 0, refused = 0, good = 0;  // repeats and gaps left out
  std::uint64_t aborted = 0;                                        // not among the attempts
  std::array<std::uint64_t, kFailureKinds> byKind{};
  signal::Histogram latency;
  void add(const Side& side);
};

class Route {
 public:
  Route(const Policy& policy, unsigned number);
  struct Circumstances {
    double seconds = 0;
    bool warmingUp = false;  // an instance of the new release is young
    double slowTimes = 1;    // a quantile within this many times the old release's is no reason
    bool excused = false;    // what the service depends on is not well
  };
  // A whole moment when there is one.
  std::optional<Moments> add(const RouteTick& tick, const Circumstances& circumstances, const Policy& policy);
  void newStage();  // shares change: what is half gathered is dropped, and sums begin anew

  Bets bets;
  double share;      // of the coin: routes get less the later they came
  Total fresh, old;  // of the stage

 private:
  void cut();
  void gather(const RouteTick& tick, const Circumstances& circumstances, const Policy& policy);
  bool whole() const;
  Moments close();
  void remember(const signal::Histogram& latency);

  // What later than these is slow, us, for the old release; 0 where too little is known. Taken from answers before the
  // moment, so that the moment itself has no say.
  std::array<std::uint64_t, kSlowQuantiles.size()> marks_{};
  std::uint64_t leftMark_ = 0;         // a client that left later than this had waited too long
  signal::Histogram recent_, before_;  // the old release's latencies: of now, and of the time before
  std::uint64_t known_ = 0;            // how many there were when the marks were set
  bool answersWell_ = false;           // the old release answered 2xx here

  Moments gathered_{};
  double gatheredS_ = 0;
  bool excused_ = false;  // in some part of it
  Usual usualFailures_;
  std::array<Usual, kSlowQuantiles.size()> usualSlow_;
};

}  // namespace orbit::verdict
