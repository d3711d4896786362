// Bets on how the hits of a moment (failures, or answers slower than a mark) split between two releases: an e-process,
// that is, a purse whose expected worth never grows while the new release is within the margin.
//
// In one moment the old release had nO requests and fO hits, the new one nN and fN, r = nN / nO. A bet x in (0, 1]
// multiplies the stake by
//     times:   (1 + x / (m r))^fN (1 - x)^fO                      fair if pN <= m pO
//     points:  (1 + x / r)^fN     (1 - x)^fO  exp(-nO d x)        fair if pN <= pO + d
// whatever pO is and however it changes between moments: with hits independent in the moment, E[(1 + a)^f] <= exp(n p
// a) for binomial counts, and the exponents add up to nothing or less. The first one is the likelihood ratio of the
// conditional binomial test for odds w against m, with x = 1 - (1 + m r) / (1 + w r). The margin max(m pO, pO + d) is
// either the one or the other, so the smaller purse of the two counts; and because pO may drift from where the one
// binds to where the other does, the smallest over all histories that change between them at most twice.
//
// Hits come in clusters: a pause of one instance slows all it has in hand. With a correlation c between two requests of
// one side in one moment, n of them are worth n / (1 + (n - 1) c), and so are their hits. c is measured by how much a
// side's rate jumps from one moment to the next, more than independent hits would and without the other side doing the
// same, on moments before the one at hand; a bet with counts divided like this stays fair for independent hits, because
// t -> t^(1/k) is concave.
// Thread rules: a plain value.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace orbit::verdict {

// What is no reason, for one kind of hit. points 0: only `times` counts.
struct Margin {
  double times = 1, points = 0;
};

// Both releases on one route in one moment.
struct Moment {
  double freshCount = 0, freshHits = 0;
  double oldCount = 0, oldHits = 0;
  double seconds = 0;
  bool shared = false;  // a fault of both: may not gain
};

// How much the hits of one side cluster in a moment.
class Clusters {
 public:
  // How far the rate jumps from the last moment to one of these; 0 if there was none.
  double jump(double count, double hits) const;
  // `otherJump`: the other side's in the same moment.
  void add(double count, double hits, double seconds, double otherJump);
  void pass() { lastCount_ = 0; }  // a moment that tells nothing
  // The correlation, 0..1, as far as it is known; else what is `likely`.
  double correlation(double likely) const;

 private:
  // Sums over pairs of moments: squared jumps of the rate; what they would be with hits that come apart, and what more
  // with hits that come together.
  double jumps_ = 0, apart_ = 0, together_ = 0;
  double hits_ = 0;
  double lastHits_ = 0, lastCount_ = 0;  // 0: there was none
};

class Split {
 public:
  static constexpr std::size_t kBets = 6;
  // Most of the coin is staked at the beginning; the rest follows evenly over `spreadS`.
  Split(Margin margin, double momentMax, double spreadS);
  // Several routes in the same moment are one bet.
  void add(const std::vector<Moment>& moments);
  double worth() const;  // in coins

 private:
  static constexpr std::size_t kChanges = 1;
  struct Purse {
    // [binding margin][changes so far, at most]
    std::array<std::array<double, kChanges + 1>, 2> coins{};
  };
  // By how much the counts of each side are to be divided.
  struct Weight {
    double fresh = 1, old = 1;
  };
  Weight weigh(double freshCount, double oldCount) const;
  void stakeCoins(double more);
  void multiply(Purse& purse, double times, double points) const;

  Margin margin_;
  double momentMax_, spreadS_;
  double kept_;  // of the coin, not staked yet
  Clusters fresh_, old_;
  std::array<Purse, kBets> purses_{};
};

}  // namespace orbit::verdict
