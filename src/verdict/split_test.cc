#include "verdict/split.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/base.h"

namespace orbit::verdict {
namespace {

double binomial(int count, int hits, double p) {
  if (p <= 0) return hits == 0 ? 1 : 0;
  if (p >= 1) return hits == count ? 1 : 0;
  return std::exp(std::lgamma(count + 1.0) - std::lgamma(hits + 1.0) - std::lgamma(count - hits + 1.0) +
                  hits * std::log(p) + (count - hits) * std::log1p(-p));
}

// What the purse is worth on average after one more moment, over all that can happen in it.
double expectedWorth(const Split& split, int fresh, double freshRate, int old, double oldRate) {
  double sum = 0;
  for (int f = 0; f <= fresh; ++f) {
    for (int o = 0; o <= old; ++o) {
      Split next = split;
      next.add({{static_cast<double>(fresh), static_cast<double>(f), static_cast<double>(old), static_cast<double>(o),
                 0, false}});
      sum += binomial(fresh, f, freshRate) * binomial(old, o, oldRate) * next.worth();
    }
  }
  return sum;
}

TEST(Split, GainsNothingOnAverageWithinTheMargin) {
  const Split split({2, 0.005}, 1e9, 600);
  for (const auto& [fresh, old] : {std::pair{4, 36}, {36, 4}, {1, 9}, {20, 20}}) {
    for (const double rate : {0.0, 0.0001, 0.001, 0.004, 0.005, 0.01, 0.05, 0.3, 0.5}) {
      const double margin = std::min(1.0, std::max(2 * rate, rate + 0.005));
      EXPECT_LE(expectedWorth(split, fresh, margin, old, rate), split.worth() * (1 + 1e-9)) << fresh << " " << rate;
      EXPECT_LE(expectedWorth(split, fresh, rate, old, rate), split.worth() * (1 + 1e-9)) << fresh << " " << rate;
    }
  }
}

TEST(Split, GainsNothingOnAverageWhenHitsAreThoughtToCluster) {
  Split split({1, 0}, 1e9, 600);
  for (int at = 0; at < 20; ++at) split.add({{4, at % 5 == 0 ? 4.0 : 0.0, 36, at % 5 == 2 ? 30.0 : 0.0, 0.2, false}});
  for (const double rate : {0.001, 0.1, 0.5, 0.9}) {
    EXPECT_LE(expectedWorth(split, 4, rate, 36, rate), split.worth() * (1 + 1e-9)) << rate;
  }
}

TEST(Split, GrowsWhenFailuresAreTheNewReleasesAlone) {
  Split split({2, 0.005}, 15, 600);
  for (int at = 0; at < 9; ++at) split.add({{20, 1, 180, 0, 1, false}});
  EXPECT_GT(split.worth(), 500);
}

TEST(Split, OneMomentIsOnePieceOfEvidence) {
  Split split({2, 0.005}, 15, 600);
  split.add({{400, 400, 3600, 0, 0.2, false}});
  EXPECT_LE(split.worth(), 15);
}

TEST(Split, ASharedFaultCannotGain) {
  Split split({2, 0.005}, 15, 600);
  const double before = split.worth();
  split.add({{20, 20, 180, 60, 0, true}});
  EXPECT_LE(split.worth(), before);
}

TEST(Split, ARateThatDriftsThroughTheMarginsJointIsNoReason) {
  // Just within the margin all the time: first by points, then by times.
  Split split({2, 0.005}, 15, 600);
  for (int at = 0; at < 200; ++at) {
    const double old = at < 100 ? 0.001 : 0.05;
    const double fresh = std::max(2 * old, old + 0.005);
    split.add({{10'000, 10'000 * fresh, 10'000, 10'000 * old, 1, false}});
  }
  EXPECT_LT(split.worth(), 100);
}

TEST(Split, RoutesAtEitherMarginGainNothingTogether) {
  // One fails twice as often as before, the other half a point more: neither margin alone allows both.
  Split split({2, 0.005}, 15, 600);
  for (int at = 0; at < 300; ++at) {
    split.add({{900, 900 * 0.036, 100, 100 * 0.018, 1, false}, {900, 900 * 0.0052, 100, 100 * 0.0002, 1, false}}, true);
  }
  EXPECT_LT(split.worth(), 1);
}

TEST(Split, AFewClustersAreNotManyWitnesses) {
  // Twelve requests fail together now and then, nine times as often where nine times as many are asked.
  Split split({2, 0.005}, 15, 600);
  for (int at = 0; at < 120; ++at) split.add({{130, at % 4 == 0 ? 12.0 : 0, 14, at % 40 == 0 ? 12.0 : 0, 1, false}});
  EXPECT_LT(split.worth(), 2);
}

// A fault of both with a sharp beginning looked like hits that cluster, and whatever only the new release lost in the
// minutes after it was divided by that.
TEST(Split, WhatIsLostByBothHidesNothingThatIsLostAfterwards) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Random chance(seed);
    Split split({2, 0.005}, 15, 660);
    const auto moments = [&](int count, double freshRate, double oldRate, bool shared) {
      const auto hits = [&chance](int requests, double rate) {
        double sum = 0;
        for (int at = 0; at < requests; ++at) sum += chance.chance(rate) ? 1 : 0;
        return sum;
      };
      for (int at = 0; at < count; ++at) split.add({{4, hits(4, freshRate), 36, hits(36, oldRate), 1, shared}});
    };
    moments(2, 0.3, 0, false);
    moments(8, 0.7, 0.6, true);
    moments(40, 0.3, 0, false);
    found += split.worth() > 5'000 ? 1 : 0;
  }
  EXPECT_GE(found, 98);
}

TEST(Clusters, MeasuresHowHitsComeTogether) {
  Clusters apart, together, shared, risen;
  Random chance(7);
  for (int at = 0; at < 400; ++at) {
    apart.add(20, static_cast<double>(chance.next() >> 63), 0.2, 0);
    const double hits = at % 20 == 0 ? 10 : 0;
    together.add(20, hits, 0.2, 0);
    shared.add(20, hits, 0.2, shared.jump(20, hits));
    risen.add(20, at < 200 ? 0 : 10, 0.2, 0);
  }
  EXPECT_LT(apart.seen().excess, 0.05);
  EXPECT_LT(apart.seen().correlation, 0.05);
  EXPECT_GT(together.seen().excess, 5);
  EXPECT_GT(together.seen().correlation, 0.3);
  EXPECT_EQ(shared.seen().excess, 0) << "the other side did the same";
  EXPECT_EQ(risen.seen().excess, 0) << "it fails half of all since then, evenly";
  EXPECT_EQ(Clusters().seen().excess, 0) << "nothing is known";
}

}  // namespace
}  // namespace orbit::verdict
