#include <gtest/gtest.h>

#include "observe/observe.h"

namespace orbit::observe {
namespace {

using signal::Key;
using signal::Outcome;

constexpr std::int64_t kSecondUs = 1'000'000;

Key attempt(const std::string& release, const std::string& instance = "i1", const std::string& service = "web") {
  return {Key::Kind::kAttempt, "route", service, release, instance};
}

// An edge generation as its reader would show it.
class Edge {
 public:
  explicit Edge(std::uint64_t generation) { snapshot_.generation = generation; }
  void answer(const Key& key, int status, std::uint64_t latencyUs, std::uint64_t count = 1) {
    signal::SeriesTotals& series = totals(key);
    series.counters.byClass[static_cast<std::size_t>(status) / 100] += count;
    series.counters.byOutcome[0] += count;
    if (status >= 500) series.counters.errors += count;
    series.counters.latencySumUs += count * latencyUs;
    series.latency.add(latencyUs, count);
  }
  void fail(const Key& key, Outcome how) {
    signal::SeriesTotals& series = totals(key);
    ++series.counters.byClass[0];
    ++series.counters.byOutcome[static_cast<std::size_t>(how)];
    ++series.counters.errors;
  }
  signal::Snapshot& snapshot() { return snapshot_; }

 private:
  signal::SeriesTotals& totals(const Key& key) {
    for (auto& one : snapshot_.series) {
      if (one.key == key) return one;
    }
    snapshot_.series.push_back({key, {}, {}, {}});
    return snapshot_.series.back();
  }
  signal::Snapshot snapshot_;
};

class WindowsTest : public ::testing::Test {
 protected:
  void tick(std::initializer_list<Edge*> edges) {
    for (Edge* edge : edges) windows_.take(edge->snapshot());
    nowUs_ += kSecondUs;
    windows_.endTick(nowUs_);
  }
  Window attempts(std::size_t ticks, const std::string& release = "") const {
    return windows_.sum({Key::Kind::kAttempt, "", "web", release, ""}, ticks);
  }

  Windows windows_{Windows::Limits{}};
  std::int64_t nowUs_ = 1'800'000'000 * kSecondUs;
};

TEST_F(WindowsTest, PastOfAnEdgeIsNoTraffic) {
  Edge old(1), fresh(2);
  old.answer(attempt("r1"), 200, 1000, 500);
  tick({&old});
  EXPECT_EQ(windows_.ticks(), 0U);
  old.answer(attempt("r1"), 200, 1000, 3);
  fresh.answer(attempt("r1"), 200, 2000, 4);
  tick({&old, &fresh});
  const Window window = attempts(1);
  EXPECT_EQ(window.counters.count(), 7U);
  EXPECT_EQ(window.latency.count(), 7U);
  EXPECT_EQ(window.toUs - window.fromUs, kSecondUs);
  EXPECT_FALSE(window.gap);
  EXPECT_TRUE(attempts(2).gap) << "only one tick was seen";
}

TEST_F(WindowsTest, EvidenceOfATickByRelease) {
  Edge edge(1);
  tick({&edge});
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 90; ++i) edge.answer(attempt("old", "i" + std::to_string(i % 3)), 200, 1000);
    for (int i = 0; i < 8; ++i) edge.answer(attempt("new"), 200, 5000);
    edge.answer(attempt("new"), 503, 5000);
    edge.fail(attempt("new"), Outcome::kShielded);
    edge.answer(attempt("other", "i1", "api"), 200, 1);
    edge.answer({Key::Kind::kRequest, "route", "web", "old", ""}, 200, 1000, 99);
    edge.answer({Key::Kind::kRequest, "route", "web", "", ""}, 503, 10);
    tick({&edge});
  }
  for (const std::size_t ticks : {1U, 3U}) {
    const std::vector<Window> split = windows_.byRelease("web", Key::Kind::kAttempt, ticks);
    ASSERT_EQ(split.size(), 2U);
    EXPECT_EQ(split[0].key.release, "new");
    EXPECT_EQ(split[0].counters.count(), 10U * ticks);
    EXPECT_EQ(split[0].counters.errors, 2U * ticks);
    EXPECT_EQ(split[0].counters.byOutcome[static_cast<std::size_t>(Outcome::kShielded)], 1U * ticks);
    EXPECT_EQ(split[1].key.release, "old");
    EXPECT_EQ(split[1].counters.count(), 90U * ticks) << "three instances";
    EXPECT_EQ(split[1].counters.errors, 0U);
    // Exceedances of the old release's median, which a verdict on latency counts.
    const std::uint64_t median = split[1].latency.quantile(0.5);
    EXPECT_EQ(split[0].latency.above(median).certainly, 9U * ticks);
    EXPECT_EQ(split[1].latency.above(median).certainly, 0U);
  }
  const std::vector<Window> requests = windows_.byRelease("web", Key::Kind::kRequest, 1);
  ASSERT_EQ(requests.size(), 1U) << "the edge's own answers are no release's";
  EXPECT_EQ(requests[0].counters.count(), 99U);
  EXPECT_EQ(windows_.sum({Key::Kind::kRequest, "", "web", "", ""}, 1).counters.errors, 1U) << "objectives have them";
  tick({&edge});
  EXPECT_TRUE(windows_.byRelease("web", Key::Kind::kAttempt, 1).empty());
  EXPECT_EQ(windows_.byRelease("web", Key::Kind::kAttempt, 2).size(), 2U);
}

