#include "cert/core/schedule.h"

#include <gtest/gtest.h>

namespace orbit::cert {
namespace {

using namespace std::chrono_literals;
constexpr std::int64_t kDayUs = 86'400'000'000;

TEST(Renewal, AThirdBeforeTheEndAndSpread) {
  std::int64_t first = INT64_MAX;
  std::int64_t last = 0;
  for (int i = 0; i < 500; ++i) {
    const std::int64_t at = renewAtUs(0, 90 * kDayUs, "host" + std::to_string(i) + ".example.com");
    EXPECT_EQ(at, renewAtUs(0, 90 * kDayUs, "host" + std::to_string(i) + ".example.com"));
    first = std::min(first, at);
    last = std::max(last, at);
  }
  EXPECT_GE(first, 57 * kDayUs);
  EXPECT_LE(last, 60 * kDayUs);
  EXPECT_GT(last - first, 2 * kDayUs);
  // Six days, as short-lived certificates have.
  EXPECT_GE(renewAtUs(0, 6 * kDayUs, "a"), 6 * kDayUs * 6 / 10);
  EXPECT_LE(renewAtUs(0, 6 * kDayUs, "a"), 4 * kDayUs);
  EXPECT_EQ(renewAtUs(5, 5, "a"), 5);
}

TEST(Retry, GrowsToHoursAndNeverEnds) {
  Random random(1);
  const BackOff backOff;
  Duration before{0};
  for (int failures = 1; failures < 100; ++failures) {
    const Duration delay = retryDelay(backOff, failures, false, 0s, random);
    EXPECT_GE(delay, 45s);
    EXPECT_LE(delay, 6h + 90min);
    if (failures < 6) {
      EXPECT_GT(delay, before);
    }
    before = delay;
  }
  EXPECT_GE(before, 4h);
}

TEST(Retry, RefusalsStaySlowerThanAuthoritiesCount) {
  Random random(2);
  Duration sum{0};
  int inAnHour = 0;
  for (int failures = 1; sum < 1h; ++failures, ++inAnHour) sum += retryDelay({}, failures, true, 0s, random);
  EXPECT_LE(inAnHour, 4);
}

TEST(Retry, WhatTheAuthorityAsksForIsObeyed) {
  Random random(3);
  EXPECT_GE(retryDelay({}, 1, false, 48h, random), 48h);
  EXPECT_EQ(retryDelay({}, 1, false, 24h * 365, random), 24h * 7);
}

}  // namespace
}  // namespace orbit::cert
