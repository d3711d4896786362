#include <algorithm>
#include <cmath>

#include "verdict/verdict.h"

namespace orbit::verdict {
namespace {

constexpr double kQuiet = 0.004;  // of the coins needed: less is no suspicion, and no reason to wait
constexpr double kSuspectedTimes = 3;
constexpr std::uint64_t kWarmAnswers = 50;
constexpr double kSharedToldS = 2;

}  // namespace

std::string_view confidenceText(Confidence confidence) {
  switch (confidence) {
    case Confidence::kNotJudged:
      return "not judged: no requests";
    case Confidence::kNotEnough:
      return "not enough yet";
    case Confidence::kNoDifference:
      return "no difference found";
    case Confidence::kWorse:
      return "worse";
  }
  return "";
}

Judge::Judge(const Policy& policy, Names names, Stage first)
    : policy_(policy), names_(std::move(names)), stage_(first), service_(policy) {}

void Judge::promoted() {
  if (stage_ == Stage::kPromoted) return;
  stage_ = Stage::kPromoted;
  stageSeconds_ = 0;
  stageFresh_ = {};
  stageOld_ = {};
  for (auto& [name, route] : routes_) route.newStage();
}

void Judge::weighRoutes(const Tick& tick) {
  // Those that are new here get the larger shares the more requests they have.
  std::vector<const RouteTick*> routes;
  for (const RouteTick& route : tick.routes) routes.push_back(&route);
  std::stable_sort(routes.begin(), routes.end(), [](const RouteTick* a, const RouteTick* b) {
    return a->old.attempts + a->fresh.attempts > b->old.attempts + b->fresh.attempts;
  });
  const double warmS = tick.fresh.youngestS - policy_.warmUpS;
  const bool warmingUp = warmS < 0;
  const double slowTimes =
      policy_.slowTimes * (1 + policy_.coldLeft * std::exp(-std::max(0.0, warmS) / policy_.coldFadesS));
  std::vector<Moments> moments;
  for (const RouteTick* seen : routes) {
    if (seen->gap) continue;
    fresh_.add(seen->fresh);
    old_.add(seen->old);
    stageFresh_.add(seen->fresh);
    stageOld_.add(seen->old);
    if (!warmingUp) warm_ += seen->fresh.latency.count();
    auto at = routes_.find(seen->route);
    if (at == routes_.end()) {
      if (routes_.size() >= kRoutesMax) continue;
      at = routes_.emplace(seen->route, Route(policy_, static_cast<unsigned>(routes_.size() + 1))).first;
    }
    const std::optional<Moments> moment =
        at->second.add(*seen, {tick.seconds, warmingUp, slowTimes, !tick.dependenciesHealthy}, policy_);
    if (!moment) continue;
    at->second.bets.add({*moment});
    moments.push_back(*moment);
  }
  if (!moments.empty()) service_.add(moments, routes_.size() > 1);
}

// Told when the old release fails far more than usual and the new one does too, or was not asked.
void Judge::lookForSharedFault(const Tick& tick) {
  sharedForS_ = std::max(0.0, sharedForS_ - tick.seconds);
  second_.seconds += tick.seconds;
  for (const RouteTick& route : tick.routes) {
    second_.oldCount += static_cast<double>(route.old.attempts);
    second_.oldHits += static_cast<double>(route.old.failed());
    second_.freshCount += static_cast<double>(route.fresh.attempts);
    second_.freshHits += static_cast<double>(route.fresh.failed());
  }
  if (second_.seconds < 1 || second_.oldCount < 5) return;
  const bool fault = usual_.exceeded(second_.oldCount, second_.oldHits);
  if (!fault) usual_.add(second_.oldCount, second_.oldHits, second_.seconds);
  if (fault && hitsBoth(second_)) sharedForS_ = kSharedToldS;
  second_ = {};
}

double Judge::evidence() const {
  double coins = kServiceShare * service_.worth();
  for (const auto& [name, route] : routes_) coins += (1 - kServiceShare) * route.share * route.bets.worth();
  return coins * policy_.budget / policy_.watchedTogether;
}

Action Judge::action(Confidence confidence) const {
  if (confidence == Confidence::kWorse) return Action::kRollBack;
  if (stage_ == Stage::kPromoted) return stageSeconds_ >= policy_.settleS ? Action::kSettle : Action::kKeepWatching;
  // One under suspicion keeps its share for longer: what it does meanwhile clears it or takes it back.
  const bool suspected = evidence() >= kQuiet;
  if (stageSeconds_ >= policy_.shareMaxS * (suspected ? kSuspectedTimes : 1)) return Action::kPromote;
  const bool seen = confidence == Confidence::kNoDifference && warm_ >= kWarmAnswers && !suspected;
  return seen ? Action::kPromote : Action::kKeepWatching;
}

Decision Judge::step(const Tick& tick) {
  seconds_ += tick.seconds;
  stageSeconds_ += tick.seconds;
  lookForSharedFault(tick);
  weighInstances(tick);
  weighProbes(tick);
  weighSustained(tick);
  weighRoutes(tick);

  Decision decision;
  decision.evidence = evidence();
  decision.seconds = seconds_;
  decision.sharedFault = sharedForS_ > 0;
  worse_ = worse_ || decision.evidence >= 1 || !absolute_.empty();
  decision.confidence = worse_                 ? Confidence::kWorse
                        : fresh_.attempts == 0 ? Confidence::kNotJudged
                        : enough()             ? Confidence::kNoDifference
                                               : Confidence::kNotEnough;
  decision.action = action(decision.confidence);
  if (worse_) decision.reasons = reasons();
  return decision;
}

}  // namespace orbit::verdict
