#include "verdict/world.h"

#include <algorithm>
#include <cmath>

namespace orbit::verdict {
namespace {

constexpr double kWatchS = 660;
constexpr double kTailZ = 1.6449;  // the slowest twentieth begins here
constexpr std::size_t kBins = 64;

// Where the standard normal distribution is cut so that many draws become a few: finer towards the slow end.
struct Bins {
  std::array<double, kBins + 1> share{};  // of what is faster
  std::array<double, kBins> ofTheRest{};  // chance to be in it for what is not in a slower one
  Bins() {
    for (std::size_t at = 0; at <= kBins; ++at) {
      const double left = 1 - static_cast<double>(at) / kBins;
      share[at] = 1 - left * left;
    }
    for (std::size_t at = 0; at < kBins; ++at) {
      ofTheRest[at] = (share[at + 1] - share[at]) / share[at + 1];
    }
  }
};

}  // namespace

const char* weatherName(Weather weather) {
  constexpr std::array<const char*, kWeathers> names = {"calm",  "bursts", "clusters", "storms",
                                                        "blips", "drift",  "pauses",   "all at once"};
  return names[static_cast<std::size_t>(weather)];
}

World::World(const Truth& truth, Chance& chance) : truth_(truth), chance_(chance) {
  if (has(Weather::kBursts)) {
    for (double at = chance.between(0, 60); at < kWatchS; at += chance.logBetween(5, 300)) {
      bursts_.push_back({at, at + chance.logBetween(0.5, 30), chance.logBetween(2, 50)});
    }
  }
  if (has(Weather::kBlips)) {
    for (double at = chance.between(0, 90); at < kWatchS; at += chance.logBetween(30, 600)) {
      blips_.push_back({at, at + chance.logBetween(0.5, 40), chance.happens(0.3) ? 1 : chance.logBetween(0.03, 1)});
    }
  }
  if (truth.pausedFromS > 0) blips_.push_back({truth.pausedFromS, truth.pausedFromS + kPausedS, 1});
  if (has(Weather::kDrift)) {
    driftFailures_ = std::log(chance.logBetween(0.1, 10));
    driftSlower_ = std::log(chance.logBetween(0.4, 2.5));
  }
  if (has(Weather::kClusters)) clusterMean_ = chance.logBetween(1.5, 12);
  if (has(Weather::kStorms)) stormMean_ = chance.logBetween(2, 100);
  if (has(Weather::kPauses)) {
    pauseEveryS_ = chance.logBetween(3, 60);
    pauseS_ = chance.logBetween(0.03, 0.3);
  }
}

World::Moment World::momentAt(double atS) const {
  Moment now;
  for (const Episode& burst : bursts_) {
    if (burst.fromS <= atS && atS < burst.toS) now.times *= burst.strength;
  }
  for (const Episode& blip : blips_) {
    if (blip.fromS <= atS && atS < blip.toS) {
      now.add = std::max(now.add, blip.strength);
      now.slower *= 1 + 2 * blip.strength;
    }
  }
  const double drift = atS / kWatchS;
  now.times *= std::exp(driftFailures_ * drift);
  now.slower *= std::exp(driftSlower_ * drift);
  return now;
}

// The rate of failures at this moment. What is within the margin stays so when the old release's rate moves, and what
// is bad stays bad.
double World::rateOf(const RouteTruth& route, bool fresh, double times, double atS) const {
  const double old = std::min(1.0, route.oldRate * times);
  if (!fresh) return old;
  if (truth_.exact) return std::min(1.0, route.rate * times);
  if (truth_.bad && atS >= truth_.badFromS && route.rate > route.oldRate) {
    return std::min(1.0, std::max({route.rate / route.oldRate * old, 3 * old, old + 0.01}));
  }
  const double good = truth_.bad ? route.goodRate : route.rate;
  const bool adds = good > route.oldRate && truth_.addsFailures;
  const double rate = adds ? old + good - route.oldRate : good / route.oldRate * old;
  return std::min({rate, std::max(2 * old, old + 0.005), 1.0});
}

World::Rates World::ratesAt(const RouteTruth& route, double atS) const {
  const Moment at = momentAt(atS);
  return {rateOf(route, true, at.times, atS), rateOf(route, false, at.times, atS)};
}

// How many fail; with clusters, the same number on average.
std::uint64_t World::failures(std::uint64_t count, double rate) {
  if (clusterMean_ <= 1) return chance_.binomial(count, rate);
  const std::uint64_t clusters = chance_.poisson(static_cast<double>(count) * rate / clusterMean_);
  std::uint64_t failed = 0;
  for (std::uint64_t at = 0; at < clusters; ++at) failed += chance_.geometric(clusterMean_);
  return failed;
}

void World::latencies(Side& side, const RouteTruth& route, std::uint64_t count, bool fresh, const Moment& now,
                      double paused) {
  static const Bins bins;
  const bool worse = fresh && (!truth_.bad || nowS_ >= truth_.badFromS);
  double scale = route.medianUs * now.slower * (worse ? truth_.slower : 1);
  if (fresh) scale *= 1 + truth_.coldTimes * std::exp(-(nowS_ + kBornS) / 8);
  const double tail = worse ? truth_.tailSlower : 1;
  const auto add = [&](double z, std::uint64_t many) {
    const double us = scale * std::exp(route.spread * z) * (z > kTailZ ? tail : 1);
    side.latency.add(static_cast<std::uint64_t>(us), many);
  };
  const std::uint64_t inPause = chance_.binomial(count, paused);
  for (std::uint64_t at = 0; at < inPause; ++at) {
    const double us = scale * std::exp(route.spread * chance_.normal()) + pauseS_ * chance_.uniform() * 1e6;
    side.latency.add(static_cast<std::uint64_t>(us), 1);
  }
  std::uint64_t left = count - inPause;
  if (left <= 2 * kBins) {
    for (; left > 0; --left) add(chance_.normal(), 1);
    return;
  }
  for (std::size_t at = kBins; at-- > 0 && left > 0;) {
    const std::uint64_t here = at == 0 ? left : chance_.binomial(left, bins.ofTheRest[at]);
    if (here == 0) continue;
    add(Chance::quantile(chance_.between(bins.share[at], bins.share[at + 1])), here);
    left -= here;
  }
}

void World::requests(Side& side, const RouteTruth& route, std::uint64_t count, bool fresh, const Moment& now,
                     double seconds) {
  const std::uint64_t blipped = chance_.binomial(count, now.add);
  const std::uint64_t own = failures(count - blipped, rateOf(route, fresh, now.times, nowS_));
  const std::uint64_t answered = count - std::min(count, blipped + own);
  if (stormMean_ > 1) {
    for (std::uint64_t at = 0; at < own; ++at) side.repeats += chance_.geometric(stormMean_) - 1;
  }
  side.failures[static_cast<std::size_t>(Failure::kTimeout)] = blipped;
  side.failures[static_cast<std::size_t>(Failure::kStatus)] = own + side.repeats;
  side.attempts = answered + side.failed();
  side.refused = chance_.binomial(answered, fresh ? route.refused : route.oldRefused);
  side.good = answered - side.refused;
  double paused = 0;
  if (pauseEveryS_ > 0) {
    // The old release has two instances, the new one has one; each stops by itself.
    const int instances = fresh ? 1 : 2;
    for (int at = 0; at < instances; ++at) {
      if (chance_.happens(1 - std::exp(-seconds / pauseEveryS_)))
        paused += std::min(1.0, pauseS_ / seconds) / instances;
    }
  }
  latencies(side, route, answered, fresh, now, paused);
}

Tick World::tick(double seconds, Stage stage) {
  Tick tick;
  tick.seconds = seconds;
  tick.old.count = 2;
  tick.fresh.count = 1;
  tick.fresh.youngestS = nowS_ + kBornS;
  const Moment now = momentAt(nowS_);
  for (std::size_t at = 0; at < truth_.routes.size(); ++at) {
    const RouteTruth& truth = truth_.routes[at];
    const double requestsMean = truth_.rps * truth.share * seconds;
    RouteTick route;
    route.route = "r" + std::to_string(at);
    const double share = shareOf(stage);
    const std::uint64_t fresh = chance_.poisson(requestsMean * share);
    const std::uint64_t old = chance_.poisson(requestsMean * (1 - share));
    if (fresh + old == 0) continue;
    requests(route.fresh, truth, fresh, true, now, seconds);
    requests(route.old, truth, old, false, now, seconds);
    tick.routes.push_back(std::move(route));
  }
  nowS_ += seconds;
  return tick;
}

}  // namespace orbit::verdict
