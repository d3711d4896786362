#include "alert/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "alert/limits.h"
#include "alert/share.h"

namespace orbit::alert {
namespace {

using model::Severity;
using Watched = Alerts::Watched;

constexpr double kPercent = 100;

bool isKnown(const Watched& watched, std::int64_t nowUs) {
  return !watched.windows.empty() && nowUs - watched.windows.back().toUs < kSilentAfterUs;
}

// The newest `count` windows that were observed, oldest first, when the last was and they follow each other: a short
// gap between two, such as a restart of Orbit's own, is passed over.
std::vector<const Window*> newest(const Watched& watched, std::size_t count) {
  std::vector<const Window*> found;
  if (watched.windows.empty() || watched.windows.back().gap) return {};
  for (auto at = watched.windows.rbegin(); at != watched.windows.rend() && found.size() < count; ++at) {
    if (at->gap) continue;
    if (!found.empty() && found.back()->fromUs - at->toUs > kGapUs) return {};
    found.push_back(&*at);
  }
  if (found.size() < count) return {};
  std::reverse(found.begin(), found.end());
  return found;
}

unsigned distinct(const std::vector<const Window*>& windows, const std::vector<std::uint64_t>& (*of)(const Window&)) {
  std::set<std::uint64_t> all;
  for (const Window* window : windows) all.insert(of(*window).begin(), of(*window).end());
  return static_cast<unsigned>(all.size());
}

const std::vector<std::uint64_t>& seenOf(const Window& window) {
  return window.seen;
}

// One row of the table, as a share of requests that are bad by it.
struct Row {
  const char* rule;
  const Share& (*of)(const Window&);
  const std::vector<std::uint64_t>& (*clients)(const Window&);
  double share;            // more than this is bad
  std::int64_t lastBadUs;  // the last window with any
};

Finding findingOf(const Row& row, const Watched& watched, std::int64_t nowUs) {
  if (!isKnown(watched, nowUs)) return Finding::kNoData;
  const auto bad = newest(watched, kBadWindows);
  Share sum;
  bool each = !bad.empty();
  for (const Window* window : bad) {
    const Share& share = row.of(*window);
    const std::uint64_t evidence = evidenceOf(share, window->seen.size());
    sum.all += share.all;
    sum.bad += evidence;
    each = each && static_cast<double>(evidence) > row.share * static_cast<double>(share.all);
  }
  if (each && certainlyBeyond(sum.bad, sum.all, row.share, distinct(bad, row.clients), distinct(bad, seenOf))) {
    return Finding::kBad;
  }
  const auto good = newest(watched, kGoodWindows);
  if (good.empty()) return watched.windows.back().gap ? Finding::kNoData : Finding::kUnclear;
  Share calm;
  for (const Window* window : good) {
    calm.all += row.of(*window).all;
    calm.bad += evidenceOf(row.of(*window), window->seen.size());
  }
  const bool enough =
      calm.all >= kRequestsLeast && static_cast<double>(calm.bad) < kCalm * row.share * static_cast<double>(calm.all);
  return enough || nowUs - row.lastBadUs > kNoFailureUs ? Finding::kGood : Finding::kUnclear;
}

std::string secondsText(const std::vector<const Window*>& windows) {
  return std::to_string((windows.back()->toUs - windows.front()->fromUs + us(seconds(1)) / 2) / us(seconds(1))) + " s";
}

Judged judgeErrors(const Watched& watched, const model::Objective& objective, std::int64_t nowUs) {
  const Row row{"errors", [](const Window& w) -> const Share& { return w.errors; },
                [](const Window& w) -> const std::vector<std::uint64_t>& { return w.errors.clients; },
                objective.alert / kPercent, watched.errorUs};
  Judged judged{row.rule, findingOf(row, watched, nowUs), Severity::kCritical, ""};
  if (judged.finding != Finding::kBad) return judged;
  const auto windows = newest(watched, kBadWindows);
  std::uint64_t all = 0, bad = 0;
  for (const Window* window : windows) {
    all += window->errors.all;
    bad += window->errors.bad;
  }
  judged.why = fmt::format("{:.1f} % of {} requests failed in {}; more than {:g} % is told",
                           kPercent * static_cast<double>(bad) / static_cast<double>(all), all, secondsText(windows),
                           objective.alert);
  return judged;
}

Judged judgeLatency(const Watched& watched, const model::Objective& objective, bool median, std::int64_t nowUs) {
  constexpr double kMedian = 0.5, kTail = 0.01;
  const Row p50{"latency_p50", [](const Window& w) -> const Share& { return w.p50; },
                [](const Window& w) -> const std::vector<std::uint64_t>& { return w.p50.clients; }, kMedian,
                watched.slowP50Us};
  const Row p99{"latency_p99", [](const Window& w) -> const Share& { return w.p99; },
                [](const Window& w) -> const std::vector<std::uint64_t>& { return w.p99.clients; }, kTail,
                watched.slowP99Us};
  const Row& row = median ? p50 : p99;
  Judged judged{row.rule, findingOf(row, watched, nowUs), Severity::kCritical, ""};
  if (judged.finding != Finding::kBad) return judged;
  const Window& last = watched.windows.back();
  judged.why =
      fmt::format("{} is {:.0f} ms over {}; more than {:g} ms is told", median ? "p50" : "p99",
                  median ? last.p50Ms : last.p99Ms, secondsText(newest(watched, kBadWindows)), objective.alert);
  return judged;
}

// Nothing was answered well, for a minute.
Judged judgeOutage(const Watched& watched, std::int64_t nowUs) {
  Judged judged{"outage", Finding::kUnclear, Severity::kCritical, ""};
  if (!isKnown(watched, nowUs)) {
    judged.finding = Finding::kNoData;
    return judged;
  }
  const auto windows = newest(watched, kBadWindows);
  if (windows.empty()) return judged;
  std::uint64_t all = 0;
  bool down = true, up = true;
  for (const Window* window : windows) {
    const Share& share = window->errors;
    all += share.all;
    down = down && share.all > 0 && share.bad == share.all;
    up = up && share.bad * 2 < share.all;
  }
  const unsigned clients =
      distinct(windows, [](const Window& w) -> const std::vector<std::uint64_t>& { return w.errors.clients; });
  const bool enough = all >= (clients >= kClientsLeast ? kFailuresLeast : kFailuresAloneLeast);
  if (down && enough) {
    judged.finding = Finding::kBad;
    judged.why = fmt::format("no request was answered well in {}: {} failed", secondsText(windows), all);
  } else if (up || nowUs - watched.errorUs > kNoFailureUs) {
    judged.finding = Finding::kGood;
  }
  return judged;
}

// Requests came without a pause for an hour, and stopped.
Judged judgeTraffic(const Watched& watched, std::int64_t nowUs) {
  Judged judged{"traffic", Finding::kUnclear, Severity::kWarning, ""};
  if (!isKnown(watched, nowUs) || watched.windows.back().gap) {
    judged.finding = Finding::kNoData;
    return judged;
  }
  if (watched.windows.back().errors.all > 0) {
    judged.finding = Finding::kGood;
    return judged;
  }
  const auto& counts = watched.requestsOf;
  if (counts.size() < kSteadyWindows) return judged;
  std::int64_t least = -1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const bool silent = i >= counts.size() - kSilentWindows;
    if (silent && counts[i] != 0) return judged;
    if (!silent) least = i == 0 ? counts[i] : std::min(least, counts[i]);
  }
  if (least < static_cast<std::int64_t>(kSteadyRequests)) return judged;
  judged.finding = Finding::kBad;
  judged.why = fmt::format("no request for {} s, after an hour of at least {} in each 30 s",
                           kSilentWindows * static_cast<std::size_t>(kWindowUs / us(seconds(1))), least);
  return judged;
}

// Minutes that were down, scattered: an outage of one piece is `outage`.
Judged judgeUptime(const Watched& watched, const model::Objective& objective, std::int64_t nowUs) {
  Judged judged{"uptime", Finding::kUnclear, Severity::kCritical, ""};
  const Counts::Sum sum = watched.up.sum(nowUs, us(minutes(kUptimeMinutes)));
  if (sum.all == 0) {
    judged.finding = Finding::kNoData;
    return judged;
  }
  const bool recent = nowUs - watched.downUs < us(minutes(2));
  if (recent && isTooLong(static_cast<std::int64_t>(sum.bad), objective)) {
    judged.finding = Finding::kBad;
    judged.why =
        fmt::format("down in {} of the last {} minutes; below {:g} % is told", sum.bad, sum.all, objective.alert);
  } else if (nowUs - watched.downUs > kNoFailureUs) {
    judged.finding = Finding::kGood;
  }
  return judged;
}

// The last page views. Who has a slow page is not asked: each view is another visitor's, or nearly.
Judged judgeLcp(const Watched& watched, const model::Objective& objective, std::int64_t nowUs) {
  Judged judged{"lcp", Finding::kUnclear, Severity::kWarning, ""};
  const auto value = lcpOf(watched, nowUs);
  if (!value) {
    // Over, when nobody has looked at a page for so long; else it stays as it was.
    const bool old = watched.viewUs != 0 && nowUs - watched.viewUs > kViewsOldUs;
    judged.finding = old ? Finding::kGood : Finding::kNoData;
    return judged;
  }
  const auto slow = static_cast<std::uint64_t>(
      std::count_if(watched.lcpMs.begin(), watched.lcpMs.end(), [&](double ms) { return ms > objective.alert; }));
  const bool lately = nowUs - watched.slowViewUs <= kNoFailureUs;
  if (*value > objective.alert && slow >= kFailuresLeast && lately) {
    judged.finding = Finding::kBad;
    judged.why = fmt::format("p75 of the last {} page views is {:.0f} ms; more than {:g} ms is told",
                             watched.lcpMs.size(), *value, objective.alert);
  } else if (*value < kCalm * objective.alert) {
    judged.finding = Finding::kGood;
  }
  return judged;
}

struct Burn {
  const char* name;
  std::int64_t longUs, shortUs;
  double rate;
  Severity severity;
  const char* longText;
};
// Google, The Site Reliability Workbook, "Alerting on SLOs": 2 %, 5 % and 10 % of a 30-day budget.
constexpr Burn kBurns[] = {
    {"burn_1h", us(hours(1)), us(minutes(5)), 14.4, Severity::kCritical, "1 h"},
    {"burn_6h", us(hours(6)), us(minutes(30)), 6, Severity::kCritical, "6 h"},
    {"burn_3d", us(hours(72)), us(hours(6)), 1, Severity::kWarning, "3 d"},
};

unsigned since(const std::map<std::uint64_t, std::int64_t>& clients, std::int64_t fromUs) {
  return static_cast<unsigned>(
      std::count_if(clients.begin(), clients.end(), [&](const auto& each) { return each.second >= fromUs; }));
}

// `budget`: the share of requests that may be bad.
void judgeBurns(const std::string& prefix, const char* what, const Counts& counts, double budget,
                const std::map<std::uint64_t, std::int64_t>& bad, const Watched& watched, std::int64_t nowUs,
                std::vector<Judged>& all) {
  for (const Burn& burn : kBurns) {
    Judged judged{prefix + burn.name, Finding::kUnclear, burn.severity, ""};
    const Counts::Sum over = counts.sum(nowUs, burn.longUs), lately = counts.sum(nowUs, burn.shortUs);
    const double share = std::min(1.0, burn.rate * budget);
    const std::int64_t fromUs = nowUs - burn.longUs;
    // A window that did not last yet says nothing of what it is for.
    const bool whole = nowUs - watched.sinceUs >= burn.longUs;
    const bool certain =
        whole && certainlyBeyond(over.untold(), over.all, share, since(bad, fromUs), since(watched.seen, fromUs)) &&
        static_cast<double>(lately.untold()) > share * static_cast<double>(lately.all);
    if (certain) {
      judged.finding = Finding::kBad;
      const double untold = static_cast<double>(over.untold()) / static_cast<double>(over.all);
      judged.why = fmt::format("{:.2f} % of {} requests {} in {}, {:.1f} times what the objective allows",
                               kPercent * untold, over.all, what, burn.longText, untold / budget);
    } else if (static_cast<double>(lately.untold()) <= kCalm * share * static_cast<double>(lately.all)) {
      judged.finding = Finding::kGood;
    }
    all.push_back(std::move(judged));
  }
}

std::optional<double> metricOf(const std::string& metric, const Watched& watched, std::int64_t nowUs) {
  const auto measured = watched.measured.find(metric);
  if (measured != watched.measured.end()) {
    if (nowUs - measured->second.atUs > kSilentAfterUs) return std::nullopt;
    return measured->second.value;
  }
  if (metric == "lcp_ms") return lcpOf(watched, nowUs);
  const auto windows = newest(watched, kBadWindows);
  if (windows.empty()) return std::nullopt;
  const Window& last = *windows.back();
  if (metric == "requests_per_minute") return static_cast<double>(windows[0]->errors.all + windows[1]->errors.all);
  if (last.errors.all == 0) return std::nullopt;
  if (metric == "error_percent") {
    return kPercent * static_cast<double>(last.errors.bad) / static_cast<double>(last.errors.all);
  }
  if (metric == "p50_ms") return last.p50Ms;
  if (metric == "p99_ms") return last.p99Ms;
  return std::nullopt;
}

}  // namespace

