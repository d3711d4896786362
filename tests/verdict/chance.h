// Draws from the distributions a simulated watch is made of, from one seed. Thread rules: one owner.
#pragma once
#include <cstdint>

#include "base/base.h"

namespace orbit::verdict {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : random_(seed) {}
  double uniform();  // [0, 1)
  double between(double low, double high) { return low + (high - low) * uniform(); }
  double logBetween(double low, double high);
  bool happens(double probability) { return uniform() < probability; }
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  double normal();
  std::uint64_t poisson(double mean);
  std::uint64_t binomial(std::uint64_t count, double probability);
  std::uint64_t geometric(double mean);  // 1, 2, …

  // Where a share of the normal distribution lies: quantile(0.99) is 2.326.
  static double quantile(double share);
  static double above(double z);  // the share beyond z

 private:
  Random random_;
};

}  // namespace orbit::verdict
