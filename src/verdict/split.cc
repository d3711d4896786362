#include "verdict/split.h"

#include <algorithm>
#include <cmath>

namespace orbit::verdict {
namespace {

// How many times the odds that are good enough.
constexpr std::array<double, Split::kBets> kOdds = {1.5, 2, 3, 6, 10, 20};
constexpr std::array<double, Split::kBets> kShares = {0.12, 0.12, 0.14, 0.2, 0.22, 0.2};
constexpr double kStaked = 0.85;    // of the coin, at the beginning
constexpr double kCoinsMax = 1e12;  // no need to count on
constexpr double kRememberS = 300;  // how far back clusters are measured
constexpr double kLikelyHits = 4;   // what "likely" counts against hits that were seen

}  // namespace

double Clusters::jump(double count, double hits) const {
  return lastCount_ > 0 ? hits / count - lastHits_ / lastCount_ : 0;
}

// The variance of a hit is taken from the same two moments, because rates change.
void Clusters::add(double count, double hits, double seconds, double otherJump) {
  const double keep = std::exp(-seconds / kRememberS);
  for (double* sum : {&jumps_, &apart_, &together_, &hits_}) *sum *= keep;
  if (lastCount_ > 0 && hits + lastHits_ > 0) {
    const double both = count + lastCount_;
    const double rate = (hits + lastHits_) / both;
    const double variance = rate * (1 - rate) * both / std::max(1.0, both - 1);
    const double inverse = 1 / count + 1 / lastCount_;
    const double ownJump = jump(count, hits);
    jumps_ += ownJump * (ownJump - otherJump);  // what both sides do together cancels on average
    apart_ += variance * inverse;
    together_ += variance * (2 - inverse);
  }
  hits_ += hits;
  lastHits_ = hits;
  lastCount_ = count;
}

// A jump's square is on average p (1 - p) (h + c (2 - h)) with h = 1/n + 1/n'.
double Clusters::correlation(double likely) const {
  if (hits_ <= 0 || together_ <= 0) return likely;
  const double error = apart_ / (apart_ + together_) * std::sqrt(2 / hits_);  // of what follows: less is noise
  const double seen = std::clamp((jumps_ - apart_) / together_ - error, 0.0, 1.0);
  return (seen * hits_ + likely * kLikelyHits) / (hits_ + kLikelyHits);
}

Split::Split(Margin margin, double momentMax, double spreadS)
    : margin_(margin), momentMax_(momentMax), spreadS_(spreadS), kept_(1 - kStaked) {
  stakeCoins(kStaked);
}

void Split::stakeCoins(double more) {
  for (std::size_t at = 0; at < kBets; ++at) {
    for (auto& row : purses_[at].coins) {
      for (double& coins : row) coins += more * kShares[at];
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

Split::Weight Split::weigh(double freshCount, double oldCount) const {
  const double fresh = fresh_.correlation(old_.correlation(0));
  const double old = old_.correlation(fresh_.correlation(0));
  return {1 + std::max(0.0, freshCount - 1) * fresh, 1 + std::max(0.0, oldCount - 1) * old};
}

void Split::add(const std::vector<Moment>& moments) {
  Moment all;
  for (const Moment& moment : moments) {
    all.freshCount += moment.freshCount;
    all.freshHits += moment.freshHits;
    all.oldCount += moment.oldCount;
    all.oldHits += moment.oldHits;
    all.seconds = std::max(all.seconds, moment.seconds);
    all.shared = all.shared || moment.shared;
  }
  const double more = std::min(kept_, (1 - kStaked) * all.seconds / spreadS_);
  kept_ -= more;
  stakeCoins(more);
  const Weight weight = weigh(all.freshCount, all.oldCount);
  const double most = std::log(all.shared ? 1.0 : momentMax_);
  const double m = margin_.times;
  for (std::size_t at = 0; at < kBets; ++at) {
    double times = 0, points = 0;  // logarithms
    for (const Moment& moment : moments) {
      const double freshHits = moment.freshHits / weight.fresh, oldHits = moment.oldHits / weight.old;
      const double oldCount = moment.oldCount / weight.old;
      const double r = moment.freshCount / weight.fresh / oldCount;
      const double x = 1 - (1 + m * r) / (1 + m * kOdds[at] * r);
      const double old = oldHits > 0 ? oldHits * std::log1p(-x) : 0;
      times += old + (freshHits > 0 ? freshHits * std::log1p(x / (m * r)) : 0);
      if (margin_.points <= 0) continue;
      points += old + (freshHits > 0 ? freshHits * std::log1p(x / r) : 0) - oldCount * margin_.points * x;
    }
    multiply(purses_[at], std::exp(std::min(times, most)), std::exp(std::min(points, most)));
  }
  if (all.shared) {
    fresh_.pass();
    old_.pass();
    return;
  }
  const double freshJump = fresh_.jump(all.freshCount, all.freshHits), oldJump = old_.jump(all.oldCount, all.oldHits);
  fresh_.add(all.freshCount, all.freshHits, all.seconds, oldJump);
  old_.add(all.oldCount, all.oldHits, all.seconds, freshJump);
}

double Split::worth() const {
  double sum = 0;
  for (const Purse& purse : purses_) sum += std::min(purse.coins[0][kChanges], purse.coins[1][kChanges]);
  return sum;
}

}  // namespace orbit::verdict
