// What one service's windows and counts say of each rule. Private to alert. Thread rules: pure functions of their
// inputs.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "alert/alert.h"

namespace orbit::alert {

enum class Finding {
  kBad,
  kGood,
  kUnclear,  // neither: it stays as it was
  kNoData,
};

struct Judged {
  std::string rule;
  Finding finding = Finding::kUnclear;
  model::Severity severity = model::Severity::kCritical;
  std::string why;  // of kBad; of kGood where it is not that all is well
};

// "errors", "latency_p50", "latency_p99", "outage", "traffic", "uptime", "lcp", and the burn rates "errors_burn_1h",
// "errors_burn_6h", "errors_burn_3d", "latency_burn_…".
std::vector<Judged> judge(const Alerts::Watched& watched, const model::ServiceAlerting& settings, std::int64_t nowUs);
// One own rule about this service; `sinceUs`: since when it has held, 0 not.
Judged judgeOwn(const model::OwnRule& rule, const Alerts::Watched& watched, std::int64_t nowUs, std::int64_t& sinceUs);

// Whether the objective that one of judge()'s rules is about, or "probe", is on.
bool isOn(const std::string& rule, const model::Objectives& objectives);

// Whether so many minutes that were down are more than the objective allows of kUptimeMinutes.
bool isTooLong(std::int64_t minutesDown, const model::Objective& uptime);

// The 75th percentile of the last page views; none while there are too few, or the newest is old.
std::optional<double> lcpOf(const Alerts::Watched& watched, std::int64_t nowUs);

// The lower, the more it explains of the others of its service.
int rankOf(const std::string& rule);
// Whether a service with this alert explains what those that depend on it show.
bool explainsDependants(const std::string& rule);

}  // namespace orbit::alert
