// What an environment promises, what it wants to be told of, and who is told: `x-orbit.objectives` and `x-orbit.alerts`
// with the defaults filled in. Texts that come from secrets hold marks (model/secret_mark.h). Thread rules: plain
// values.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/plan.h"

namespace orbit::model {

enum class Severity : std::uint8_t { kWarning, kCritical };

// A target, and the value beyond which somebody is told.
struct Objective {
  double target = 0, alert = 0;
  bool on = true;
  bool operator==(const Objective&) const = default;
};

struct Objectives {
  Objective p50Ms{100, 200};
  Objective p99Ms{500, 1000};
  Objective uptimePercent{99.9, 99.5};  // lower is worse
  Objective errorPercent{0.1, 1};
  Objective lcpMs{1500, 2500};  // at p75 of page views
  bool operator==(const Objectives&) const = default;
};

// A rule of the user's own: a metric, a comparison, a duration.
struct OwnRule {
  std::string name;
  std::string service;  // "": each of the environment
  std::string metric;   // kOwnMetrics
  bool above = true;    // false: below
  double value = 0;
  Duration span = std::chrono::minutes(2);  // how long it has to hold
  Severity severity = Severity::kWarning;
  bool operator==(const OwnRule&) const = default;
};

// What own rules can be about.
inline constexpr std::string_view kOwnMetrics[] = {"requests_per_minute", "error_percent", "p50_ms", "p99_ms", "lcp_ms",
                                                   "cpu_percent",         "memory_bytes"};

struct Receiver {
  enum class Kind { kWebhook, kSlack, kEmail, kNtfy, kCommand };
  std::string name;
  Kind kind = Kind::kWebhook;
  std::string url;                   // of webhook, slack, ntfy; smtp://user@host:587 or smtps://host of an e-mail
  std::string secret;                // signs a webhook; the token of ntfy; the password of SMTP
  std::string ca;                    // a file of certificates to trust it by, beside the public ones
  std::string to, from;              // e-mail addresses, `to` with commas
  std::vector<std::string> command;  // its exec form
  bool allowPrivate = false;         // may be on this machine or in a private network
  bool operator==(const Receiver&) const = default;
};
std::string_view kindName(Receiver::Kind kind);  // "webhook", "slack", "email", "ntfy", "command"

// Who is told of what, and when. All routes that match count.
struct AlertRoute {
  std::vector<std::string> to;
  Severity least = Severity::kWarning;
  int fromMinute = 0, untilMinute = 0;  // of the day, by `zoneMinutes`; the same: always
  int zoneMinutes = 0;                  // east of UTC
  Duration repeat{};                    // told again while nobody has acknowledged it; zero: not
  bool operator==(const AlertRoute&) const = default;
};

struct Heartbeat {
  std::string url;  // "": none
  Duration every = std::chrono::minutes(1);
  bool allowPrivate = false;
  bool operator==(const Heartbeat&) const = default;
};

struct ServiceAlerting {
  Objectives objectives;
  bool routed = true;
  bool off = false;                // nothing of it is told
  std::vector<std::string> after;  // what it depends on: its alerts stay quiet under theirs
  bool operator==(const ServiceAlerting&) const = default;
};

struct Alerting {
  std::string project, environment;
  std::map<std::string, ServiceAlerting> services;
  std::vector<OwnRule> rules;
  std::vector<Receiver> receivers;
  std::vector<AlertRoute> routes;  // none: everything to every receiver
  Heartbeat heartbeat;
  bool operator==(const Alerting&) const = default;
};

}  // namespace orbit::model
