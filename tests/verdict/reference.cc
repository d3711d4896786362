#include "verdict/reference.h"

#include <algorithm>
#include <cmath>

#include "verdict/chance.h"

namespace orbit::verdict {
namespace {

// P(X >= least) for X ~ Bin(count, p).
double tail(int count, double p, int least) {
  if (least <= 0) return 1;
  if (least > count) return 0;
  const double logP = std::log(p), logQ = std::log1p(-p);
  double sum = 0;
  for (int at = least; at <= count; ++at) {
    const double one = std::exp(std::lgamma(count + 1.0) - std::lgamma(at + 1.0) - std::lgamma(count - at + 1.0) +
                                at * logP + (count - at) * logQ);
    sum += one;
    if (at > count * p && one < sum * 1e-9) break;
  }
  return std::min(1.0, sum);
}

double powerOf(int hits, double null, double truth, double alpha) {
  if (hits < 1) return 0;
  if (hits > 2000) {
    const double n = hits;
    const double critical = n * null - Chance::quantile(alpha) * std::sqrt(n * null * (1 - null));
    return Chance::above((critical - n * truth) / std::sqrt(n * truth * (1 - truth)));
  }
  int low = 0, high = hits + 1;  // the least count that is significant
  while (low < high) {
    const int middle = (low + high) / 2;
    if (tail(hits, null, middle) <= alpha) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return tail(hits, truth, low);
}

}  // namespace

double fixedSamplePower(const Expected& expected, double alpha) {
  const double mean = expected.fresh + expected.old;
  if (expected.fresh <= 0 || mean <= 0) return 0;
  const double null = expected.marginOdds / (1 + expected.marginOdds);
  const double truth = std::min(expected.fresh / mean, 1 - 1e-9);
  if (truth <= null) return 0;
  // The number of hits is itself a chance: the mean over equally likely values of it.
  constexpr int kSteps = 16;
  double sum = 0;
  for (int at = 0; at < kSteps; ++at) {
    const double z = Chance::quantile((at + 0.5) / kSteps);
    sum += powerOf(static_cast<int>(std::max(0.0, std::round(mean + z * std::sqrt(mean)))), null, truth, alpha);
  }
  return sum / kSteps;
}

}  // namespace orbit::verdict
