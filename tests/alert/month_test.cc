// A month of normal traffic raises nothing; each row of the table, driven over its threshold at any time of the day, is
// told within two minutes and is over by itself. MONTHS (1), SEED, ROUNDS (40) for the long form.
#include "month.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace orbit::alert::sim {
namespace {

using Event = model::Notice::Event;

std::uint64_t number(const char* name, std::uint64_t usual) {
  const char* value = std::getenv(name);
  return value == nullptr ? usual : std::strtoull(value, nullptr, 10);
}

std::string told(const std::vector<model::Notice>& notices) {
  std::string text;
  for (const auto& notice : notices) {
    text += std::string(eventName(notice.event)) + " " + wallText(notice.atUs) + " " + notice.title + "\n";
  }
  return text;
}

TEST(Month, NormalTrafficRaisesNothing) {
  constexpr std::int64_t kDays = 30;
  std::uint64_t requests = 0, false_ = 0;
  const std::uint64_t months = number("MONTHS", 1), seed = number("SEED", 1);
  for (std::uint64_t month = 0; month < months; ++month) {
    Month one(seed + month, habits());
    for (std::int64_t i = 0; i < kDays * kWindowsOfDay; ++i) one.pass();
    requests += one.requests;
    false_ += one.notices.size();
    EXPECT_TRUE(one.notices.empty()) << "seed " << seed + month << "\n" << told(one.notices);
    EXPECT_TRUE(one.alerts.incidents().empty());
  }
  std::printf("%llu months, %llu requests, %llu notices\n", static_cast<unsigned long long>(months),
              static_cast<unsigned long long>(requests), static_cast<unsigned long long>(false_));
}

struct Row {
  const char* rule;
  Trouble trouble;
};
constexpr Row kRows[] = {
    {"errors", {.errors = 0.05}}, {"latency_p50", {.overP50 = 0.9}}, {"latency_p99", {.overP99 = 0.05}},
    {"outage", {.errors = 1}},    {"lcp", {.lcpTimes = 4}},
};

TEST(Month, EachRowIsToldWithinTwoMinutesAndIsOverByItself) {
  const std::uint64_t rounds = number("ROUNDS", 40), seed = number("SEED", 1);
  for (const Row& row : kRows) {
    std::vector<double> after, over;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      Habit web = habits().front();
      Month one(seed + round, {web});
      // From ten in the morning until eight in the evening: at night there are too few requests to be sure of 5 %
      // within a minute (docs/alerts.md says from which rate on).
      const std::uint64_t begin = 240 + round * 61 % 1200;
      for (std::uint64_t i = 0; i < begin; ++i) one.pass();
      ASSERT_TRUE(one.notices.empty()) << told(one.notices);
      const std::int64_t began = one.nowUs;
      const int restarts = one.restarts;
      while (one.notices.empty() && one.nowUs - began < 600 * kSecond) one.pass(row.trouble);
      ASSERT_FALSE(one.notices.empty()) << row.rule << " seed " << seed + round;
      EXPECT_NE(one.notices.front().title.find(row.rule), std::string::npos) << told(one.notices);
      after.push_back(static_cast<double>(one.notices.front().atUs - began) / kSecond);
      // The half minute in which Orbit was restarted is not seen.
      EXPECT_LE(after.back(), one.restarts == restarts ? 90 : 120) << row.rule << " seed " << seed + round;
      for (int i = 0; i < 10; ++i) one.pass(row.trouble);
      const std::int64_t well = one.nowUs;
      while (one.notices.back().event != Event::kResolved && one.nowUs - well < kHour) one.pass();
      ASSERT_EQ(one.notices.back().event, Event::kResolved) << told(one.notices);
      EXPECT_EQ(one.notices.size(), 2U) << told(one.notices);
      over.push_back(static_cast<double>(one.nowUs - well) / kSecond);
    }
    std::sort(after.begin(), after.end());
    std::sort(over.begin(), over.end());
    // Judged by the half minute here, by five seconds in the daemon; a fault begins up to half a minute before.
    std::printf("%s: told after %.0f s (median), %.0f s (most); over after %.0f s, %.0f s\n", row.rule,
                after[after.size() / 2], after.back(), over[over.size() / 2], over.back());
  }
}

}  // namespace
}  // namespace orbit::alert::sim
