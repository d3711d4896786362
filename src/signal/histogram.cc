#include "signal/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/result.h"

namespace orbit::signal {

// Values below 64 have a bucket each. Above, a value 1xxxxxx… (binary) is told by its length and the six bits after the
// first, so a bucket is as wide as 1/64 of its lowest value, and its middle is off by at most 1/128.
unsigned Histogram::bucketOf(std::uint64_t value) {
  if (value < kBucketsPerOctave) return static_cast<unsigned>(value);
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 7;
  if (shift >= kOctaves) return kBuckets - 1;
  return (shift + 1) * kBucketsPerOctave + (static_cast<unsigned>(value >> shift) & (kBucketsPerOctave - 1));
}

std::uint64_t Histogram::lowest(unsigned bucket) {
  if (bucket < kBucketsPerOctave) return bucket;
  const unsigned shift = bucket / kBucketsPerOctave - 1;
  return (std::uint64_t{kBucketsPerOctave} + bucket % kBucketsPerOctave) << shift;
}

std::uint64_t Histogram::highest(unsigned bucket) {
  return lowest(bucket + 1) - 1;
}

void Histogram::cover(unsigned bucket) {
  const unsigned octave = bucket / kBucketsPerOctave * kBucketsPerOctave;
  if (counts_.empty()) first_ = octave;
  const unsigned begin = std::min(first_, octave);
  const unsigned end = std::max(first_ + static_cast<unsigned>(counts_.size()), octave + kBucketsPerOctave);
  std::vector<std::uint32_t> wider(end - begin);  // one that grows by itself takes up to twice as much
  std::copy(counts_.begin(), counts_.end(), wider.begin() + (first_ - begin));
  counts_ = std::move(wider);
  first_ = begin;
}

void Histogram::carry(unsigned bucket, std::uint64_t times) {
  const auto found =
      std::find_if(carried_.begin(), carried_.end(), [=](const auto& one) { return one.first == bucket; });
  if (found != carried_.end()) {
    found->second += times;
  } else {
    carried_.emplace_back(bucket, times);
  }
}

std::uint64_t Histogram::carriedCountAt(unsigned place) const {
  std::uint64_t count = counts_[place];
  for (const auto& [bucket, times] : carried_) {
    if (bucket == first_ + place) count += times << 32U;
  }
  return count;
}

void Histogram::add(std::uint64_t value, std::uint64_t count) {
  addBucket(bucketOf(value), count);
}

void Histogram::addBucket(unsigned bucket, std::uint64_t count) {
  ORBIT_CHECK(bucket < kBuckets);
  if (count == 0) return;
  if (bucket < first_ || bucket - first_ >= counts_.size()) cover(bucket);
  std::uint32_t& kept = counts_[bucket - first_];
  const std::uint64_t sum = kept + count;
  kept = static_cast<std::uint32_t>(sum);
  if (sum >> 32U != 0) carry(bucket, sum >> 32U);
  count_ += count;
}

void Histogram::merge(const Histogram& other) {
  other.each([this](unsigned bucket, std::uint64_t count) { addBucket(bucket, count); });
}

Histogram Histogram::since(const Histogram& earlier) const {
  Histogram added;
  each([&](unsigned bucket, std::uint64_t count) {
    const std::uint64_t before = earlier.countIn(bucket);
    if (count > before) added.addBucket(bucket, count - before);
  });
  return added;
}

std::uint64_t Histogram::countIn(unsigned bucket) const {
  return bucket < first_ || bucket - first_ >= counts_.size() ? 0 : countAt(bucket - first_);
}

std::uint64_t Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  std::uint64_t seen = 0;
  for (unsigned at = 0; at < counts_.size(); ++at) {
    seen += countAt(at);
    if (seen >= rank) return lowest(first_ + at) + (highest(first_ + at) - lowest(first_ + at)) / 2;
  }
  return 0;
}

Histogram::Above Histogram::above(std::uint64_t value) const {
  const unsigned own = bucketOf(value);
  Above above;
  each([&](unsigned bucket, std::uint64_t count) {
    if (bucket > own) above.certainly += count;
    if (bucket == own) above.perhaps += count;
  });
  // A value at the top of its bucket shares it with nothing that is above.
  if (value == highest(own)) above.perhaps = 0;
  return above;
}

bool Histogram::operator==(const Histogram& other) const {
  if (count_ != other.count_) return false;
  for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
    if (countIn(bucket) != other.countIn(bucket)) return false;
  }
  return true;
}

}  // namespace orbit::signal
