// A latency histogram: log-linear, 64 buckets an octave, so that a quantile is off by at most 0.78 % (decision 14), and
// two of them add up exactly. Keeps only the octaves between its lowest and its highest value. Thread rules: a plain
// value.
#pragma once
#include <cstdint>
#include <utility>
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
  void addBucket(unsigned bucket, std::uint64_t count);  // bucket < kBuckets
  void merge(const Histogram& other);
  // What was added since `earlier`, an older state of the same histogram; never below nothing.
  Histogram since(const Histogram& earlier) const;
  std::uint64_t count() const { return count_; }
  std::uint64_t countIn(unsigned bucket) const;
  // The value at quantile q (0..1), middle of its bucket; 0 when empty.
  std::uint64_t quantile(double q) const;
  // How many values are certainly above `value`, and how many share its bucket, so that nobody can tell.
  struct Above {
    std::uint64_t certainly = 0, perhaps = 0;
  };
  Above above(std::uint64_t value) const;
  // The bytes it holds, for those who bound them.
  std::size_t bytes() const { return counts_.capacity() * sizeof(std::uint32_t); }
  // Calls visit(bucket, count) for each bucket that is not empty, from low to high.
  template <class Visit>
  void each(Visit&& visit) const {
    for (unsigned at = 0; at < counts_.size(); ++at) {
      if (const std::uint64_t count = countAt(at); count != 0) visit(first_ + at, count);
    }
  }
  bool operator==(const Histogram& other) const;

 private:
  void cover(unsigned bucket);
  void carry(unsigned bucket, std::uint64_t times);
  std::uint64_t countAt(unsigned place) const { return carried_.empty() ? counts_[place] : carriedCountAt(place); }
  std::uint64_t carriedCountAt(unsigned place) const;

  // Of buckets from first_ on, whole octaves. There are thousands of histograms, most of whose counts are small.
  std::vector<std::uint32_t> counts_;
  std::vector<std::pair<unsigned, std::uint64_t>> carried_;  // bucket, and how often it had more than 32 bits hold
  unsigned first_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace orbit::signal
