// The state as JSON and back. What cannot be read is left out: a daemon must come up all the same.
#include <charconv>

#include "alert/alert.h"
#include "alert/limits.h"

namespace orbit::alert {
namespace {

using format::Json;

constexpr const char* kState = "state";
constexpr const char* kIncidents = "incident/";
constexpr const char* kCounts = "counts/";
constexpr const char* kOutages = "outages/";

Json placeJson(const Place& place) {
  return Json::strings({place.project, place.environment, place.service});
}

Place placeOf(const Json& json) {
  const auto parts = json.asStrings();
  return parts.size() == 3 ? Place{parts[0], parts[1], parts[2]} : Place{};
}

model::Severity severityOf(const Json& json) {
  return json.asInt() == 1 ? model::Severity::kCritical : model::Severity::kWarning;
}

Json alertJson(const Alert& alert) {
  return Json::object({{"place", placeJson(alert.key.place)},
                       {"rule", alert.key.rule},
                       {"subject", alert.key.subject},
                       {"state", static_cast<int>(alert.state)},
                       {"severity", static_cast<int>(alert.severity)},
                       {"why", alert.why},
                       {"sinceUs", alert.sinceUs},
                       {"incident", alert.incident},
                       {"under", alert.under},
                       {"muted", alert.muted},
                       {"changesAtUs", alert.changesAtUs},
                       {"standing", alert.standing}});
}

Alert alertOf(const Json& json) {
  Alert alert;
  alert.key = {placeOf(json["place"]), json["rule"].asString(), json["subject"].asString()};
  alert.state = static_cast<Alert::State>(std::clamp<std::int64_t>(json["state"].asInt(), 0, 3));
  alert.severity = severityOf(json["severity"]);
  alert.why = json["why"].asString();
  alert.sinceUs = json["sinceUs"].asInt();
  alert.incident = json["incident"].asString();
  alert.under = json["under"].asString();
  alert.muted = json["muted"].asBool();
  alert.changesAtUs = json["changesAtUs"].asInt();
  alert.standing = json["standing"].asBool();
  return alert;
}

Json momentsJson(const auto& moments) {
  Json all = Json::array();
  for (const Moment& moment : moments) {
    all.push(Json::object({{"atUs", moment.atUs}, {"kind", moment.kind}, {"text", moment.text}}));
  }
  return all;
}

template <class List>
List momentsOf(const Json& json) {
  List all;
  for (const auto& one : json.items()) {
    all.push_back({one["atUs"].asInt(), one["kind"].asString(), one["text"].asString()});
  }
  return all;
}

Json incidentJson(const Incident& incident) {
  return Json::object({{"id", incident.id},
                       {"project", incident.project},
                       {"environment", incident.environment},
                       {"family", incident.family},
                       {"title", incident.title},
                       {"severity", static_cast<int>(incident.severity)},
                       {"openedUs", incident.openedUs},
                       {"lastAlertUs", incident.lastAlertUs},
                       {"resolvedUs", incident.resolvedUs},
                       {"clearSinceUs", incident.clearSinceUs},
                       {"acknowledgedUs", incident.acknowledgedUs},
                       {"silencedUntilUs", incident.silencedUntilUs},
                       {"acknowledgedBy", incident.acknowledgedBy},
                       {"resolvedBy", incident.resolvedBy},
                       {"services", Json::strings(incident.services)},
                       {"timeline", momentsJson(incident.timeline)},
                       {"reopened", incident.reopened},
                       {"notices", incident.notices},
                       {"toldSeverity", static_cast<int>(incident.toldSeverity)},
                       {"toldUs", incident.toldUs},
                       {"toldServices", Json::strings(incident.toldServices)},
                       {"toldOpen", incident.toldOpen}});
}

Incident incidentOf(const Json& json) {
  Incident incident;
  incident.id = json["id"].asString();
  incident.project = json["project"].asString();
  incident.environment = json["environment"].asString();
  incident.family = json["family"].asString();
  incident.title = json["title"].asString();
  incident.severity = severityOf(json["severity"]);
  incident.openedUs = json["openedUs"].asInt();
  incident.lastAlertUs = json["lastAlertUs"].asInt();
  incident.resolvedUs = json["resolvedUs"].asInt();
  incident.clearSinceUs = json["clearSinceUs"].asInt();
  incident.acknowledgedUs = json["acknowledgedUs"].asInt();
  incident.silencedUntilUs = json["silencedUntilUs"].asInt();
  incident.acknowledgedBy = json["acknowledgedBy"].asString();
  incident.resolvedBy = json["resolvedBy"].asString();
  incident.services = json["services"].asStrings();
  incident.timeline = momentsOf<std::vector<Moment>>(json["timeline"]);
  incident.reopened = static_cast<int>(json["reopened"].asInt());
  incident.notices = static_cast<int>(json["notices"].asInt());
  incident.toldSeverity = severityOf(json["toldSeverity"]);
  incident.toldUs = json["toldUs"].asInt();
  incident.toldServices = json["toldServices"].asStrings();
  incident.toldOpen = json["toldOpen"].asBool();
  return incident;
}

Json clientsJson(const std::map<std::uint64_t, std::int64_t>& clients) {
  Json all = Json::array();
  for (const auto& [hash, atUs] : clients) all.push(Json::array({hash, atUs}));
  return all;
}

std::map<std::uint64_t, std::int64_t> clientsOf(const Json& json) {
  std::map<std::uint64_t, std::int64_t> clients;
  for (const auto& one : json.items()) {
    if (one.items().size() == 2) clients[static_cast<std::uint64_t>(one.items()[0].asInt())] = one.items()[1].asInt();
  }
  return clients;
}

std::string nameOf(const char* shelf, const Place& place) {
  return shelf + place.project + "/" + place.environment + "/" + place.service;
}

Json outagesJson(const std::deque<Outage>& outages) {
  Json all = Json::array();
  for (const Outage& one : outages) {
    all.push(Json::object({{"fromUs", one.fromUs},
                           {"toUs", one.toUs},
                           {"reason", one.reason},
                           {"known", one.known},
                           {"ongoing", one.ongoing}}));
  }
  return all;
}

Json numbersJson(const std::deque<double>& numbers) {
  Json all = Json::array();
  for (const double number : numbers) all.push(number);
  return all;
}

Json shareJson(const Share& share) {
  Json clients = Json::array();
  for (const std::uint64_t hash : share.clients) clients.push(hash);
  return Json::array({share.all, share.bad, share.ofOne, std::move(clients)});
}

Share shareOf(const Json& json) {
  const auto& parts = json.items();
  if (parts.size() != 4) return {};
  const auto number = [](const Json& part) { return static_cast<std::uint64_t>(part.asInt()); };
  Share share{number(parts[0]), number(parts[1]), {}, number(parts[2])};
  for (const auto& hash : parts[3].items()) share.clients.push_back(number(hash));
  return share;
}

// What the short rules look back at; page views are kept apart.
Json windowJson(const Window& window) {
  return Json::object({{"fromUs", window.fromUs},
                       {"toUs", window.toUs},
                       {"gap", window.gap},
                       {"errors", shareJson(window.errors)},
                       {"p50", shareJson(window.p50)},
                       {"p99", shareJson(window.p99)},
                       {"seen", shareJson({0, 0, window.seen, 0})},
                       {"overTarget", window.overTarget},
                       {"p50Ms", window.p50Ms},
                       {"p99Ms", window.p99Ms},
                       {"errorsTold", window.errorsTold},
                       {"slowTold", window.slowTold}});
}

Window windowOf(const Json& json) {
  Window window;
  window.fromUs = json["fromUs"].asInt();
  window.toUs = json["toUs"].asInt();
  window.gap = json["gap"].asBool();
  window.errors = shareOf(json["errors"]);
  window.p50 = shareOf(json["p50"]);
  window.p99 = shareOf(json["p99"]);
  window.seen = shareOf(json["seen"]).clients;
  window.overTarget = static_cast<std::uint64_t>(json["overTarget"].asInt());
  window.p50Ms = json["p50Ms"].asDouble();
  window.p99Ms = json["p99Ms"].asDouble();
  window.errorsTold = json["errorsTold"].asBool();
  window.slowTold = json["slowTold"].asBool();
  return window;
}

int numberOf(const std::string& id) {
  int number = 0;
  if (id.size() > 1) std::from_chars(id.data() + 1, id.data() + id.size(), number);
  return number;
}

}  // namespace

std::map<std::string, std::string> Alerts::texts() const {
  Json alerts = Json::array(), exits = Json::array(), recent = Json::array(), silences = Json::array();
  for (const auto& [key, alert] : alerts_) {
    if (alert.state != Alert::State::kOk && alert.state != Alert::State::kNoData) alerts.push(alertJson(alert));
  }
  for (const auto& [key, times] : exits_) {
    Json at = Json::array();
    for (const std::int64_t time : times) at.push(time);
    exits.push(Json::object({{"place", placeJson(key.place)}, {"rule", key.rule}, {"at", std::move(at)}}));
  }
  for (const auto& [key, environment] : environments_) {
    if (environment.recent.empty()) continue;
    recent.push(Json::object(
        {{"project", key.first}, {"environment", key.second}, {"moments", momentsJson(environment.recent)}}));
  }
  for (const Silence& silence : silences_) {
    silences.push(Json::object({{"place", placeJson(silence.place)},
                                {"fromUs", silence.fromUs},
                                {"untilUs", silence.untilUs},
                                {"by", silence.by}}));
  }
  std::map<std::string, std::string> texts;
  texts[kState] = Json::object({{"lastIncident", lastIncident_},
                                {"alerts", std::move(alerts)},
                                {"exits", std::move(exits)},
                                {"recent", std::move(recent)},
                                {"silences", std::move(silences)}})
                      .dump();
  for (const auto& [number, incident] : incidents_) texts[kIncidents + incident.id] = incidentJson(incident).dump();
  for (const auto& [place, watched] : watched_) {
    if (!watched.outages.empty()) texts[nameOf(kOutages, place)] = outagesJson(watched.outages).dump();
  }
  return texts;
}

std::map<std::string, std::string> Alerts::countTexts() const {
  std::map<std::string, std::string> texts;
  for (const auto& [place, watched] : watched_) {
    Json windows = Json::array();
    for (const Window& window : watched.windows) windows.push(windowJson(window));
    const Json one = Json::object({{"windows", std::move(windows)},
                                   {"errors", watched.errors.json()},
                                   {"slow", watched.slow.json()},
                                   {"up", watched.up.json()},
                                   {"failing", clientsJson(watched.failing)},
                                   {"slowOnes", clientsJson(watched.slowOnes)},
                                   {"seen", clientsJson(watched.seen)},
                                   {"lcpMs", numbersJson(watched.lcpMs)},
                                   {"viewUs", watched.viewUs},
                                   {"slowViewUs", watched.slowViewUs},
                                   {"errorUs", watched.errorUs},
                                   {"slowP50Us", watched.slowP50Us},
                                   {"slowP99Us", watched.slowP99Us},
                                   {"downUs", watched.downUs},
                                   {"sinceUs", watched.sinceUs}});
    texts[nameOf(kCounts, place)] = one.dump();
  }
  return texts;
}

void Alerts::restoreState(const Json& state) {
  lastIncident_ = std::max(lastIncident_, static_cast<int>(state["lastIncident"].asInt()));
  for (const auto& one : state["alerts"].items()) {
    Alert alert = alertOf(one);
    const Key key = alert.key;
    alerts_[key] = std::move(alert);
  }
  for (const auto& one : state["exits"].items()) {
    std::vector<std::int64_t> times;
    for (const auto& at : one["at"].items()) times.push_back(at.asInt());
    if (!times.empty()) exits_[{placeOf(one["place"]), one["rule"].asString(), ""}] = std::move(times);
  }
  for (const auto& one : state["recent"].items()) {
    const auto found = environments_.find({one["project"].asString(), one["environment"].asString()});
    if (found != environments_.end()) found->second.recent = momentsOf<std::deque<Moment>>(one["moments"]);
  }
  for (const auto& one : state["silences"].items()) {
    silences_.push_back({placeOf(one["place"]), one["fromUs"].asInt(), one["untilUs"].asInt(), one["by"].asString()});
  }
}

// Of a text whose name ends with its place; null when nothing of it is told any more.
Alerts::Watched* Alerts::watchedBy(std::string_view name) {
  const auto parts = split(name, '/');
  if (parts.size() != 4) return nullptr;
  const Place place{std::string(parts[1]), std::string(parts[2]), std::string(parts[3])};
  return settingsOf(place) == nullptr ? nullptr : &watched_[place];
}

void Alerts::restoreOutages(std::string_view name, const Json& json) {
  Watched* watched = watchedBy(name);
  if (watched == nullptr) return;
  for (const auto& one : json.items()) {
    watched->outages.push_back({one["fromUs"].asInt(), one["toUs"].asInt(), one["reason"].asString(),
                                one["known"].asBool(), one["ongoing"].asBool()});
  }
}

void Alerts::restoreCounts(std::string_view name, const Json& json) {
  Watched* found = watchedBy(name);
  if (found == nullptr) return;
  Watched& watched = *found;
  for (const auto& one : json["windows"].items()) watched.windows.push_back(windowOf(one));
  watched.errors = Counts::of(json["errors"]);
  watched.slow = Counts::of(json["slow"]);
  watched.up = Counts::of(json["up"]);
  watched.failing = clientsOf(json["failing"]);
  watched.slowOnes = clientsOf(json["slowOnes"]);
  watched.seen = clientsOf(json["seen"]);
  for (const auto& one : json["lcpMs"].items()) watched.lcpMs.push_back(one.asDouble());
  watched.viewUs = json["viewUs"].asInt();
  watched.slowViewUs = json["slowViewUs"].asInt();
  watched.errorUs = json["errorUs"].asInt();
  watched.slowP50Us = json["slowP50Us"].asInt();
  watched.slowP99Us = json["slowP99Us"].asInt();
  watched.downUs = json["downUs"].asInt();
  watched.sinceUs = json["sinceUs"].asInt();
}

void Alerts::restore(const std::map<std::string, std::string>& texts) {
  for (const auto& [name, text] : texts) {
    const auto json = format::parseJson(text, name);
    if (!json.ok()) continue;
    if (name == kState) {
      restoreState(*json);
    } else if (startsWith(name, kCounts)) {
      restoreCounts(name, *json);
    } else if (startsWith(name, kOutages)) {
      restoreOutages(name, *json);
    } else if (startsWith(name, kIncidents)) {
      Incident incident = incidentOf(*json);
      const int number = numberOf(incident.id);
      if (number <= 0) continue;
      lastIncident_ = std::max(lastIncident_, number);
      incidents_[number] = std::move(incident);
    }
  }
}

}  // namespace orbit::alert
