// All that is bet on for one route, or for the service as a whole: one purse for each signal, worth together the
// coin they were given. Thread rules: a plain value.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "verdict/policy.h"
#include "verdict/split.h"

namespace orbit::verdict {

enum class Signal : std::uint8_t { kFailures, kRefused, kSlowP50, kSlowP90, kSlowP99 };
inline constexpr std::size_t kSignals = 5;
inline constexpr std::array<double, kSignals> kSignalShare = {0.6, 0.04, 0.04, 0.16, 0.16};
inline constexpr double kServiceShare = 0.65;  // of the coin; the rest is the single routes'
inline constexpr std::array<double, 3> kSlowQuantiles = {0.5, 0.9, 0.99};

// What came of one route in one moment, by signal; those without a basis have no count.
using Moments = std::array<Moment, kSignals>;

class Bets {
 public:
  explicit Bets(const Policy& policy);
  void add(const std::vector<Moments>& routes, bool several = false);  // `several`: as in Split
  double worth() const;                                                // in coins: 1 at the beginning, on average
  double worth(Signal signal) const { return kSignalShare[static_cast<std::size_t>(signal)] * splitOf(signal).worth(); }

 private:
  const Split& splitOf(Signal signal) const { return splits_[static_cast<std::size_t>(signal)]; }
  std::vector<Split> splits_;
};

}  // namespace orbit::verdict
