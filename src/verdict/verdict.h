// The door of verdict: keep, wait or roll back, as a pure function of what was seen and a policy. No clock, no I/O, the
// same ticks give the same decisions. docs/verdict.md says the same for those who deploy.
//
// The intuition. Two releases of one service answer real requests side by side. When a database stalls, both fail; when
// the new release is bad, it alone does. So nothing is compared with the past: of the failures in one moment, how many
// fell on the new release? It has one request in ten, so if it is as good as the old one, about one failure in ten is
// its own, however many there are. Ten failures that are all its own are a coin that shows one face too often. Latency
// is read the same way: of the answers slower than the old release's own p50, p90 and p99, how many were the new one's?
//
// Betting. We start with one coin and bet it, moment by moment, on "the next failure falls on the new release" at the
// odds that are fair for a release that is only just good enough. Against such a release (or a better one) no way of
// betting gains on average, so the chance to ever hold 5,000 coins is at most 1 in 5,000, no matter how often we look
// (Ville's inequality; the coins are an e-process). Against a bad one they double every failure or two. Because nobody
// knows how bad, the coin is split over bets for 1.5 to 20 times the odds that are good enough, and a part is kept back
// and staked bit by bit, for releases that go bad later (split.h).
//
// Good enough is a margin, not equality: failures within max(2 x old, old + 0.5 point), quantiles within 1.2 x old or
// 1 ms. With enough traffic a harmless 10 % is found too, and is no reason to take a release back.
//
// The budget. One false alarm in 5,000 watches, for all of it together: the coin is split over the service as a whole
// (0.65) and its single routes (the first 0.175, the next a third of that, …, the busiest first), and then over what is
// bet on: failures 0.6, 4xx 0.04, slower than the old p50 0.04, p90 0.16, p99 0.16. The sum of all purses decides.
// Looking more often, or at more routes, costs nothing more.
//
// What is not independent. A burst must not count as many witnesses: one client's retries of a path count once
// (repeats.h), hits that come in clusters count less (split.h), and no moment may gain more than a factor of 15, so
// that it takes at least four of them. When the old release fails far more than it does otherwise, or what the service
// depends on is ill, the moment is a shared fault: it can speak for the new release only. While an instance of the new
// release is younger than 30 s its failures count, its latency does not; after that the margin for it narrows to 1.2 x
// as a cold start fades.
//
// Low traffic. Without failures nothing was shown: not that the release is good, only that we do not know. A verdict is
// therefore never "fine". It is kNotJudged (no request yet), kNotEnough (a release five times as bad could still have
// hidden), kNoDifference (it could not), or kWorse. A release without traffic is promoted by time and says so.
//
// Without a control (nothing old beside it) only absolute evidence takes back: exits, kills by OOM, all own probes
// failing, everything failing for a while with its dependencies healthy. With one, exits, kills and probes count too,
// unless the old release shows the same; failing requests are then compared, and only compared.
//
// Thread rules: plain values; copy a Judge to keep it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "verdict/evidence.h"  // IWYU pragma: export
#include "verdict/policy.h"    // IWYU pragma: export
#include "verdict/repeats.h"   // IWYU pragma: export
#include "verdict/route.h"

namespace orbit::verdict {

enum class Stage : std::uint8_t { kShare, kPromoted };

enum class Action : std::uint8_t { kKeepWatching, kPromote, kSettle, kRollBack };

enum class Confidence : std::uint8_t { kNotJudged, kNotEnough, kNoDifference, kWorse };
std::string_view confidenceText(Confidence confidence);  // "not judged: no requests", "not enough yet", …

struct Decision {
  Action action = Action::kKeepWatching;
  Confidence confidence = Confidence::kNotJudged;
  bool sharedFault = false;          // now: both releases are hit, nobody's release
  std::vector<std::string> reasons;  // of kRollBack: sentences, the strongest first
  double evidence = 0;               // coins held of those needed; 1 or more: worse
  double seconds = 0;                // since the watch began
};

class Judge {
 public:
  struct Names {
    std::string fresh, old;  // "r12", "r11"; for sentences
  };
  // `first`: kPromoted where there is no share: a release that replaced the old one at once.
  Judge(const Policy& policy, Names names, Stage first = Stage::kShare);

  // kRollBack is for ever. kPromote is repeated until promoted() was called, kSettle ends a watch.
  Decision step(const Tick& tick);
  void promoted();  // it has nearly all requests now

  Stage stage() const { return stage_; }
  const Total& fresh() const { return fresh_; }
  const Total& old() const { return old_; }

 private:
  static constexpr std::size_t kRoutesMax = 64;  // more are judged with the service as a whole only

  // absolute.cc
  void weighInstances(const Tick& tick);
  void weighProbes(const Tick& tick);
  void weighSustained(const Tick& tick);
  // judge.cc
  void weighRoutes(const Tick& tick);
  void lookForSharedFault(const Tick& tick);
  double evidence() const;
  Action action(Confidence confidence) const;
  // enough.cc
  bool enough() const;
  // reasons.cc
  std::vector<std::string> reasons() const;

  Policy policy_;
  Names names_;
  Stage stage_;
  double seconds_ = 0, stageSeconds_ = 0;
  Total fresh_, old_;            // of the watch
  Total stageFresh_, stageOld_;  // of the stage: only with the same shares can sums be compared
  std::map<std::string, Route> routes_;
  Bets service_;
  std::uint64_t warm_ = 0;  // answers of the new release's warm instances
  bool worse_ = false;

  // A shared fault: the old release's failures as usual, and of the second under way.
  Usual usual_;
  Moment second_;
  double sharedForS_ = 0;  // how long it is still told

  // Absolute evidence so far.
  std::vector<std::string> absolute_;  // sentences; not empty: worse
  unsigned exits_ = 0, oldExits_ = 0, oomKills_ = 0, oldOomKills_ = 0;
  double gravelyS_ = 0, probesFailingS_ = 0;
  // Everything failed since then. Without a control only.
  struct Sustained {
    double seconds = 0;
    std::uint64_t requests = 0, apart = 0;  // apart: those that repeat no other
    unsigned times = 0;                     // seconds in which requests failed
    double lastS = 0;                       // the last of them
  } sustained_;
};

}  // namespace orbit::verdict
