#include "alert/share.h"

#include <cmath>

#include "alert/alert.h"
#include "alert/limits.h"

namespace orbit::alert {

double chanceOf(std::uint64_t bad, std::uint64_t all, double share) {
  if (bad == 0 || share >= 1) return 1;
  if (share <= 0) return 0;
  const auto n = static_cast<double>(all), k = static_cast<double>(bad);
  if (k <= n * share) return 1;  // not even above the mean
  double term = std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(share) +
                         (n - k) * std::log1p(-share));
  double sum = 0;
  constexpr double kNothing = 1e-12;  // of the sum
  for (double at = k; at <= n && term > sum * kNothing; ++at) {
    sum += term;
    term *= (n - at) / (at + 1) * share / (1 - share);
  }
  return sum < 1 ? sum : 1;
}

std::uint64_t evidenceOf(const Share& share, std::size_t clientsSeen) {
  if (clientsSeen < kClientsLeast) return share.bad;
  return std::min(share.bad, 2 * (share.bad - std::min(share.bad, share.ofOne)));
}

bool certainlyBeyond(std::uint64_t bad, std::uint64_t all, double share, unsigned clients, unsigned seen) {
  const bool several = clients >= kClientsLeast;
  if (!several && seen >= kClientsLeast) return false;  // one client's own trouble
  if (all < kRequestsLeast || bad < (several ? kFailuresLeast : kFailuresAloneLeast)) return false;
  return chanceOf(bad, all, share) < kChance;
}

}  // namespace orbit::alert
