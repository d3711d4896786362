#include "signal/histogram.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/base.h"

namespace orbit::signal {
namespace {

// Values over all magnitudes.
std::uint64_t someValue(Random& random) {
  return random.next() >> (28 + random.below(36));
}

TEST(Histogram, BucketsMeetWithoutGapOrOverlap) {
  for (unsigned bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    EXPECT_EQ(Histogram::bucketOf(Histogram::lowest(bucket)), bucket);
    EXPECT_EQ(Histogram::bucketOf(Histogram::highest(bucket)), bucket);
    EXPECT_EQ(Histogram::highest(bucket) + 1, Histogram::lowest(bucket + 1));
  }
  EXPECT_EQ(Histogram::highest(Histogram::kBuckets - 1), (1ULL << 36) - 1);
  EXPECT_EQ(Histogram::bucketOf(1ULL << 36), Histogram::kBuckets - 1);
  EXPECT_EQ(Histogram::bucketOf(~0ULL), Histogram::kBuckets - 1);
}

TEST(Histogram, QuantilesAreOffByLessThanAPercentAtMost) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    std::vector<std::uint64_t> values(1 + random.below(2000));
    Histogram histogram;
    for (auto& value : values) {
      value = someValue(random);
      histogram.add(value);
    }
    std::sort(values.begin(), values.end());
    ASSERT_EQ(histogram.count(), values.size());
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto rank =
          std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size()))));
      const auto exact = static_cast<double>(values[rank - 1]);
      EXPECT_NEAR(static_cast<double>(histogram.quantile(q)), exact, exact * 0.0078126) << q;
    }
  }
  EXPECT_EQ(Histogram().quantile(0.5), 0U);
}

TEST(Histogram, MergeAndSinceAreExact) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    Histogram a, b, both;
    for (int i = 0; i < 500; ++i) {
      const std::uint64_t value = someValue(random);
      (random.chance(0.5) ? a : b).add(value);
      both.add(value);
    }
    Histogram merged = a;
    merged.merge(b);
    EXPECT_EQ(merged, both);
    EXPECT_EQ(merged.since(a), b);
    EXPECT_EQ(merged.since(Histogram()), merged);
    EXPECT_EQ(a.since(merged).count(), 0U);
  }
}

TEST(Histogram, CountsWhatIsAbove) {
  Histogram histogram;
  for (std::uint64_t value = 0; value < 10'000; ++value) histogram.add(value);
  for (std::uint64_t value = 0; value < 10'000; value += 7) {
    const Histogram::Above above = histogram.above(value);
    const std::uint64_t exact = 9'999 - value;
    EXPECT_LE(above.certainly, exact);
    EXPECT_GE(above.certainly + above.perhaps, exact);
  }
  EXPECT_EQ(histogram.above(63).certainly, 9'936U);
  EXPECT_EQ(histogram.above(63).perhaps, 0U);
}

TEST(Histogram, HoldsOnlyTheOctavesItNeeds) {
  Histogram histogram;
  for (std::uint64_t value = 1024; value < 2048; ++value) histogram.add(value);
  EXPECT_EQ(histogram.bytes(), 64 * sizeof(std::uint32_t));
  for (const std::uint64_t value : {5'000U, 500U, 40'000U}) histogram.add(value);  // octaves in between included
  EXPECT_EQ(histogram.bytes(), 8 * 64 * sizeof(std::uint32_t));
}

TEST(Histogram, CountsBeyond32BitsAreExact) {
  constexpr std::uint64_t kMany = std::uint64_t{5} << 32U;
  Histogram histogram;
  histogram.add(20, kMany);
  histogram.add(20, kMany - 1);
  histogram.add(3'000, 7);
  EXPECT_EQ(histogram.countIn(20), 2 * kMany - 1);
  EXPECT_EQ(histogram.count(), 2 * kMany + 6);
  EXPECT_EQ(histogram.quantile(0.5), 20U);
  EXPECT_EQ(histogram.quantile(1), 2'991U);
  Histogram earlier;
  earlier.add(20, kMany);
  EXPECT_EQ(histogram.since(earlier).countIn(20), kMany - 1);
  Histogram twice = histogram;
  twice.merge(histogram);
  EXPECT_EQ(twice.countIn(20), 4 * kMany - 2);
  EXPECT_NE(twice, histogram);
}

}  // namespace
}  // namespace orbit::signal
