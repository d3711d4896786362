// Whether a release that was worse would have been found by now (decision 23).
#include <algorithm>
#include <cmath>

#include "verdict/verdict.h"

namespace orbit::verdict {

// With the requests there were, spread as they were: what the bet on failures would be worth, in one of ten bad runs,
// for a rise to riseTimes the old rate or of risePoints. Normal in the logarithm, which is near enough for a promise
// about when to stop waiting.
bool Judge::enough() const {
  const auto fresh = static_cast<double>(fresh_.attempts), old = static_cast<double>(old_.attempts);
  if (fresh < 1 || old < 1) return false;
  constexpr double kDeviations = 1.2816;  // one in ten
  const double usual = (static_cast<double>(old_.failures) + 0.5) / (old + 1);
  const double bad = std::min(1.0, std::max(policy_.riseTimes * usual, usual + policy_.risePoints));
  // Service and busiest route hold 7/8 of the coin, failures their share of it, one of the bets about a sixth of that.
  const double stake = (1 + kServiceShare) / 2 * kSignalShare[0] / Split::kBets;
  const double needed = std::log(policy_.watchedTogether / (policy_.budget * stake));
  const double r = fresh / old;
  for (double x = 0.02; x < 1; x += 0.02) {
    const auto low = [&](double gain, double cost) {
      const double mean = fresh * bad * gain + old * usual * std::log1p(-x) - cost;
      const double variance = fresh * bad * gain * gain + old * usual * std::pow(std::log1p(-x), 2);
      return mean - kDeviations * std::sqrt(variance);
    };
    const double times = low(std::log1p(x / (policy_.failureTimes * r)), 0);
    const double points = low(std::log1p(x / r), old * policy_.failurePoints * x);
    if (std::min(times, points) >= needed) return true;
  }
  return false;
}

}  // namespace orbit::verdict