TEST_F(WindowsTest, FiltersMatchPartsAndTheKeyKeepsThem) {
  Edge edge(1);
  tick({&edge});
  edge.answer(attempt("r1", "i1"), 200, 1);
  edge.answer(attempt("r1", "i2"), 200, 1);
  edge.answer(attempt("r2", "i3"), 200, 1);
  tick({&edge});
  const auto count = [&](const Windows::Filter& filter) { return windows_.sum(filter, 1).counters.count(); };
  EXPECT_EQ(count({Key::Kind::kAttempt, "", "", "", ""}), 3U);
  EXPECT_EQ(count({Key::Kind::kAttempt, "route", "web", "r1", ""}), 2U);
  EXPECT_EQ(count({Key::Kind::kAttempt, "", "", "", "i3"}), 1U);
  EXPECT_EQ(count({Key::Kind::kRequest, "", "", "", ""}), 0U);
  EXPECT_EQ(windows_.sum({Key::Kind::kAttempt, "", "web", "r1", ""}, 1).key,
            (Key{Key::Kind::kAttempt, "", "web", "r1", ""}));
}

TEST_F(WindowsTest, CountersThatWentBackAreAGapAndNeverNegative) {
  Edge edge(1);
  tick({&edge});
  edge.answer(attempt("r1"), 200, 1000, 10);
  tick({&edge});
  Edge again(1);
  again.answer(attempt("r1"), 200, 1000, 4);
  tick({&again});
  EXPECT_EQ(attempts(1).counters.count(), 4U);
  EXPECT_TRUE(attempts(1).gap);
  tick({&again});
  EXPECT_FALSE(attempts(1).gap);
  Edge others(1);
  others.answer(attempt("r9"), 200, 1000, 2);
  tick({&others});
  EXPECT_EQ(attempts(1).counters.count(), 2U);
  EXPECT_TRUE(attempts(1).gap);
  tick({&others});
  Edge nothing(1);
  tick({&nothing});
  EXPECT_TRUE(attempts(1).gap) << "a series vanished";
}

