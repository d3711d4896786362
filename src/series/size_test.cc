// What a year of 200 busy routes takes on disk: records of generated traffic, packed as they are, times how many of
// them each tier keeps.
#include <gtest/gtest.h>

#include <cmath>

#include "series/limits.h"
#include "series/series.h"

namespace orbit::series {
namespace {

constexpr int kRoutes = 200, kServices = 20, kInstances = 2;
constexpr std::uint64_t kRequestsInAMinute = 600;  // 10 a second on each of them

// Log-normal, with a tail of slow ones; a route has its own middle.
std::uint64_t latency(Random& random, int route) {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += static_cast<double>(random.below(1'000'000)) / 1e6;
  const double middle = 5'000.0 * (1 + route % 20);
  const double value = middle * std::exp(0.5 * (sum - 6)) * (random.chance(0.01) ? 8 : 1);
  return static_cast<std::uint64_t>(value);
}

// `times`: each drawn request stands for so many, so that an hour need not be drawn one by one.
Span period(Random& random, int minutes, std::uint64_t times) {
  Span span;
  span.observedMs = static_cast<std::uint64_t>(minutes) * 60'000;
  const auto fill = [&](const Key& key, int route, std::uint64_t count) {
    Value& value = span.at(key);
    for (std::uint64_t i = 0; i < count / times; ++i) {
      const std::uint64_t took = latency(random, route), each = 1 + random.below(2 * times - 1);
      value.latency.add(took, each);
      value.counters.byClass[random.chance(0.02) ? 4 : 2] += each;
      value.counters.byOutcome[0] += each;
      value.counters.errors += random.chance(0.001) ? each : 0;
      value.counters.overThreshold += random.chance(0.01) ? each : 0;
      value.counters.latencySumUs += took * each;
      value.counters.bytesIn += random.below(200) * each;
      value.counters.bytesOut += random.below(20'000) * each;
    }
  };
  const std::uint64_t count = kRequestsInAMinute * static_cast<std::uint64_t>(minutes);
  for (int route = 0; route < kRoutes; ++route) {
    const std::string service = "service-" + std::to_string(route % kServices);
    fill({Kind::kRequests, "", "shop", "production", service, service + "/path-" + std::to_string(route), "r42", ""},
         route, count);
  }
  for (int at = 0; at < kServices * kInstances; ++at) {
    const std::string service = "service-" + std::to_string(at % kServices);
    fill({Kind::kAttempts, "", "shop", "production", service, "", "r42",
          "orbit.shop.production." + service + ".r42." + std::to_string(at / kServices + 1)},
         at, count * kRoutes / kServices / kInstances);
  }
  return span;
}

TEST(SeriesSize, AYearOfTwoHundredBusyRoutesIsSmall) {
  Random random(1);
  std::uint64_t total = 0;
  for (const Tier& tier : kAllTiers) {
    constexpr std::uint64_t kTimes[] = {1, 1, 10};
    const std::uint64_t times = kTimes[&tier - kAllTiers.data()];
    Span span = period(random, static_cast<int>(tier.minutes), times), kept;
    kept.merge(span, tier);
    Record record;
    const std::uint64_t bytes = frame(record, compress(packSpan(kept))).size();
    const auto periods = static_cast<std::uint64_t>(tier.keepMinutes / tier.minutes);
    // A file is dropped when its last period is too old.
    const auto more = static_cast<std::uint64_t>(tier.fileMinutes / tier.minutes);
    std::printf("%s: %llu bytes a period, %llu periods: %.0f MB\n", std::string(tier.name).c_str(),
                static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(periods + more),
                static_cast<double>(bytes * (periods + more)) / 1e6);
    total += bytes * (periods + more);
  }
  std::printf("all tiers: %.0f MB\n", static_cast<double>(total) / 1e6);
  EXPECT_LT(total, kFolderBytesMax);
}

}  // namespace
}  // namespace orbit::series
