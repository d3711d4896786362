// Alerts that belong together, from the first that fires until the last is over.
#include <fmt/format.h>

#include <algorithm>

#include "alert/alert.h"
#include "alert/limits.h"
#include "alert/rules.h"

namespace orbit::alert {
namespace {

constexpr std::string_view kHealth = "health";

// What people see of a service belongs together; a certificate, a disk, a rule of the user's own stands alone.
std::string familyOf(const Key& key) {
  constexpr std::string_view kAlone[] = {"certificate", "disk", "signals", "own"};
  const bool alone = std::find(std::begin(kAlone), std::end(kAlone), key.rule) != std::end(kAlone);
  return alone ? key.text() : std::string(kHealth);
}

std::string idOf(int number) {
  return "i" + std::to_string(number);
}

bool belongs(const Incident& incident, const Alert& alert, std::int64_t nowUs) {
  const Place& place = alert.key.place;
  if (incident.project != place.project || incident.environment != place.environment) return false;
  if (incident.family != familyOf(alert.key)) return false;
  if (!incident.open()) return incident.resolvedBy.empty() && nowUs - incident.resolvedUs <= kReopenUs;
  const auto& services = incident.services;
  const bool same = std::find(services.begin(), services.end(), place.service) != services.end();
  return same || nowUs - incident.lastAlertUs <= kJoinUs;
}

}  // namespace

void Alerts::note(Incident& incident, std::int64_t atUs, std::string kind, std::string text) {
  // The beginning tells most: later moments push out the middle.
  constexpr std::size_t kBeginning = 20;
  if (incident.timeline.size() >= kTimelineMax) {
    incident.timeline.erase(incident.timeline.begin() + static_cast<std::ptrdiff_t>(kBeginning));
  }
  incident.timeline.push_back({atUs, std::move(kind), std::move(text)});
  changed_ = true;
}

Incident& Alerts::incidentFor(const Alert& alert, std::int64_t nowUs) {
  for (auto at = incidents_.rbegin(); at != incidents_.rend(); ++at) {
    Incident& incident = at->second;
    if (!belongs(incident, alert, nowUs)) continue;
    if (!incident.open()) {
      incident.resolvedUs = 0;
      ++incident.reopened;
      note(incident, nowUs, "alert", "it begins again");
    }
    return incident;
  }
  Incident& incident = incidents_[++lastIncident_];
  incident.id = idOf(lastIncident_);
  incident.project = alert.key.place.project;
  incident.environment = alert.key.place.environment;
  incident.family = familyOf(alert.key);
  incident.openedUs = nowUs;
  incident.severity = alert.severity;
  const auto environment = environments_.find({incident.project, incident.environment});
  if (environment != environments_.end()) {
    for (const Moment& moment : environment->second.recent) {
      if (nowUs - moment.atUs <= kRecentUs) incident.timeline.push_back(moment);
    }
  }
  return incident;
}

void Alerts::join(Alert& alert, std::int64_t nowUs) {
  Incident& incident = incidentFor(alert, nowUs);
  alert.incident = incident.id;
  incident.lastAlertUs = nowUs;
  incident.clearSinceUs = 0;
  incident.severity = std::max(incident.severity, alert.severity);
  const std::string& service = alert.key.place.service;
  auto& services = incident.services;
  if (!service.empty() && std::find(services.begin(), services.end(), service) == services.end()) {
    services.push_back(service);
  }
  note(incident, nowUs, "alert", alert.key.text() + ": " + alert.why);
}

void Alerts::leave(Alert& alert, const std::string& because, std::int64_t nowUs) {
  const auto found = std::find_if(incidents_.begin(), incidents_.end(),
                                  [&](const auto& each) { return each.second.id == alert.incident; });
  alert.incident.clear();
  if (found == incidents_.end() || !found->second.open()) return;
  note(found->second, nowUs, "clear", alert.key.text() + " is over" + (because.empty() ? "" : ": " + because));
}

std::vector<const Alert*> Alerts::firingOf(const Incident& incident) const {
  std::vector<const Alert*> firing;
  for (const auto& [key, alert] : alerts_) {
    if (alert.state == Alert::State::kFiring && alert.incident == incident.id) firing.push_back(&alert);
  }
  std::stable_sort(firing.begin(), firing.end(), [](const Alert* a, const Alert* b) {
    return std::tuple(!a->under.empty(), rankOf(a->key.rule)) < std::tuple(!b->under.empty(), rankOf(b->key.rule));
  });
  return firing;
}

// What is over ends, at once the first time, after some calm when it came again.
void Alerts::settleIncidents(std::int64_t nowUs) {
  for (auto& [number, incident] : incidents_) {
    if (!incident.open()) continue;
    const auto firing = firingOf(incident);
    if (!firing.empty()) {
      const std::string title = firing.front()->key.text() + ": " + firing.front()->why;
      if (firing.front()->under.empty() && (incident.title.empty() || !incident.toldOpen)) incident.title = title;
      if (incident.title.empty()) incident.title = title;
      continue;
    }
    if (incident.clearSinceUs == 0) {
      incident.clearSinceUs = nowUs;
      changed_ = true;
    }
    const std::int64_t calm = kReopenCalmUs * std::min(incident.reopened, kReopenCalmMost);
    if (nowUs - incident.clearSinceUs < calm) continue;
    incident.resolvedUs = nowUs;
    note(incident, nowUs, "clear", "all is over");
  }
  while (incidents_.size() > kIncidentsMax) {
    const auto over =
        std::find_if(incidents_.begin(), incidents_.end(), [](const auto& each) { return !each.second.open(); });
    if (over == incidents_.end()) break;
    incidents_.erase(over);
  }
  std::erase_if(silences_, [&](const Silence& silence) { return silence.untilUs < nowUs; });
}

const Incident* Alerts::find(const std::string& id) const {
  const auto found =
      std::find_if(incidents_.begin(), incidents_.end(), [&](const auto& each) { return each.second.id == id; });
  return found == incidents_.end() ? nullptr : &found->second;
}

Result<Incident*> Alerts::openIncident(const std::string& id) {
  const Incident* found = find(id);
  if (found == nullptr) {
    return Error{
        .code = Code::kNotFound, .message = "there is no incident " + id, .hint = "orbit incidents lists them"};
  }
  if (!found->open()) {
    return Error{.code = Code::kConflict,
                 .message = "incident " + id + " is over since " + wallText(found->resolvedUs),
                 .hint = "orbit incidents " + id + " tells how it went"};
  }
  return const_cast<Incident*>(found);
}

Status Alerts::acknowledge(const std::string& id, const std::string& by, std::int64_t nowUs) {
  ORBIT_TRY(Incident * incident, openIncident(id));
  incident->acknowledgedUs = nowUs;
  incident->acknowledgedBy = by;
  note(*incident, nowUs, "hand", by + " acknowledged it");
  return {};
}

Status Alerts::silence(const std::string& id, Duration span, const std::string& by, std::int64_t nowUs) {
  ORBIT_TRY(Incident * incident, openIncident(id));
  incident->silencedUntilUs = nowUs + std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  note(*incident, nowUs, "hand", by + " silenced it until " + wallText(incident->silencedUntilUs));
  return {};
}

Status Alerts::resolve(const std::string& id, const std::string& by, std::int64_t nowUs) {
  ORBIT_TRY(Incident * incident, openIncident(id));
  for (auto& [key, alert] : alerts_) {
    if (alert.incident != id) continue;
    alert.muted = alert.state == Alert::State::kFiring;
    alert.incident.clear();
  }
  incident->resolvedUs = nowUs;
  incident->resolvedBy = by;
  note(*incident, nowUs, "hand", by + " resolved it; what still fires stays quiet until it was well once");
  return {};
}

Status Alerts::silencePlace(Silence silence) {
  if (silences_.size() >= kSilencesMax) {
    return Error{.code = Code::kLimit,
                 .message = fmt::format("{} silences are set already", silences_.size()),
                 .hint = "they end by themselves; wait, or silence a whole environment"};
  }
  silences_.push_back(std::move(silence));
  changed_ = true;
  return {};
}

}  // namespace orbit::alert
