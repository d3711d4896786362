// alerts, incidents and objectives: what fires and why, how it went, and what is promised.
#include <fmt/format.h>

#include "api/alarms.h"
#include "api/environment.h"
#include "api/events.h"
#include "api/fields.h"
#include "api/query.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr std::size_t kBehindTimeline = 200;
constexpr Duration kTestTime = std::chrono::seconds(15);
constexpr std::int64_t kSilenceMax = 366L * 24 * 3600;

Json alertJson(const alert::Alert& alert) {
  return Json::object({{"project", alert.key.place.project},
                       {"environment", alert.key.place.environment},
                       {"service", alert.key.place.service},
                       {"rule", alert.key.rule},
                       {"subject", alert.key.subject},
                       {"state", stateName(alert.state)},
                       {"severity", severityName(alert.severity)},
                       {"why", alert.why},
                       {"sinceUs", alert.sinceUs},
                       {"incident", alert.incident},
                       {"under", alert.under},
                       {"muted", alert.muted}});
}

Json incidentJson(const alert::Incident& incident, bool whole) {
  Json json = Json::object({{"id", incident.id},
                            {"project", incident.project},
                            {"environment", incident.environment},
                            {"title", incident.title},
                            {"severity", severityName(incident.severity)},
                            {"state", incident.open() ? "open" : "resolved"},
                            {"services", Json::strings(incident.services)},
                            {"openedUs", incident.openedUs},
                            {"resolvedUs", incident.resolvedUs},
                            {"resolvedBy", incident.resolvedBy},
                            {"acknowledgedUs", incident.acknowledgedUs},
                            {"acknowledgedBy", incident.acknowledgedBy},
                            {"silencedUntilUs", incident.silencedUntilUs},
                            {"reopened", incident.reopened},
                            {"notices", incident.notices}});
  if (!whole) return json;
  Json timeline = Json::array();
  for (const auto& moment : incident.timeline) {
    timeline.push(Json::object({{"atUs", moment.atUs}, {"kind", moment.kind}, {"text", moment.text}}));
  }
  json.set("timeline", std::move(timeline));
  return json;
}

Json outagesJson(const std::vector<alert::Outage>& outages) {
  Json list = Json::array();
  for (const auto& outage : outages) {
    list.push(Json::object({{"fromUs", outage.fromUs},
                            {"untilUs", outage.toUs},
                            {"reason", outage.reason},
                            {"known", outage.known},
                            {"ongoing", outage.ongoing}}));
  }
  return list;
}

// Without the notice itself, whose lines are the incident's.
Json deliveryJson(const notify::Entry& entry) {
  return Json::object({{"notice", entry.notice.id},
                       {"incident", entry.notice.incident},
                       {"event", eventName(entry.notice.event)},
                       {"receiver", entry.receiver},
                       {"project", entry.project},
                       {"environment", entry.environment},
                       {"state", stateName(entry.state)},
                       {"attempts", entry.attempts},
                       {"createdUs", entry.createdUs},
                       {"nextUs", entry.nextUs},
                       {"endedUs", entry.endedUs},
                       {"last", entry.last}});
}

bool wanted(const std::string& asked, const std::string& is) {
  return asked.empty() || asked == is;
}

}  // namespace

net::Task<void> alerts(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const std::string project = valueOf(query, "project"), environment = valueOf(query, "environment");
  Json list = Json::array(), waiting = Json::array(), receivers = Json::array();
  for (const auto& [key, alert] : shared.services.alarms.alerts().alerts()) {
    const bool ours = wanted(project, key.place.project) && wanted(environment, key.place.environment);
    if (ours || key.place.project.empty()) list.push(alertJson(alert));
  }
  for (const auto& settings : shared.services.alarms.settings()) {
    if (!wanted(project, settings.project) || !wanted(environment, settings.environment)) continue;
    for (const auto& receiver : settings.receivers) {
      receivers.push(Json::object({{"name", receiver.name},
                                   {"kind", kindName(receiver.kind)},
                                   {"project", settings.project},
                                   {"environment", settings.environment}}));
    }
  }
  for (const auto& entry : shared.services.alarms.outbox()) {
    if (entry.state == notify::Entry::State::kDelivered) continue;
    if (wanted(project, entry.project) && wanted(environment, entry.environment)) waiting.push(deliveryJson(entry));
  }
  Json body = Json::object();
  body.set("alerts", std::move(list));
  body.set("receivers", std::move(receivers));
  body.set("undelivered", std::move(waiting));
  co_await answer(exchange, std::move(body));
}