std::vector<Judged> judge(const Watched& watched, const model::ServiceAlerting& settings, std::int64_t nowUs) {
  const model::Objectives& objectives = settings.objectives;
  std::vector<Judged> all;
  if (objectives.uptimePercent.on) {
    all.push_back(judgeOutage(watched, nowUs));
    all.push_back(judgeUptime(watched, objectives.uptimePercent, nowUs));
    all.push_back(judgeTraffic(watched, nowUs));
  }
  if (objectives.errorPercent.on) {
    all.push_back(judgeErrors(watched, objectives.errorPercent, nowUs));
    judgeBurns("errors_", "failed", watched.errors, objectives.errorPercent.target / kPercent, watched.failing, watched,
               nowUs, all);
  }
  if (objectives.p50Ms.on) all.push_back(judgeLatency(watched, objectives.p50Ms, true, nowUs));
  if (objectives.p99Ms.on) {
    constexpr double kMayBeSlower = 0.01;
    all.push_back(judgeLatency(watched, objectives.p99Ms, false, nowUs));
    judgeBurns("latency_", "were slower than the target", watched.slow, kMayBeSlower, watched.slowOnes, watched, nowUs,
               all);
  }
  if (objectives.lcpMs.on) all.push_back(judgeLcp(watched, objectives.lcpMs, nowUs));
  return all;
}

