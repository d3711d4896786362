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
// Of each purse, not bet in a moment: what a fault that begins leaves of it, and what each more moment of the fault
// does.
constexpr double kHeld = 0.01, kHeldInFault = 0.9;
constexpr double kRememberS = 300;  // how far back clusters are measured
constexpr double kDoubt = 3;        // of a cluster: so much of what was seen may be chance
constexpr double kMuch = 6;         // hits in three moments: more of them do not tell much more
// How much chance adds to what is 1 for hits that come apart, squared: of one hit, and of one moment.
constexpr double kChanceOfHit = 12, kChanceOfMoment = 20;

}  // namespace

bool hitsBoth(const Moment& moment) {
  return moment.freshHits * moment.oldCount >= moment.freshCount * moment.oldHits / 4;
}

double Clusters::jump(double count, double hits) const {
  return last_.count > 0 ? hits / count - last_.hits / last_.count : 0;
}

// A moment that sticks out makes a jump and one back: less their product is the square of it on average, and nothing
// where a rate rises and stays. What both sides do together cancels on average. The variance of a hit is taken from the
// same moments, because rates change; and the seconds in which all fails do not outweigh the minutes in which little
// does.
void Clusters::add(double count, double hits, double seconds, double otherJump) {
  const double keep = std::exp(-seconds / kRememberS);
  for (double* sum : {&outBySize_, &apartBySize_, &out_, &apart_, &together_, &hits_, &counts_, &moments_})
    *sum *= keep;
  const double ownJump = jump(count, hits);
  const double three = count + last_.count + beforeLast_.count, threeHits = hits + last_.hits + beforeLast_.hits;
  if (beforeLast_.count > 0 && threeHits > 0) {
    const double rate = threeHits / three;
    const double variance = rate * (1 - rate) * three / std::max(1.0, three - 1);
    const double part = kMuch / (kMuch + threeHits);
    const double out = -(ownJump - otherJump) * lastJump_;
    outBySize_ += part * out * last_.count;
    apartBySize_ += part * variance;
    out_ += part * out;
    apart_ += part * variance / last_.count;
    together_ += part * variance * (1 - 1 / last_.count);
    hits_ += part * last_.hits;
    counts_ += last_.count;
    ++moments_;
  }
  beforeLast_ = last_;
  last_ = {count, hits};
  lastJump_ = ownJump;
}

void Clusters::breakOff() {
  last_ = beforeLast_ = {};
  lastJump_ = 0;
}

// A moment sticks out by p (1 - p) / n w on average, if clusters keep their size, and by p (1 - p) (1 / n + c (1 - 1 /
// n)) if any two hits of a side have the correlation c. What chance alone adds when hits come apart is taken off.
Clusters::Seen Clusters::seen() const {
  if (hits_ <= 0 || apart_ <= 0) return {};
  const double chance = 1 + std::sqrt(kChanceOfHit / hits_ + kChanceOfMoment / moments_);
  Seen seen;
  seen.excess = std::clamp(outBySize_ / apartBySize_ - chance, 0.0, std::max(0.0, counts_ / moments_ - 1));
  seen.correlation = together_ > 0 ? std::clamp((out_ - apart_ * chance) / together_, 0.0, 1.0) : 0;
  const double clusters = hits_ / (1 + seen.excess), sure = clusters / (clusters + kDoubt);
  return {seen.excess * sure, seen.correlation * sure};
}

Split::Split(Margin margin, double momentMax, double spreadS)
    : margin_(margin), momentMax_(momentMax), spreadS_(spreadS), kept_(1 - kStaked), held_(kHeld) {
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
  const Clusters::Seen fresh = fresh_.seen(), old = old_.seen();
  const double excess = std::max(fresh.excess, old.excess);
  const double correlation = std::max(fresh.correlation, old.correlation);
  const auto weight = [&](double count) { return 1 + std::max(excess, (count - 1) * correlation); };
  return {weight(freshCount), weight(oldCount)};
}

void Split::add(const std::vector<Moment>& moments, bool several) {
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
    double times = 0, points = 0, sum = 0;  // logarithms
    for (const Moment& moment : moments) {
      const double freshHits = moment.freshHits / weight.fresh, oldHits = moment.oldHits / weight.old;
      const double oldCount = moment.oldCount / weight.old;
      const double r = moment.freshCount / weight.fresh / oldCount;
      const double x = 1 - (1 + m * r) / (1 + m * kOdds[at] * r);
      const double old = oldHits > 0 ? oldHits * std::log1p(-x) : 0;
      times += old + (freshHits > 0 ? freshHits * std::log1p(x / (m * r)) : 0);
      if (margin_.points <= 0) continue;
      points += old + (freshHits > 0 ? freshHits * std::log1p(x / r) : 0) - oldCount * margin_.points * x;
      sum -= oldCount * margin_.points * x / m;
    }
    if (several) times = points = sum + times;
    const auto held = [&](double log) { return held_ + (1 - held_) * std::exp(std::min(log, most)); };
    multiply(purses_[at], held(times), held(points));
  }
  held_ = all.shared ? kHeldInFault : kHeld;
  // What hits both says nothing of how hits cluster: whose noise is whose cannot be told at its edges.
  if (all.shared && all.freshHits > 0 && hitsBoth(all)) {
    fresh_.breakOff();
    old_.breakOff();
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