net::Task<void> incidents(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const std::string id = valueOf(query, "id"), project = valueOf(query, "project"),
                    environment = valueOf(query, "environment");
  const alert::Alerts& all = shared.services.alarms.alerts();
  Json body = Json::object();
  if (!id.empty()) {
    const alert::Incident* found = all.find(id);
    if (found == nullptr) {
      Error error{
          .code = Code::kNotFound, .message = "there is no incident " + id, .hint = "orbit incidents lists them"};
      co_return co_await refuse(exchange, std::move(error));
    }
    Json deliveries = Json::array();
    for (const auto& entry : shared.services.alarms.outbox()) {
      if (entry.notice.incident == id) deliveries.push(deliveryJson(entry));
    }
    body.set("incident", incidentJson(*found, true));
    body.set("deliveries", std::move(deliveries));
    co_return co_await answer(exchange, std::move(body));
  }
  Json list = Json::array();
  const auto& known = all.incidents();
  for (auto at = known.rbegin(); at != known.rend() && list.items().size() < kBehindTimeline; ++at) {
    const alert::Incident& incident = at->second;
    const bool ours = wanted(project, incident.project) && wanted(environment, incident.environment);
    if (ours || incident.project.empty()) list.push(incidentJson(incident, false));
  }
  body.set("incidents", std::move(list));
  co_await answer(exchange, std::move(body));
}

Json openIncidents(Shared& shared, const std::string& project, const std::string& environment) {
  Json list = Json::array();
  for (const auto& [number, incident] : shared.services.alarms.alerts().incidents()) {
    const bool ours = wanted(project, incident.project) && wanted(environment, incident.environment);
    if (incident.open() && (ours || incident.project.empty())) list.push(incidentJson(incident, false));
  }
  return list;
}

net::Task<void> objectives(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const std::string project = valueOf(query, "project"), environment = valueOf(query, "environment");
  Json list = Json::array();
  for (const auto& row : shared.services.alarms.alerts().objectives(shared.services.loop.clock().wallUs())) {
    if (!wanted(project, row.place.project) || !wanted(environment, row.place.environment)) continue;
    Json json = Json::object({{"project", row.place.project},
                              {"environment", row.place.environment},
                              {"service", row.place.service},
                              {"objective", row.name},
                              {"target", row.target},
                              {"alert", row.alert},
                              {"unit", row.unit},
                              {"now", row.now ? Json(*row.now) : Json()},
                              {"budgetLeft", row.budgetLeft ? Json(*row.budgetLeft) : Json()}});
    if (row.name == "uptime") json.set("outages", outagesJson(row.outages));
    list.push(std::move(json));
  }
  Json body = Json::object();
  body.set("objectives", std::move(list));
  co_await answer(exchange, std::move(body));
}

net::Task<void> changeIncident(Shared& shared, http::Exchange& exchange, Json body) {
  Fields fields(body);
  const std::string action = fields.choice("action", {"acknowledge", "silence", "resolve"});
  std::string id = fields.text("incident");
  std::string by = fields.text("by");
  const alert::Place place{fields.text("project"), fields.text("environment"), fields.text("service")};
  const Duration span = std::chrono::seconds(fields.number("seconds", 3600, 1, kSilenceMax));
  if (Status right = fields.finish(); !right.ok()) co_return co_await refuse(exchange, std::move(right).error());
  if (by.empty()) by = "somebody";
  Status done;
  if (action == "silence" && id.empty()) {
    done = co_await shared.services.alarms.silencePlace(place, span, by);
  } else if (action == "silence") {
    done = co_await shared.services.alarms.silence(id, span, by);
  } else if (action == "resolve") {
    done = co_await shared.services.alarms.resolve(id, by);
  } else {
    done = co_await shared.services.alarms.acknowledge(id, by);
  }
  if (!done.ok()) co_return co_await refuse(exchange, std::move(done).error());
  const alert::Incident* found = shared.services.alarms.alerts().find(id);
  co_await answer(exchange, found == nullptr ? Json::object() : incidentJson(*found, true));
}

net::Task<void> testReceiver(Shared& shared, http::Exchange& exchange, Json body) {
  Fields fields(body);
  std::string project = fields.text("project"), environment = fields.text("environment"),
              receiver = fields.text("receiver");
  if (Status right = fields.finish(); !right.ok()) co_return co_await refuse(exchange, std::move(right).error());
  CallerCancel caller(shared, exchange);
  const net::Wait wait{shared.services.loop.clock().now() + kTestTime, &caller.cancel()};
  auto told =
      co_await shared.services.alarms.test(std::move(project), std::move(environment), std::move(receiver), wait);
  if (!told.ok()) co_return co_await refuse(exchange, std::move(told).error());
  Json result =
      Json::object({{"delivered", told->outcome == notify::Answer::Outcome::kDelivered}, {"text", told->text}});
  co_await answer(exchange, std::move(result));
}

}  // namespace orbit::api
