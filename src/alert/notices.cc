// When people are told, and what.
#include <fmt/format.h>

#include <algorithm>

#include "alert/alert.h"
#include "alert/limits.h"

namespace orbit::alert {
namespace {

using Event = model::Notice::Event;

constexpr std::size_t kLinesMax = 20;

bool matches(const std::string& wanted, const std::string& is) {
  return wanted.empty() || wanted == is;
}

std::string whereText(const Incident& incident) {
  if (incident.project.empty()) return "this machine";
  return incident.project + " (" + incident.environment + ")";
}

}  // namespace

bool Alerts::silenced(const Incident& incident, std::int64_t nowUs) const {
  if (nowUs < incident.silencedUntilUs) return true;
  return std::any_of(silences_.begin(), silences_.end(), [&](const Silence& silence) {
    if (nowUs < silence.fromUs || nowUs >= silence.untilUs) return false;
    if (!matches(silence.place.project, incident.project)) return false;
    if (!matches(silence.place.environment, incident.environment)) return false;
    return std::all_of(incident.services.begin(), incident.services.end(),
                       [&](const std::string& service) { return matches(silence.place.service, service); });
  });
}

model::Notice Alerts::noticeOf(Incident& incident, Event event, std::int64_t nowUs) {
  model::Notice notice;
  notice.number = ++incident.notices;
  notice.incident = incident.id;
  notice.id = fmt::format("{}-{}", incident.id, notice.number);
  notice.event = event;
  notice.severity = incident.severity;
  notice.project = incident.project;
  notice.environment = incident.environment;
  notice.services = incident.services;
  notice.title = whereText(incident) + ": " + incident.title;
  notice.atUs = nowUs;
  notice.openedUs = incident.openedUs;
  notice.resolvedUs = incident.resolvedUs;
  for (const Alert* alert : firingOf(incident)) {
    const std::string quiet = alert->under.empty() ? "" : "  (under " + alert->under + ")";
    notice.lines.push_back(alert->key.text() + ": " + alert->why + quiet);
  }
  const std::size_t fires = notice.lines.size();
  for (auto at = incident.timeline.rbegin(); at != incident.timeline.rend() && notice.lines.size() < kLinesMax; ++at) {
    const bool already = at->kind == "told" || (at->kind == "alert" && event != Event::kResolved);
    if (already) continue;
    notice.lines.insert(notice.lines.begin() + static_cast<std::ptrdiff_t>(fires),
                        wallText(at->atUs).substr(11, 8) + " " + at->text);
  }
  incident.toldUs = nowUs;
  incident.toldSeverity = incident.severity;
  incident.toldServices = incident.services;
  incident.toldOpen = event != Event::kResolved;
  note(incident, nowUs, "told", fmt::format("told: {}", eventName(event)));
  return notice;
}

std::optional<model::Notice> Alerts::tell(Incident& incident, std::int64_t nowUs) {
  if (!incident.open()) {
    // That it is over is told to who was told that it began; of single events nobody waits for the end.
    if (!incident.toldOpen) return std::nullopt;
    return noticeOf(incident, Event::kResolved, nowUs);
  }
  const auto firing = firingOf(incident);
  if (firing.empty() || silenced(incident, nowUs)) return std::nullopt;
  if (!incident.toldOpen) {
    if (nowUs - incident.lastAlertUs < kGatherUs && nowUs - incident.openedUs < 2 * kGatherUs) return std::nullopt;
    return noticeOf(incident, Event::kOpened, nowUs);
  }
  if (incident.severity > incident.toldSeverity) return noticeOf(incident, Event::kChanged, nowUs);
  if (incident.acknowledgedUs != 0) return std::nullopt;
  const bool grew = std::any_of(firing.begin(), firing.end(), [&](const Alert* alert) {
    const auto& told = incident.toldServices;
    const std::string& service = alert->key.place.service;
    return alert->under.empty() && !service.empty() && std::find(told.begin(), told.end(), service) == told.end();
  });
  if (grew && nowUs - incident.toldUs >= kChangedLeastUs) return noticeOf(incident, Event::kChanged, nowUs);
  const Duration repeat = repeatAfter_ ? repeatAfter_(incident) : Duration{};
  const std::int64_t repeatUs = std::chrono::duration_cast<std::chrono::microseconds>(repeat).count();
  if (repeatUs > 0 && nowUs - incident.toldUs >= repeatUs) return noticeOf(incident, Event::kRepeated, nowUs);
  return std::nullopt;
}

}  // namespace orbit::alert
