// What the edge saw of two releases, as deploy's verdict wants it: Evidence over the tick's windows and records.
// Private to daemon. Thread rules: the thread of its Loop.
//
// Counts and latencies are exact, from counters. Which failures repeat one, and after how long clients went away, is
// from records; when a ring overflows between two ticks (4,096 a worker), some of these stay unknown: a repeat then
// counts as a failure. A TCP port is a route of its own, ":5432", without latency: a connection lasts as long as it is
// wanted.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "daemon/watcher.h"
#include "deploy/deploy.h"
#include "verdict/verdict.h"

namespace orbit::daemon {

class ReleaseEvidence final : public deploy::Evidence {
 public:
  ReleaseEvidence(net::Loop& loop, Watcher& watcher);

  net::Task<std::vector<verdict::RouteTick>> next(std::string tableService, std::string newRelease,
                                                  std::string oldRelease, net::Wait wait) override;
  Summary summary(const std::string& tableService, const std::string& release, Duration span) const override;

 private:
  struct Extra {  // what only records tell, of one release on one route, and was not given yet
    std::uint64_t repeats = 0;
    signal::Histogram aborts;
  };
  struct Watch {
    std::string service, fresh, old;
    std::uint64_t seen = 0;  // tick
    Instant askedAt{};
    verdict::Repeats repeats;
    std::map<std::string, Extra> extras;  // by release and route
  };
  Watch& watchOf(const std::string& service, const std::string& fresh, const std::string& old);
  void forgetIdle();
  void note(const signal::Reader::Seen& seen);
  std::vector<verdict::RouteTick> take(Watch& watch, std::size_t ticks);

  net::Loop& loop_;
  Watcher& watcher_;
  std::map<std::string, Watch> watches_;
};

}  // namespace orbit::daemon