bool isOn(const std::string& rule, const model::Objectives& objectives) {
  if (startsWith(rule, "errors")) return objectives.errorPercent.on;
  if (rule == "latency_p50") return objectives.p50Ms.on;
  if (startsWith(rule, "latency")) return objectives.p99Ms.on;
  return rule == "lcp" ? objectives.lcpMs.on : objectives.uptimePercent.on;
}

bool isTooLong(std::int64_t minutesDown, const model::Objective& uptime) {
  constexpr double kRounding = 1e-6;
  const double allowed = (1 - uptime.alert / kPercent) * static_cast<double>(kUptimeMinutes);
  return static_cast<double>(minutesDown) > allowed + kRounding;
}

std::optional<double> lcpOf(const Watched& watched, std::int64_t nowUs) {
  if (watched.lcpMs.size() < kViewsLeast || nowUs - watched.viewUs > kViewsOldUs) return std::nullopt;
  std::vector<double> views(watched.lcpMs.begin(), watched.lcpMs.end());
  // The value at ceil(0.75 n), counted from one.
  const auto at = views.begin() + static_cast<std::ptrdiff_t>((views.size() * 3 + 3) / 4 - 1);
  std::nth_element(views.begin(), at, views.end());
  return *at;
}

Judged judgeOwn(const model::OwnRule& rule, const Watched& watched, std::int64_t nowUs, std::int64_t& sinceUs) {
  Judged judged{"own", Finding::kUnclear, rule.severity, ""};
  const auto value = metricOf(rule.metric, watched, nowUs);
  if (!value) {
    // Between two releases there may be none for a while.
    const bool gone = watched.goneUs != 0 && nowUs - watched.goneUs >= kSilentAfterUs;
    judged.finding = gone ? Finding::kGood : Finding::kNoData;
    if (gone) judged.why = "its containers are gone";
    sinceUs = 0;
    return judged;
  }
  const bool holds = rule.above ? *value > rule.value : *value < rule.value;
  if (!holds) {
    sinceUs = 0;
    judged.finding = Finding::kGood;
    return judged;
  }
  if (sinceUs == 0) sinceUs = nowUs;
  const auto spanUs = std::chrono::duration_cast<std::chrono::microseconds>(rule.span).count();
  if (nowUs - sinceUs < spanUs) return judged;
  judged.finding = Finding::kBad;
  judged.why = fmt::format("{} is {:.6g}, {} {:g} for {}", rule.metric, *value, rule.above ? "above" : "below",
                           rule.value, spanText(std::chrono::microseconds(nowUs - sinceUs)));
  return judged;
}

int rankOf(const std::string& rule) {
  constexpr std::string_view kOrder[] = {"crash_loop",  "probe",       "outage", "uptime", "errors",
                                         "latency_p99", "latency_p50", "lcp",    "traffic"};
  for (int i = 0; i < static_cast<int>(std::size(kOrder)); ++i) {
    if (kOrder[i] == rule) return i;
  }
  return static_cast<int>(std::size(kOrder)) + (startsWith(rule, "errors_") || startsWith(rule, "latency_") ? 0 : 1);
}

bool explainsDependants(const std::string& rule) {
  return rule == "crash_loop" || rule == "probe" || rule == "outage" || rule == "errors";
}

}  // namespace orbit::alert