TEST_F(WindowsTest, AGenerationThatIsNotTakenIsAGapUntilItComesBack) {
  Edge edge(1);
  tick({&edge});
  edge.answer(attempt("r1"), 200, 1000, 10);
  tick({&edge});
  edge.answer(attempt("r1"), 200, 1000, 5);
  tick({});
  EXPECT_TRUE(attempts(1).gap);
  EXPECT_EQ(attempts(1).counters.count(), 0U);
  edge.answer(attempt("r1"), 200, 1000, 5);
  tick({&edge});
  EXPECT_EQ(attempts(1).counters.count(), 10U) << "of two ticks";
  EXPECT_TRUE(attempts(1).gap);
  tick({&edge});
  EXPECT_FALSE(attempts(1).gap);
  EXPECT_EQ(attempts(5).counters.count(), 20U);
}

TEST_F(WindowsTest, FinishedAndForgottenGenerationsAreNoGap) {
  Edge old(1), killed(2), fresh(3);
  tick({&old, &killed, &fresh});
  old.answer(attempt("r1"), 200, 1000, 2);
  old.snapshot().finished = true;
  killed.answer(attempt("r1"), 200, 1000, 3);
  fresh.answer(attempt("r1"), 200, 1000, 5);
  tick({&old, &killed, &fresh});
  windows_.forget(2);
  EXPECT_EQ(attempts(1).counters.count(), 10U);
  for (int i = 0; i < 3; ++i) {
    fresh.answer(attempt("r1"), 200, 1000);
    tick({&fresh});
    EXPECT_FALSE(attempts(1).gap);
    EXPECT_EQ(attempts(1).counters.count(), 1U);
  }
}

TEST_F(WindowsTest, DropsAreGaps) {
  Edge edge(1);
  tick({&edge});
  edge.snapshot().samplesDropped = 1;
  tick({&edge});
  EXPECT_TRUE(attempts(1).gap);
  tick({&edge});
  EXPECT_FALSE(attempts(1).gap);
  edge.snapshot().latenciesDropped = 1;
  tick({&edge});
  EXPECT_TRUE(attempts(1).gap);
}

TEST_F(WindowsTest, AClockThatStepsBackMakesNoNegativeTime) {
  Edge edge(1);
  tick({&edge});
  tick({&edge});
  nowUs_ -= 10 * kSecondUs;
  tick({&edge});
  EXPECT_EQ(attempts(1).toUs, attempts(1).fromUs);
  tick({&edge});
  EXPECT_EQ(attempts(1).toUs - attempts(1).fromUs, kSecondUs);
}

TEST_F(WindowsTest, LargeCountsAreExact) {
  Edge edge(1);
  tick({&edge});
  edge.answer(attempt("r1"), 200, 1000, 10'000'000);
  tick({&edge});
  EXPECT_EQ(attempts(1).latency.countIn(signal::Histogram::bucketOf(1000)), 10'000'000U);
}

// Against the plainest way: keep each tick and add them up.
TEST(WindowsProperty, SumsAreThoseOfTheTicks) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    Windows::Limits limits;
    limits.ticksMax = 200 + random.below(100);
    Windows windows(limits);
    Edge edge(1);
    windows.take(edge.snapshot());
    windows.endTick(0);
    struct Tick {
      std::uint64_t count = 0, errors = 0;
      signal::Histogram latency;
    };
    std::vector<Tick> all;
    for (int second = 1; second <= 500; ++second) {
      Tick tick;
      for (std::uint64_t i = random.below(6); i > 0; --i) {
        const std::string release = "r" + std::to_string(random.below(3) + static_cast<unsigned>(second) / 100);
        const std::uint64_t latency = 1 + random.below(100'000);
        const int status = random.chance(0.1) ? 500 : 200;
        edge.answer(attempt(release), status, latency);
        ++tick.count;
        tick.errors += status == 500 ? 1 : 0;
        tick.latency.add(latency);
      }
      all.push_back(tick);
      windows.take(edge.snapshot());
      windows.endTick(second * kSecondUs);
      if (second % 7 != 0) continue;
      const std::size_t wanted = 1 + random.below(std::min<std::size_t>(all.size(), limits.ticksMax));
      Tick sum;
      for (std::size_t at = all.size() - wanted; at < all.size(); ++at) {
        sum.count += all[at].count;
        sum.errors += all[at].errors;
        sum.latency.merge(all[at].latency);
      }
      const Window window = windows.sum({Key::Kind::kAttempt, "", "", "", ""}, wanted);
      ASSERT_EQ(window.counters.count(), sum.count);
      ASSERT_EQ(window.counters.errors, sum.errors);
      ASSERT_EQ(window.latency, sum.latency);
      ASSERT_FALSE(window.gap);
      ASSERT_EQ(window.fromUs, (second - static_cast<std::int64_t>(wanted)) * kSecondUs);
      std::uint64_t split = 0;
      for (const Window& one : windows.byRelease("web", Key::Kind::kAttempt, wanted)) split += one.counters.count();
      ASSERT_EQ(split, sum.count);
    }
    EXPECT_EQ(windows.ticks(), limits.ticksMax);
    EXPECT_LE(windows.series(), 6U) << "releases that are gone leave no trace";
  }
}

