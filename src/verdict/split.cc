#include "verdict/split.h"

#include <algorithm>
#include <cmath>

namespace orbit::verdict {
namespace {

// How many times the odds that are good enough.
constexpr std::array<double, Split::kBets> kOdds = {1.25, 1.5, 2, 3, 5, 10, 25};
constexpr double kCoinsMax = 1e12;  // no need to count on

}  // namespace

Split::Split(Margin margin, double momentMax, double spreadS)
    : margin_(margin), momentMax_(momentMax), spreadS_(spreadS) {
  for (Purse& purse : purses_) {
    for (auto& row : purse.coins) row.fill(0.5 / kBets);
  }
}

void Split::stake(double seconds) {
  const double more = std::min(kept_, 0.5 * seconds / spreadS_);
  if (more <= 0) return;
  kept_ -= more;
  for (Purse& purse : purses_) {
    for (auto& row : purse.coins) {
      for (double& coins : row) coins += more / kBets;
    }
  }
}

void Split::multiply(Purse& purse, double times, double points) const {
  auto& [byTimes, byPoints] = purse.coins;
  if (margin_.points <= 0) {
    byTimes.fill(std::min(byTimes[0] * times, kCoinsMax));
    byPoints = byTimes;
    return;
  }
  const auto before = purse.coins;
  for (std::size_t at = 0; at <= kChanges; ++at) {
    const double fromPoints = at == 0 ? before[0][0] : std::min(before[0][at], before[1][at - 1]);
    const double fromTimes = at == 0 ? before[1][0] : std::min(before[1][at], before[0][at - 1]);
    byTimes[at] = std::min(fromPoints * times, kCoinsMax);
    byPoints[at] = std::min(fromTimes * points, kCoinsMax);
  }
}

void Split::add(const std::vector<Moment>& moments) {
  double seconds = 0;
  bool shared = false;
  for (const Moment& moment : moments) {
    seconds = std::max(seconds, moment.seconds);
    shared = shared || moment.shared;
  }
  stake(seconds);
  const double most = std::log(shared ? 1.0 : momentMax_);
  for (std::size_t at = 0; at < kBets; ++at) {
    double times = 0, points = 0;  // logarithms
    for (const Moment& moment : moments) {
      const double r = moment.freshCount / moment.oldCount;
      const double m = margin_.times;
      const double x = 1 - (1 + m * r) / (1 + m * kOdds[at] * r);
      const double old = moment.oldHits == 0 ? 0 : moment.oldHits * std::log1p(-x);
      times += old + moment.freshHits * std::log1p(x / (m * r));
      points += old + moment.freshHits * std::log1p(x / r) - moment.oldCount * margin_.points * x;
    }
    multiply(purses_[at], std::exp(std::min(times, most)), std::exp(std::min(points, most)));
  }
}

double Split::worth() const {
  double sum = 0;
  for (const Purse& purse : purses_) sum += std::min(purse.coins[0][kChanges], purse.coins[1][kChanges]);
  return sum;
}

}  // namespace orbit::verdict
