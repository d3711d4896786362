#include "verdict/watch.h"

#include <algorithm>
#include <cmath>

#include "verdict/reference.h"

namespace orbit::verdict {
namespace {

constexpr double kShareTickS = 0.2, kPromotedTickS = 1;  // short where it matters, long where it saves time

// When the old release fails a fifth of its requests, and three times what it does otherwise, it is a fault of both and
// nobody's release (decision 22, and acceptance of the paused database): such moments must not count against a release,
// so a test that must find it cannot count them either. What the simulator calls a blip was never counted.
constexpr double kSharedRate = 0.2, kSharedTimes = 3;

double onMargin(double old) {
  return std::max(2 * old, old + 0.005);
}

// At most the margin.
double within(double old, Chance& chance) {
  const double kind = chance.uniform();
  if (kind < 0.3) return old;
  if (kind < 0.55) return old * chance.between(0.1, 1);
  if (kind < 0.8) return chance.between(old, onMargin(old));
  return onMargin(old);
}

Truth anyTruth(std::uint64_t number, Chance& chance) {
  Truth truth;
  truth.weather = static_cast<Weather>(number % kWeathers);
  truth.rps = chance.logBetween(1, 2'000);
  const std::uint64_t routes = chance.happens(0.6) ? 1 : 2 + chance.below(3);
  double sum = 0;
  for (std::uint64_t at = 0; at < routes; ++at) {
    RouteTruth route;
    route.share = chance.between(0.1, 1);
    sum += route.share;
    route.oldRate = route.rate = chance.logBetween(0.0001, 0.05);
    route.medianUs = chance.logBetween(3'000, 300'000);
    route.spread = chance.between(0.3, 1.2);
    route.oldRefused = route.refused = chance.logBetween(0.001, 0.2);
    truth.routes.push_back(route);
  }
  for (RouteTruth& route : truth.routes) route.share /= sum;
  truth.coldTimes = chance.happens(0.3) ? chance.logBetween(0.5, 8) : 0;
  truth.addsFailures = chance.happens(0.5);
  return truth;
}

Expected expectedFailures(const RouteTruth& route, const World& world, double rps, double fromS, double toS,
                          Stage stage) {
  Expected expected;
  double margin = 0;
  const double fresh = rps * route.share * World::shareOf(stage), old = rps * route.share - fresh;
  for (double at = fromS; at + 0.5 < toS; ++at) {
    const World::Rates rates = world.ratesAt(route, at);
    if (rates.old >= kSharedRate && rates.old >= kSharedTimes * route.oldRate) continue;
    expected.fresh += fresh * rates.fresh / world.clusterWeight();
    expected.old += old * rates.old / world.clusterWeight();
    margin += fresh * onMargin(rates.old) / world.clusterWeight();
  }
  expected.marginOdds = expected.old > 0 ? margin / expected.old : 0;
  return expected;
}

// The share of answers later than a time, pauses and all.
double later(const RouteTruth& route, const World& world, double us, double slower, double tailSlower) {
  const auto share = [&](double mark) {
    if (mark <= 0) return 1.0;
    const auto beyond = [&](double times) { return std::log(mark / route.medianUs / times) / route.spread; };
    const double tailZ = Chance::quantile(0.95), tail = std::max(tailZ, beyond(slower * tailSlower));
    return Chance::above(tail) + std::max(0.0, Chance::above(beyond(slower)) - Chance::above(tailZ));
  };
  const double paused = world.pausedShare();
  if (paused == 0) return share(us);
  constexpr int kSteps = 20;
  double sum = 0;
  for (int at = 0; at < kSteps; ++at) sum += share(us - world.pauseUs() * (at + 0.5) / kSteps);
  return (1 - paused) * share(us) + paused * sum / kSteps;
}

// The time a share of 1 - quantile is later than.
double quantileUs(const RouteTruth& route, const World& world, double quantile, double slower, double tailSlower) {
  double low = 1, high = 1e9;
  for (int at = 0; at < 60; ++at) {
    const double middle = std::sqrt(low * high);
    (later(route, world, middle, slower, tailSlower) > 1 - quantile ? low : high) = middle;
  }
  return low;
}

// Hits of one pause come together and count as one.
Expected expectedSlow(const RouteTruth& route, const Truth& truth, const World& world, double quantile, double seconds,
                      Stage stage, const Policy& policy) {
  const double fresh = truth.rps * route.share * World::shareOf(stage), old = truth.rps * route.share - fresh;
  const double markUs = quantileUs(route, world, quantile, 1, 1);
  const double toleratedUs = std::max(markUs * policy.slowTimes, markUs + policy.slowUs);
  const double late = later(route, world, toleratedUs, truth.slower, truth.tailSlower);
  const double ofPauses = std::min(1.0, world.pausedShare() / late);
  const double together = 1 + ofPauses * std::max(0.0, fresh * world.pauseUs() / 1e6 - 1);
  return {fresh * seconds * late / together, old * seconds * (1 - quantile) / together, fresh / old};
}

// Whether p99 really is at least 1.5 x the old one: with long pauses a slower tail below them is no slower p99.
bool isSlow(const RouteTruth& route, const Truth& truth, const World& world) {
  return quantileUs(route, world, 0.99, truth.slower, truth.tailSlower) >=
         1.4999 * quantileUs(route, world, 0.99, 1, 1);
}

}  // namespace

const char* badnessName(Badness badness) {
  constexpr std::array<const char*, kBadnesses> names = {"some fail", "all fail", "one route fails", "all slower",
                                                         "p99 slower"};
  return names[static_cast<std::size_t>(badness)];
}

Badness badnessOf(std::uint64_t number) {
  return static_cast<Badness>(number / kWeathers % kBadnesses);
}

Truth goodTruth(std::uint64_t number, Chance& chance) {
  Truth truth = anyTruth(number, chance);
  for (RouteTruth& route : truth.routes) {
    route.rate = within(route.oldRate, chance);
    route.refused = within(route.oldRefused, chance);
  }
  const double kind = chance.uniform();
  truth.slower = kind < 0.4 ? 1 : kind < 0.6 ? chance.between(0.5, 1) : kind < 0.8 ? chance.between(1, 1.2) : 1.2;
  return truth;
}

Truth badTruth(std::uint64_t number, Chance& chance) {
  Truth truth = anyTruth(number, chance);
  truth.bad = true;
  const double when = chance.uniform();
  truth.badFromS = when < 0.6 ? 0 : when < 0.85 ? chance.between(1, 55) : chance.between(60, 400);
  const Badness badness = badnessOf(number);
  const double strength = chance.happens(0.5) ? chance.between(1, 1.5) : chance.logBetween(1, 10);
  for (RouteTruth& route : truth.routes) {
    route.goodRate = route.oldRate;
    const double bad = std::max(3 * route.oldRate, route.oldRate + 0.01) * strength;
    if (badness == Badness::kSomeFail) route.rate = std::min(1.0, bad);
    if (badness == Badness::kAllFail) route.rate = 1;
    if (badness == Badness::kOneRouteFails && &route == &truth.routes.front()) route.rate = std::min(1.0, bad);
  }
  const double slower = 1.5 * (chance.happens(0.5) ? chance.between(1, 1.3) : chance.logBetween(1, 4));
  if (badness == Badness::kSlow) truth.slower = slower;
  if (badness == Badness::kSlowTail) truth.tailSlower = slower;
  return truth;
}

Seen watch(const Truth& truth, Chance& chance, const Policy& policy) {
  World world(truth, chance);
  Judge judge(policy, {"r12", "r11"});
  Seen seen;
  std::uint64_t before = 0;
  for (;;) {
    const bool share = judge.stage() == Stage::kShare;
    const double now = world.now();
    if (now < truth.badFromS) before = judge.fresh().failures;
    const Decision decision = judge.step(world.tick(share ? kShareTickS : kPromotedTickS, judge.stage()));
    seen.sharedFault = seen.sharedFault || decision.sharedFault;
    seen.confidence = decision.confidence;
    if (decision.action == Action::kKeepWatching) continue;
    if (decision.action == Action::kPromote) {
      judge.promoted();
      seen.promoted = true;
      seen.promotedAtS = world.now();
      continue;
    }
    seen.takenBack = decision.action == Action::kRollBack;
    seen.atS = world.now() - truth.badFromS;
    seen.failures = judge.fresh().failures - before;
    if (!decision.reasons.empty()) seen.why = decision.reasons.front();
    return seen;
  }
}

double powerFor(const Truth& truth, const World& world, const Policy& policy) {
  double power = 0;
  const auto look = [&](const Expected& expected) {
    power = std::max(power, fixedSamplePower(expected, policy.budget));
  };
  const double warmS = policy.warmUpS - World::kBornS;
  for (const Stage stage : {Stage::kShare, Stage::kPromoted}) {
    const double beginS = stage == Stage::kShare ? 0 : policy.shareMaxS;
    const double endS = policy.shareMaxS + (stage == Stage::kShare ? 0 : policy.settleS);
    const double fromS = std::max(beginS, truth.badFromS);
    for (const RouteTruth& route : truth.routes) {
      if (route.rate > route.oldRate) look(expectedFailures(route, world, truth.rps, fromS, endS, stage));
      if ((truth.slower <= 1 && truth.tailSlower <= 1) || !isSlow(route, truth, world)) continue;
      const double seconds = std::max(0.0, endS - std::max(fromS, warmS));
      for (const double quantile : kSlowQuantiles) {
        if (seconds > 0) look(expectedSlow(route, truth, world, quantile, seconds, stage, policy));
      }
    }
  }
  return power;
}

}  // namespace orbit::verdict