TEST(WindowsLimits, MemoryIsBoundedAndTheOldestGoFirst) {
  Windows::Limits limits;
  limits.bytesMax = 200'000;
  limits.seriesMax = 50;
  Windows windows(limits);
  Edge edge(1);
  windows.endTick(0);
  Random random(1);
  for (int second = 1; second <= 1000; ++second) {
    for (int i = 0; i < 40; ++i) edge.answer(attempt("r" + std::to_string(i)), 200, 1 + random.below(1'000'000));
    windows.take(edge.snapshot());
    windows.endTick(second * kSecondUs);
    ASSERT_LE(windows.bytes(), limits.bytesMax);
  }
  EXPECT_GT(windows.ticks(), 60U);
  EXPECT_FALSE(windows.sum({Key::Kind::kAttempt, "", "", "", ""}, windows.ticks()).gap);
  EXPECT_TRUE(windows.sum({Key::Kind::kAttempt, "", "", "", ""}, 1000).gap);
  for (int i = 40; i < 60; ++i) edge.answer(attempt("r" + std::to_string(i)), 200, 5);
  windows.take(edge.snapshot());
  windows.endTick(1001 * kSecondUs);
  EXPECT_EQ(windows.series(), 50U);
  EXPECT_TRUE(windows.sum({Key::Kind::kAttempt, "", "", "", ""}, 1).gap);
}

TEST_F(WindowsTest, GroupsByAnyName) {
  Edge edge(1);
  tick({&edge});
  edge.answer(attempt("r1", "i1"), 200, 10);
  edge.answer(attempt("r1", "i2"), 200, 10);
  edge.answer(attempt("r2", "i3", "other"), 500, 10);
  tick({&edge});
  const auto nameOf = [](const Key& key) { return key.service == "web" ? key.release + "/" + key.route : ""; };
  const auto groups = windows_.grouped(nameOf, 1);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups.at("r1/route").counters.count(), 2u);
  EXPECT_TRUE(windows_.grouped([](const Key&) { return std::string(); }, 1).empty());
}

TEST_F(WindowsTest, WhatIsUnchangedIsNoGap) {
  Edge edge(1);
  EXPECT_FALSE(windows_.unchanged(1)) << "never taken";
  tick({&edge});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(windows_.unchanged(1));
    tick({});
  }
  edge.answer(attempt("r1"), 200, 10);
  tick({&edge});
  EXPECT_EQ(attempts(1).counters.count(), 1u);
  EXPECT_FALSE(attempts(4).gap);
}

TEST_F(WindowsTest, TicksByTheTimeTheyEnded) {
  Edge edge(1);
  for (int i = 0; i < 11; ++i) tick({&edge});
  EXPECT_EQ(windows_.ticksSince(nowUs_ - 3 * kSecondUs), 3u);
  EXPECT_EQ(windows_.ticksSince(nowUs_), 0u);
  EXPECT_EQ(windows_.ticksSince(0), 10u);
}

}  // namespace
}  // namespace orbit::observe
