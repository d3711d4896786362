// What the edge counted, by half minutes, as alerting judges it: of each service that has objectives its requests, its
// page views, and each minute whether it was up. Private to daemon. Thread rules: the thread of its Loop.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "alert/alert.h"
#include "daemon/watcher.h"
#include "model/alerting.h"
#include "model/live.h"
#include "net/net.h"

namespace orbit::daemon {

class Observer {
 public:
  // Listens to the watcher's records from now on.
  Observer(net::Loop& loop, Watcher& watcher);
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // The services of these settings, in place of those before; what is under way of one that stays is kept.
  using EnvironmentKey = std::pair<std::string, std::string>;
  void watch(const std::map<EnvironmentKey, model::Alerting>& settings);
  // To be called each second: whose requests fail or are slow is only in the records, which are read while any do.
  void listenWhenBad();
  // Whether the half minute under way is over.
  bool due() const;
  // What a request of ours by the public name got: evidence for the minute under way, beside visitors'.
  void probed(const alert::Place& place, const Status& asked);
  // Tells what was in it, and begins the next one.
  void tell(alert::Alerts& alerts);

 private:
  // Who asked in the half minute under way; known only for what records were read of.
  struct Clients {
    std::vector<std::uint64_t> seen, overP50, overP99;
    std::map<std::uint64_t, std::uint64_t> failing;  // how often each
  };
  // Of the minute under way.
  struct Minute {
    int windows = 0;
    std::uint64_t all = 0, bad = 0;
    int answered = 0, unanswered = 0;  // of our own requests
    std::string why;                   // the last of those
    bool gap = false;
  };
  struct Watch {
    alert::Place place;
    model::Objectives objectives;
    Clients clients;
    Minute minute;
  };
  void note(const signal::Reader::Seen& seen);
  static void fill(alert::Window& window, const observe::Window& counted, Clients clients,
                   const model::Objectives& objectives);
  static void tellMinute(Watch& watch, const alert::Window& window, alert::Alerts& alerts);
  std::int64_t now() const { return loop_.clock().wallUs(); }

  net::Loop& loop_;
  Watcher& watcher_;
  std::map<std::string, Watch> watches_;  // by the service's name in signals
  std::int64_t windowFromUs_ = 0, lookedUs_ = 0;
};

}  // namespace orbit::daemon
