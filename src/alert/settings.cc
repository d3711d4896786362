// What an environment was told, as JSON and back.
#include "alert/alert.h"

namespace orbit::alert {
namespace {

using format::Json;
using model::Severity;

struct Named {
  const char* name;
  model::Objective model::Objectives::*objective;
};
constexpr Named kObjectives[] = {{"p50Ms", &model::Objectives::p50Ms},
                                 {"p99Ms", &model::Objectives::p99Ms},
                                 {"uptimePercent", &model::Objectives::uptimePercent},
                                 {"errorPercent", &model::Objectives::errorPercent},
                                 {"lcpMs", &model::Objectives::lcpMs}};

Json serviceJson(const model::ServiceAlerting& service) {
  Json objectives = Json::object();
  for (const Named& one : kObjectives) {
    const model::Objective& objective = service.objectives.*one.objective;
    objectives.set(one.name,
                   Json::object({{"target", objective.target}, {"alert", objective.alert}, {"on", objective.on}}));
  }
  return Json::object({{"objectives", std::move(objectives)},
                       {"routed", service.routed},
                       {"off", service.off},
                       {"after", Json::strings(service.after)}});
}

model::ServiceAlerting serviceOf(const Json& json) {
  model::ServiceAlerting service;
  for (const Named& one : kObjectives) {
    const Json& written = json["objectives"][one.name];
    model::Objective& objective = service.objectives.*one.objective;
    objective.target = written["target"].asDouble(objective.target);
    objective.alert = written["alert"].asDouble(objective.alert);
    objective.on = written["on"].asBool(true);
  }
  service.routed = json["routed"].asBool(true);
  service.off = json["off"].asBool();
  service.after = json["after"].asStrings();
  return service;
}

Duration spanOf(const Json& json) {
  return std::chrono::milliseconds(json.asInt());
}

std::int64_t millis(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

Severity severityOf(const Json& json) {
  return json.asString() == "critical" ? Severity::kCritical : Severity::kWarning;
}

Json ruleJson(const model::OwnRule& rule) {
  return Json::object({{"name", rule.name},
                       {"service", rule.service},
                       {"metric", rule.metric},
                       {"above", rule.above},
                       {"value", rule.value},
                       {"spanMs", millis(rule.span)},
                       {"severity", severityName(rule.severity)}});
}

Json receiverJson(const model::Receiver& receiver) {
  return Json::object({{"name", receiver.name},
                       {"kind", kindName(receiver.kind)},
                       {"url", receiver.url},
                       {"secret", receiver.secret},
                       {"ca", receiver.ca},
                       {"to", receiver.to},
                       {"from", receiver.from},
                       {"command", Json::strings(receiver.command)},
                       {"allowPrivate", receiver.allowPrivate}});
}

model::Receiver receiverOf(const Json& json) {
  using Kind = model::Receiver::Kind;
  model::Receiver receiver;
  receiver.name = json["name"].asString();
  for (const Kind kind : {Kind::kWebhook, Kind::kSlack, Kind::kEmail, Kind::kNtfy, Kind::kCommand}) {
    if (kindName(kind) == json["kind"].asString()) receiver.kind = kind;
  }
  receiver.url = json["url"].asString();
  receiver.secret = json["secret"].asString();
  receiver.ca = json["ca"].asString();
  receiver.to = json["to"].asString();
  receiver.from = json["from"].asString();
  receiver.command = json["command"].asStrings();
  receiver.allowPrivate = json["allowPrivate"].asBool();
  return receiver;
}

Json routeJson(const model::AlertRoute& route) {
  return Json::object({{"to", Json::strings(route.to)},
                       {"least", severityName(route.least)},
                       {"fromMinute", route.fromMinute},
                       {"untilMinute", route.untilMinute},
                       {"zoneMinutes", route.zoneMinutes},
                       {"repeatMs", millis(route.repeat)}});
}

model::AlertRoute routeOf(const Json& json) {
  return {json["to"].asStrings(),
          severityOf(json["least"]),
          static_cast<int>(json["fromMinute"].asInt()),
          static_cast<int>(json["untilMinute"].asInt()),
          static_cast<int>(json["zoneMinutes"].asInt()),
          spanOf(json["repeatMs"])};
}

}  // namespace

Json settingsJson(const model::Alerting& settings) {
  Json services = Json::object(), rules = Json::array(), receivers = Json::array(), routes = Json::array();
  for (const auto& [name, service] : settings.services) services.set(name, serviceJson(service));
  for (const auto& rule : settings.rules) rules.push(ruleJson(rule));
  for (const auto& receiver : settings.receivers) receivers.push(receiverJson(receiver));
  for (const auto& route : settings.routes) routes.push(routeJson(route));
  return Json::object({{"project", settings.project},
                       {"environment", settings.environment},
                       {"services", std::move(services)},
                       {"rules", std::move(rules)},
                       {"receivers", std::move(receivers)},
                       {"routes", std::move(routes)},
                       {"heartbeat", Json::object({{"url", settings.heartbeat.url},
                                                   {"everyMs", millis(settings.heartbeat.every)},
                                                   {"allowPrivate", settings.heartbeat.allowPrivate}})}});
}

model::Alerting settingsOf(const Json& json) {
  model::Alerting settings;
  settings.project = json["project"].asString();
  settings.environment = json["environment"].asString();
  for (const auto& [name, service] : json["services"].members()) settings.services[name] = serviceOf(service);
  for (const auto& one : json["rules"].items()) {
    settings.rules.push_back({one["name"].asString(), one["service"].asString(), one["metric"].asString(),
                              one["above"].asBool(true), one["value"].asDouble(), spanOf(one["spanMs"]),
                              severityOf(one["severity"])});
  }
  for (const auto& one : json["receivers"].items()) settings.receivers.push_back(receiverOf(one));
  for (const auto& one : json["routes"].items()) settings.routes.push_back(routeOf(one));
  settings.heartbeat.url = json["heartbeat"]["url"].asString();
  settings.heartbeat.every = std::chrono::milliseconds(json["heartbeat"]["everyMs"].asInt(60'000));
  settings.heartbeat.allowPrivate = json["heartbeat"]["allowPrivate"].asBool();
  return settings;
}

}  // namespace orbit::alert
