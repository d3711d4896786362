// A simulated watch: the truth about two releases and the traffic, and the ticks a daemon would see of it. All of it
// follows from the seed. Thread rules: one owner.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "verdict/chance.h"
#include "verdict/verdict.h"

namespace orbit::verdict {

// What the weather is like. Each hits both releases by the same law; the first six are what good releases live in.
enum class Weather : std::uint8_t {
  kCalm,      // independent failures
  kBursts,    // times of many failures, at both
  kClusters,  // failures come in handfuls in one moment, at one of them
  kStorms,    // clients that try a failing path again and again
  kBlips,     // something both need fails for seconds: up to all requests
  kDrift,     // failures and latency go up or down over the watch, at both
  kPauses,    // instances stop for 30 to 300 ms now and then (garbage collection)
  kAll,
};
inline constexpr std::size_t kWeathers = 8;
const char* weatherName(Weather weather);

struct RouteTruth {
  double share = 1;                        // of the traffic
  double oldRate = 0.001, rate = 0.001;    // of failures; `rate` from the time the release turns bad, if it is
  double goodRate = 0.001;                 // before
  double medianUs = 20'000, spread = 0.5;  // lognormal
  double oldRefused = 0.02, refused = 0.02;
};

struct Truth {
  Weather weather = Weather::kCalm;
  double rps = 200;
  std::vector<RouteTruth> routes;
  double slower = 1, tailSlower = 1;  // the new release's latency, and of its slowest twentieth
  double coldTimes = 0;               // how much slower it is when it starts
  double badFromS = 0;                // when it turns bad
  double pausedFromS = 0;             // when what both need stops for kPausedS; 0: never
  bool bad = false;
  bool exact = false;         // the rate as it stands, good or bad
  bool addsFailures = false;  // what it fails more often is a number of points, not a factor
};

class World {
 public:
  World(const Truth& truth, Chance& chance);
  Tick tick(double seconds, Stage stage);
  double now() const { return nowS_; }
  // The truth at a moment: rates of failures, without what is the fault of neither.
  struct Rates {
    double fresh, old;
  };
  Rates ratesAt(const RouteTruth& route, double atS) const;
  // By how much more the number of failures varies than that of independent ones: E[s^2] / E[s] of clusters of s. They
  // are geometric: with the mean instead, a test would be wrong more often than its alpha.
  double clusterWeight() const { return 2 * clusterMean_ - 1; }
  double pausedShare() const { return pauseEveryS_ > 0 ? std::min(0.5, pauseS_ / pauseEveryS_) : 0; }
  double pauseUs() const { return pauseS_ * 1e6; }
  // Share of requests that go to the new release.
  static double shareOf(Stage stage) { return stage == Stage::kShare ? 0.1 : 0.9; }
  static constexpr double kPausedS = 30;
  static constexpr double kBornS = 5;  // how old the new release's instances are when it gets its first request

 private:
  struct Moment {
    double add = 0, times = 1, slower = 1;  // at both: more failures, times as many, times as slow
  };
  struct Episode {
    double fromS, toS, strength;
  };
  bool has(Weather weather) const { return truth_.weather == weather || truth_.weather == Weather::kAll; }
  Moment momentAt(double atS) const;
  void requests(Side& side, const RouteTruth& route, std::uint64_t count, bool fresh, const Moment& now,
                double seconds);
  double rateOf(const RouteTruth& route, bool fresh, double times, double atS) const;
  std::uint64_t failures(std::uint64_t count, double rate);
  void latencies(Side& side, const RouteTruth& route, std::uint64_t count, bool fresh, const Moment& now,
                 double paused);

  const Truth truth_;
  Chance& chance_;
  double nowS_ = 0;
  std::vector<Episode> bursts_, blips_;
  double driftFailures_ = 0, driftSlower_ = 0;  // logarithms, over a whole watch
  double clusterMean_ = 1, stormMean_ = 1;
  double pauseEveryS_ = 0, pauseS_ = 0;
};

}  // namespace orbit::verdict
