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
// binds to where the other does, the smallest over all histories that change between them at most once. Of several
// routes each may be bound by another one, so bets on all of them together must be fair for both at once:
//     sum:     (1 + x / (m r))^fN (1 - x)^fO  exp(-nO d x / m)    fair if pN <= m pO + d
//
// Hits come in clusters: one page's requests fail together, a pause of one instance slows all it has in hand. When hits
// come in clusters of s, E[s^2] / E[s] = w is by how much their number varies more than that of independent ones; hits
// and requests are divided by w, and what is left is as good as independent. w is measured by how far a side's rate
// sticks out of the moments before and after, more than with independent hits and without the other side doing the
// same, on moments before the one at hand. A rate that rises and stays is no cluster. Two ways to carry it over to a
// moment with more or fewer requests: clusters keep their size (a page has as many requests however many visitors there
// are), or they grow with the requests (the pause). The larger counts, and of both sides the larger: what makes hits
// cluster is mostly not the release, and the side with a tenth of the requests cannot know. A bet with counts divided
// like this stays fair for independent hits, because t -> t^(1/w) is concave. What hits both sides at once is not
// measured: at its edges the noise of the smaller side would count as clusters of the larger.
//
// A fault of both can only lose, and would leave nothing to bet with afterwards. So a part of each purse is not bet: a
// hundredth in any moment, and nine tenths in one that follows a shared fault. Both are chosen before the moment, so
// the bet stays fair. Thread rules: a plain value.
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

// Whether a fault that hits the old release hits the new one too, at a quarter of its rate or more.
bool hitsBoth(const Moment& moment);

// How much the hits of one side cluster in a moment.
class Clusters {
 public:
  // How far the rate jumps from the last moment to one of these; 0 if there was none.
  double jump(double count, double hits) const;
  // `otherJump`: the other side's in the same moment.
  void add(double count, double hits, double seconds, double otherJump);
  // The next moment has no neighbour before it.
  void breakOff();
  // How hits come together, as far as it is known.
  struct Seen {
    double excess = 0;       // of the variance over that of independent hits, in shares of it
    double correlation = 0;  // of two requests
  };
  Seen seen() const;

 private:
  struct Rate {
    double count = 0, hits = 0;
  };
  // Sums over moments: how far their rates stick out of their neighbours', squared; what that would be with hits that
  // come apart, and what more with hits that come together.
  double out_ = 0, apart_ = 0, together_ = 0;
  double outBySize_ = 0, apartBySize_ = 0;  // the same, times the requests
  double hits_ = 0;
  double counts_ = 0, moments_ = 0;
  Rate last_, beforeLast_;  // count 0: there was none
  double lastJump_ = 0;
};

class Split {
 public:
  static constexpr std::size_t kBets = 6;
  // Most of the coin is staked at the beginning; the rest follows evenly over `spreadS`.
  Split(Margin margin, double momentMax, double spreadS);
  // Routes in the same moment are one bet. `several`: it is not always the same one.
  void add(const std::vector<Moment>& moments, bool several = false);
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
  double held_;  // of each purse, not bet in the next moment
  Clusters fresh_, old_;
  std::array<Purse, kBets> purses_{};
};

}  // namespace orbit::verdict
