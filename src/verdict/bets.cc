#include "verdict/bets.h"

namespace orbit::verdict {

Bets::Bets(const Policy& policy) {
  const Margin failures{policy.failureTimes, policy.failurePoints};
  const double spreadS = policy.shareMaxS + policy.settleS;
  for (std::size_t at = 0; at < kSignals; ++at) {
    const bool slow = at >= static_cast<std::size_t>(Signal::kSlowP50);
    splits_.emplace_back(slow ? Margin{} : failures, policy.momentMax, spreadS);
  }
}

void Bets::add(const std::vector<Moments>& routes, bool several) {
  std::vector<Moment> moments;
  for (std::size_t at = 0; at < kSignals; ++at) {
    moments.clear();
    for (const Moments& route : routes) {
      if (route[at].freshCount > 0 && route[at].oldCount > 0) moments.push_back(route[at]);
    }
    if (!moments.empty()) splits_[at].add(moments, several);
  }
}

double Bets::worth() const {
  double sum = 0;
  for (std::size_t at = 0; at < kSignals; ++at) sum += worth(static_cast<Signal>(at));
  return sum;
}

}  // namespace orbit::verdict
