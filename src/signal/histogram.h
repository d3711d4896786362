// A latency histogram: log-linear, 64 buckets an octave, so that a quantile is off by at most 0.78 % (decision 14), and
// two of them add up exactly. Thread rules: a plain value.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace orbit::signal {

class Histogram {
 public:
  static constexpr unsigned kBucketsPerOctave = 64;
  static constexpr unsigned kOctaves = 30;  // values up to 2^36 us (19 hours); larger ones count in the last bucket
  static constexpr unsigned kBuckets = kBucketsPerOctave * (kOctaves + 1);
  static unsigned bucketOf(std::uint64_t value);
  static std::uint64_t lowest(unsigned bucket);   // the smallest value it holds
  static std::uint64_t highest(unsigned bucket);  // the largest

  void add(std::uint64_t value, std::uint64_t count = 1);
  void addBucket(unsigned bucket, std::uint64_t count);
  void merge(const Histogram& other);
  // What was added since `earlier`, an older state of the same histogram.
  Histogram since(const Histogram& earlier) const;
  std::uint64_t count() const { return count_; }
  // The value at quantile q (0..1), middle of its bucket; 0 when empty.
  std::uint64_t quantile(double q) const;
  // How many values are certainly above `value` by bucket bounds, and how many share its bucket.
  std::uint64_t above(std::uint64_t value) const;
  std::span<const std::uint64_t> buckets() const { return buckets_; }  // empty, or kBuckets long

 private:
  std::vector<std::uint64_t> buckets_;  // allocated at the first add
  std::uint64_t count_ = 0;
};

}  // namespace orbit::signal
