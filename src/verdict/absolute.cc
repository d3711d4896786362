// Evidence that needs no comparison, unless the old release shows the same.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/verdict.h"

namespace orbit::verdict {
namespace {

constexpr unsigned kTimes = 5;   // at which requests failed, at least so far apart,
constexpr double kApartS = 0.9;  // before everything fails
constexpr double kGraceS = 1;    // for the same to be seen of the old release: the engine or the machine died

std::string times(unsigned count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", count);
}

}  // namespace

void Judge::weighInstances(const Tick& tick) {
  exits_ += tick.fresh.exits;
  oomKills_ += tick.fresh.oomKills;
  oldExits_ += tick.old.exits;
  oldOomKills_ += tick.old.oomKills;
  if (tick.fresh.exits > 0 && tick.old.exits > 0) sharedForS_ = std::max(sharedForS_, kGraceS);
  const unsigned exitsMax = std::clamp(tick.fresh.count, 1U, policy_.exitsMax);
  const bool killed = oomKills_ > oldOomKills_;
  if (!killed && exits_ < oldExits_ + exitsMax) {
    gravelyS_ = 0;
    return;
  }
  gravelyS_ += tick.seconds;
  if (gravelyS_ < kGraceS || !absolute_.empty()) return;
  if (killed) {
    absolute_.push_back(fmt::format("an instance of {} was killed because it ran out of memory", names_.fresh));
  } else {
    const std::string who = tick.fresh.count <= 1 ? "the instance" : fmt::format("instances (of {})", tick.fresh.count);
    absolute_.push_back(fmt::format("{} of {} exited {} in {:.0f} s", who, names_.fresh, times(exits_), seconds_));
  }
}

void Judge::weighProbes(const Tick& tick) {
  const auto allFail = [](const Instances& all) { return all.count > 0 && all.failing >= all.count; };
  const bool alone = tick.old.count == 0;
  if (!allFail(tick.fresh)) {
    probesFailingS_ = 0;
    return;
  }
  if (allFail(tick.old) || !tick.dependenciesHealthy) {
    probesFailingS_ = 0;
    sharedForS_ = std::max(sharedForS_, kGraceS);
    return;
  }
  probesFailingS_ += tick.seconds;
  if (probesFailingS_ < (alone ? policy_.probesFailingAloneS : policy_.probesFailingS) || !absolute_.empty()) return;
  absolute_.push_back(alone ? fmt::format("{} does not pass its own probe, for {:.0f} s", names_.fresh, probesFailingS_)
                            : fmt::format("no instance of {} passes its own probe, for {:.0f} s; those of {} do",
                                          names_.fresh, probesFailingS_, names_.old));
}

// Everything fails, for a while, with nothing old beside it and the dependencies well. With a control the split says
// more, and sooner: that all of the new release's requests fail shows nothing if half of the old one's should have
// too, and that they do not takes some requests of its own to see, which the split counts.
void Judge::weighSustained(const Tick& tick) {
  if (tick.old.count > 0) {
    sustained_ = {};
    return;
  }
  std::uint64_t requests = 0, failures = 0, repeats = 0;
  for (const RouteTick& route : tick.routes) {
    if (route.gap) continue;
    requests += route.fresh.attempts - std::min(route.fresh.attempts, route.fresh.aborted);
    failures += route.fresh.failed();
    repeats += route.fresh.repeats;
  }
  if (failures < requests || (requests == 0 && sustained_.requests == 0)) {
    sustained_ = {};
    return;
  }
  const std::uint64_t apart = failures - std::min(failures, repeats);
  const double sinceS = sustained_.seconds - sustained_.lastS;
  if (requests > 0 && (sustained_.times == 0 || sinceS >= kApartS)) {
    ++sustained_.times;
    sustained_.lastS = sustained_.seconds;
  }
  sustained_.seconds += tick.seconds;
  sustained_.requests += requests;
  sustained_.apart += apart;
  if (!tick.dependenciesHealthy || !absolute_.empty()) return;
  // Many clients for some seconds, or one that asks again and again for long; not one burst, and then silence.
  const double seconds = sustained_.seconds, many = policy_.sustainedRequests;
  const bool bySeveral = static_cast<double>(sustained_.apart) >= many && seconds >= policy_.sustainedS;
  const bool byOne = static_cast<double>(sustained_.requests) >= 3 * many && seconds >= policy_.sustainedByOneS;
  if ((!bySeveral && !byOne) || sustained_.times < kTimes) return;
  absolute_.push_back(fmt::format("all of {} requests to {} failed in the last {:.0f} s", sustained_.requests,
                                  names_.fresh, sustained_.seconds));
}

}  // namespace orbit::verdict
