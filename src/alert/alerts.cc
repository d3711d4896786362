#include <fmt/format.h>

#include <algorithm>

#include "alert/alert.h"
#include "alert/limits.h"
#include "alert/rules.h"

namespace orbit::alert {
namespace {

std::int64_t usOf(Duration span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

bool inEnvironment(const Place& place, const std::string& project, const std::string& environment) {
  return place.project == project && place.environment == environment;
}

// The newest few distinct ones.
void remember(std::map<std::uint64_t, std::int64_t>& clients, const std::vector<std::uint64_t>& hashes,
              std::int64_t atUs) {
  for (const std::uint64_t hash : hashes) clients[hash] = atUs;
  while (clients.size() > kClientsKept) {
    clients.erase(std::min_element(clients.begin(), clients.end(),
                                   [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
}

// Of what happened and is an alert.
const char* ruleOf(Happening::Kind kind) {
  switch (kind) {
    case Happening::Kind::kTakenBack:
      return "taken_back";
    case Happening::Kind::kAway:
      return "away";
    case Happening::Kind::kExit:
      return "crash_loop";
    default:
      return "shared_fault";
  }
}

}  // namespace

std::string_view stateName(Alert::State state) {
  switch (state) {
    case Alert::State::kOk:
      return "ok";
    case Alert::State::kPending:
      return "pending";
    case Alert::State::kFiring:
      return "firing";
    case Alert::State::kNoData:
      return "no data";
  }
  return "";
}

std::string Key::text() const {
  std::string what = rule;
  if (!subject.empty()) what += " " + subject;
  return place.service.empty() ? what : what + " of " + place.service;
}

const model::ServiceAlerting* Alerts::settingsOf(const Place& place) const {
  const auto environment = environments_.find({place.project, place.environment});
  if (environment == environments_.end()) return nullptr;
  const auto& services = environment->second.settings.services;
  const auto service = services.find(place.service);
  return service == services.end() || service->second.off ? nullptr : &service->second;
}

void Alerts::configure(model::Alerting settings, std::int64_t nowUs) {
  const std::string project = settings.project, environment = settings.environment;
  environments_[{project, environment}].settings = std::move(settings);
  std::erase_if(watched_, [&](const auto& each) {
    return inEnvironment(each.first, project, environment) && settingsOf(each.first) == nullptr;
  });
  const auto ended = [&](const Alert& alert) {
    const Place& place = alert.key.place;
    return inEnvironment(place, project, environment) && !place.service.empty() && !isAsked(alert.key);
  };
  const auto& services = environments_[{project, environment}].settings.services;
  endAlerts([&](const Alert& alert) { return ended(alert) && !services.contains(alert.key.place.service); },
            "its service is gone", nowUs);
  endAlerts(ended, "no rule asks for it any more", nowUs);
  changed_ = true;
}

// Whether it is still judged: nobody would end it else.
bool Alerts::isAsked(const Key& key) const {
  const model::ServiceAlerting* settings = settingsOf(key.place);
  if (settings == nullptr) return false;
  if (key.rule == "own") {
    const auto& rules = environments_.at({key.place.project, key.place.environment}).settings.rules;
    return std::any_of(rules.begin(), rules.end(), [&](const model::OwnRule& rule) {
      return rule.name == key.subject && (rule.service.empty() || rule.service == key.place.service);
    });
  }
  if (key.rule == "crash_loop") return true;
  return settings->routed && isOn(key.rule, settings->objectives);
}

void Alerts::forget(const std::string& project, const std::string& environment, std::int64_t nowUs) {
  environments_.erase({project, environment});
  std::erase_if(watched_, [&](const auto& each) { return inEnvironment(each.first, project, environment); });
  endAlerts([&](const Alert& alert) { return inEnvironment(alert.key.place, project, environment); },
            "its environment is gone", nowUs);
  changed_ = true;
}

void Alerts::endAlerts(const std::function<bool(const Alert&)>& which, const std::string& because, std::int64_t nowUs) {
  for (auto& [key, alert] : alerts_) {
    if (which(alert) && alert.state == Alert::State::kFiring) change(alert, Alert::State::kOk, nowUs, because);
  }
  std::erase_if(alerts_, [&](const auto& each) { return which(each.second); });
}

void Alerts::observe(const Place& place, Window window) {
  const model::ServiceAlerting* settings = settingsOf(place);
  if (settings == nullptr || (watched_.size() >= kServicesMax && !watched_.contains(place))) return;
  Watched& watched = watched_[place];
  if (watched.sinceUs == 0) watched.sinceUs = window.fromUs;
  watched.requestsOf.push_back(window.gap ? -1 : static_cast<std::int64_t>(window.errors.all));
  if (watched.requestsOf.size() > kSteadyWindows) watched.requestsOf.erase(watched.requestsOf.begin());
  const std::int64_t atUs = window.toUs;
  // What was counted did happen, whether or not there was more.
  watched.errors.add(atUs, window.errors.all, window.errors.bad);
  watched.errors.tell(atUs, window.errors.bad - evidenceOf(window.errors, window.seen.size()));
  watched.slow.add(atUs, window.p99.all, window.overTarget);
  if (window.errors.bad > 0) watched.errorUs = atUs;
  if (window.p50.bad > 0) watched.slowP50Us = atUs;
  if (window.p99.bad > 0) watched.slowP99Us = atUs;
  for (const double ms : window.lcpMs) {
    watched.lcpMs.push_back(ms);
    if (watched.lcpMs.size() > kViewsKept) watched.lcpMs.pop_front();
    watched.viewUs = atUs;
    if (ms > settings->objectives.lcpMs.alert) watched.slowViewUs = atUs;
  }
  remember(watched.failing, window.errors.clients, atUs);
  remember(watched.slowOnes, window.p99.clients, atUs);
  remember(watched.seen, window.seen, atUs);
  watched.windows.push_back(std::move(window));
  if (watched.windows.size() > kWindowsKept) watched.windows.pop_front();
  tellShort(place, watched);
}

bool Alerts::fires(const Place& place, const char* rule) const {
  const auto found = alerts_.find({place, rule, ""});
  return found != alerts_.end() && found->second.state == Alert::State::kFiring;
}

// What a short rule fired on is told: the burn rates are for what nobody was told of, or one bad quarter of an hour
// would keep an incident open for six hours.
void Alerts::tellShort(const Place& place, Watched& watched) {
  const bool errors = fires(place, "errors") || fires(place, "outage");
  const bool slow = errors || fires(place, "latency_p99") || fires(place, "latency_p50");
  for (Window& window : watched.windows) {
    if (errors && !std::exchange(window.errorsTold, true)) {
      watched.errors.tell(window.toUs, evidenceOf(window.errors, window.seen.size()));
    }
    if (slow && !std::exchange(window.slowTold, true)) watched.slow.tell(window.toUs, window.overTarget);
  }
}

void Alerts::observeRunning(const std::set<Place>& running, std::int64_t nowUs) {
  for (auto& [place, watched] : watched_) {
    if (running.contains(place)) {
      watched.goneUs = 0;
    } else if (watched.goneUs == 0) {
      watched.goneUs = nowUs;
    }
  }
}

void Alerts::measure(const Place& place, const std::string& metric, double value, std::int64_t nowUs) {
  if (settingsOf(place) == nullptr) return;
  watched_[place].measured[metric] = {value, nowUs};
}

void Alerts::set(Condition condition, std::int64_t nowUs) {
  const auto found = alerts_.find(condition.key);
  if (found == alerts_.end()) {
    if (!condition.bad || alerts_.size() >= kAlertsMax) return;
    Alert fresh{.key = condition.key, .sinceUs = nowUs, .standing = true};
    alerts_.emplace(condition.key, std::move(fresh));
  }
  Alert& alert = alerts_[condition.key];
  alert.severity = condition.severity;
  const bool firing = alert.state == Alert::State::kFiring;
  if (condition.bad) {
    alert.why = std::move(condition.why);
    if (firing) {
      alert.changesAtUs = 0;
    } else if (alert.state != Alert::State::kPending) {
      change(alert, Alert::State::kPending, nowUs);
      alert.changesAtUs = nowUs + usOf(condition.hold);
    }
  } else if (firing) {
    if (alert.changesAtUs == 0) alert.changesAtUs = nowUs + usOf(condition.clear);
  } else {
    change(alert, Alert::State::kOk, nowUs);
    alert.changesAtUs = 0;
  }
}

void Alerts::setOnly(const std::string& rule, const std::set<std::string>& subjects, std::int64_t nowUs) {
  endAlerts([&](const Alert& alert) { return alert.key.rule == rule && !subjects.contains(alert.key.subject); },
            "it is gone", nowUs);
}

void Alerts::happened(Happening happening, std::int64_t nowUs) {
  using Kind = Happening::Kind;
  const Place& place = happening.place;
  if (happening.kind == Kind::kShipped || happening.kind == Kind::kChanged) {
    const auto found = environments_.find({place.project, place.environment});
    if (found == environments_.end()) return;
    const Moment moment{nowUs, happening.kind == Kind::kShipped ? "shipped" : "changed", happening.text};
    auto& recent = found->second.recent;
    recent.push_back(moment);
    if (recent.size() > kRecentMax) recent.pop_front();
    for (auto& [number, incident] : incidents_) {
      if (incident.open() && incident.project == place.project && incident.environment == place.environment) {
        note(incident, moment.atUs, moment.kind, moment.text);
      }
    }
    changed_ = true;
    return;
  }
  if (alerts_.size() >= kAlertsMax) return;
  Key key{place, ruleOf(happening.kind), happening.subject};
  model::Severity severity = model::Severity::kWarning;
  if (happening.kind == Kind::kAway) severity = model::Severity::kCritical;
  if (happening.kind == Kind::kExit) {
    key.subject.clear();
    severity = model::Severity::kCritical;
    auto& exits = exits_[key];
    exits.push_back(nowUs);
    std::erase_if(exits, [&](std::int64_t at) { return nowUs - at > kCrashSpanUs; });
    if (exits.size() < kCrashes) return;
    happening.text += fmt::format(" ({} times in {} minutes)", exits.size(), kCrashSpanUs / us(minutes(1)));
  }
  Alert& alert = alerts_[key];
  alert.key = key;
  alert.severity = severity;
  alert.why = happening.text;
  alert.changesAtUs = nowUs + (happening.kind == Kind::kAway ? kAwayOpenUs : kEventOpenUs);
  if (alert.state != Alert::State::kFiring) change(alert, Alert::State::kFiring, nowUs);
}

void Alerts::change(Alert& alert, Alert::State state, std::int64_t nowUs, const std::string& because) {
  if (alert.state == state) return;
  const Alert::State before = alert.state;
  alert.state = state;
  alert.sinceUs = nowUs;
  changed_ = true;
  if (state == Alert::State::kOk) alert.muted = false;
  if (state == Alert::State::kFiring && !alert.muted) join(alert, nowUs);
  if (before == Alert::State::kFiring) {
    leave(alert, because, nowUs);
    alert.under.clear();
  }
}

// Conditions that have held for long enough, and events that are over.
void Alerts::runTimers(std::int64_t nowUs) {
  for (auto& [key, alert] : alerts_) {
    if (alert.changesAtUs == 0 || nowUs < alert.changesAtUs) continue;
    alert.changesAtUs = 0;
    change(alert, alert.state == Alert::State::kFiring ? Alert::State::kOk : Alert::State::kFiring, nowUs);
  }
  // What stands or happened once and is over leaves nothing; its incident tells of it.
  std::erase_if(alerts_, [&](const auto& each) {
    const Alert& alert = each.second;
    const std::string& rule = alert.key.rule;
    const bool event = rule == "taken_back" || rule == "shared_fault" || rule == "away";
    return (alert.standing || event) && alert.state == Alert::State::kOk;
  });
  std::erase_if(exits_, [&](const auto& each) { return nowUs - each.second.back() > kCrashSpanUs; });
}

void Alerts::judgeService(const Place& place, Watched& watched, std::int64_t nowUs) {
  const model::ServiceAlerting* settings = settingsOf(place);
  if (settings == nullptr) return;
  const auto apply = [&](const Judged& judged, const std::string& subject) {
    const Key key{place, judged.rule, subject};
    auto found = alerts_.find(key);
    if (found == alerts_.end()) {
      if (alerts_.size() >= kAlertsMax) return;
      found = alerts_.emplace(key, Alert{.key = key, .sinceUs = nowUs}).first;
    }
    Alert& alert = found->second;
    const bool firing = alert.state == Alert::State::kFiring;
    alert.severity = judged.severity;
    if (judged.finding == Finding::kBad) {
      alert.why = judged.why;
      change(alert, Alert::State::kFiring, nowUs);
    } else if (judged.finding == Finding::kGood) {
      change(alert, Alert::State::kOk, nowUs, judged.why);
    } else if (judged.finding == Finding::kNoData && !firing) {
      change(alert, Alert::State::kNoData, nowUs);
    }
  };
  if (settings->routed) {
    for (const Judged& judged : judge(watched, *settings, nowUs)) {
      apply(judged, "");
      if (judged.finding == Finding::kBad) tellShort(place, watched);
    }
  }
  const auto& rules = environments_[{place.project, place.environment}].settings.rules;
  for (const auto& rule : rules) {
    if (!rule.service.empty() && rule.service != place.service) continue;
    apply(judgeOwn(rule, watched, nowUs, watched.ownSinceUs[rule.name]), rule.name);
  }
}

// Which alerts stay quiet, and under which: of the same service the one that explains most, else one of a service that
// it depends on.
void Alerts::relate() {
  std::map<Place, const Alert*> worst;  // of each service that has any
  for (const auto& [key, alert] : alerts_) {
    if (alert.state != Alert::State::kFiring || key.place.service.empty()) continue;
    const Alert*& known = worst[key.place];
    if (known == nullptr || rankOf(key.rule) < rankOf(known->key.rule)) known = &alert;
  }
  const auto causeOf = [&](const Place& place) -> const Alert* {
    std::set<std::string> seen{place.service};
    std::vector<std::string> todo{place.service};
    while (!todo.empty()) {
      const model::ServiceAlerting* settings = settingsOf({place.project, place.environment, todo.back()});
      todo.pop_back();
      if (settings == nullptr) continue;
      for (const auto& name : settings->after) {
        const auto found = worst.find({place.project, place.environment, name});
        if (found != worst.end() && explainsDependants(found->second->key.rule)) return found->second;
        if (seen.insert(name).second) todo.push_back(name);
      }
    }
    return nullptr;
  };
  for (auto& [key, alert] : alerts_) {
    if (alert.state != Alert::State::kFiring || key.place.service.empty()) continue;
    const Alert* cause = causeOf(key.place);
    if (cause == nullptr && worst[key.place] != &alert && rankOf(key.rule) <= rankOf("errors_"))
      cause = worst[key.place];
    alert.under = cause == nullptr ? "" : cause->key.text();
  }
}

std::vector<model::Notice> Alerts::tick(std::int64_t nowUs) {
  for (auto& [place, watched] : watched_) judgeService(place, watched, nowUs);
  runTimers(nowUs);
  relate();
  settleIncidents(nowUs);
  std::vector<model::Notice> notices;
  for (auto& [number, incident] : incidents_) {
    if (auto notice = tell(incident, nowUs)) notices.push_back(std::move(*notice));
  }
  return notices;
}

std::vector<ObjectiveRow> Alerts::objectives(std::int64_t nowUs) const {
  std::vector<ObjectiveRow> rows;
  constexpr double kPercent = 100;
  const auto left = [&](const Counts& counts, double budget) -> std::optional<double> {
    const Counts::Sum sum = counts.sum(nowUs, kBudgetUs);
    if (sum.all == 0 || budget <= 0) return std::nullopt;
    return 1 - sum.ratio() / budget;
  };
  const Watched none;
  for (const auto& [key, environment] : environments_) {
    for (const auto& [name, settings] : environment.settings.services) {
      if (settings.off || !settings.routed) continue;
      const Place place{key.first, key.second, name};
      const auto found = watched_.find(place);
      const Watched& watched = found == watched_.end() ? none : found->second;
      const model::Objectives& all = settings.objectives;
      const auto lately = watched.errors.sum(nowUs, us(minutes(5)));
      std::optional<double> p50, p99, errors, uptime;
      for (const Window& window : watched.windows) {
        if (window.p50.all == 0) continue;
        p50 = window.p50Ms;
        p99 = window.p99Ms;
      }
      if (lately.all > 0) errors = kPercent * lately.ratio();
      const auto up = watched.up.sum(nowUs, us(hours(24)));
      if (up.all > 0) uptime = kPercent * (1 - up.ratio());
      constexpr double kMayBeSlower = 0.01;
      const auto add = [&](const char* what, const model::Objective& objective, std::optional<double> now,
                           std::optional<double> budget, const char* unit) {
        if (objective.on) rows.push_back({place, what, objective.target, objective.alert, now, budget, unit});
      };
      add("p50", all.p50Ms, p50, std::nullopt, "ms");
      add("p99", all.p99Ms, p99, left(watched.slow, kMayBeSlower), "ms");
      // Each minute that was down is one of the month's, however much of the month is known.
      const Counts::Sum month = watched.up.sum(nowUs, kBudgetUs);
      const double mayBeDown =
          (1 - all.uptimePercent.target / kPercent) * static_cast<double>(kBudgetUs / us(minutes(1)));
      std::optional<double> upLeft;
      if (month.all > 0 && mayBeDown > 0) upLeft = 1 - static_cast<double>(month.bad) / mayBeDown;
      add("uptime", all.uptimePercent, uptime, upLeft, "%");
      if (all.uptimePercent.on) {
        std::copy_if(watched.outages.rbegin(), watched.outages.rend(), std::back_inserter(rows.back().outages),
                     [&](const Outage& outage) { return nowUs - outage.toUs <= kBudgetUs; });
      }
      add("errors", all.errorPercent, errors, left(watched.errors, all.errorPercent.target / kPercent), "%");
      add("lcp", all.lcpMs, lcpOf(watched, nowUs), std::nullopt, "ms");
    }
  }
  return rows;
}

}  // namespace orbit::alert
