// `x-orbit.objectives` and `x-orbit.alerts`, of the file and of its services: the mission's table where they say
// nothing.
#include <algorithm>
#include <cmath>

#include "format/quantity.h"
#include "format/url.h"
#include "model/secret_mark.h"
#include "project/deploying.h"
#include "project/shell_words.h"

namespace orbit::project {
namespace {

using model::Objective;
using model::Receiver;
using model::Severity;

constexpr std::size_t kReceiversMax = 50, kRoutesMax = 50, kRulesMax = 200;

struct Named {
  const char* name;
  Objective model::Objectives::*objective;
  bool percent;
  bool lowerIsWorse;
};
constexpr Named kObjectives[] = {{"p50", &model::Objectives::p50Ms, false, false},
                                 {"p99", &model::Objectives::p99Ms, false, false},
                                 {"uptime", &model::Objectives::uptimePercent, true, true},
                                 {"errors", &model::Objectives::errorPercent, true, false},
                                 {"lcp", &model::Objectives::lcpMs, false, false}};

std::optional<double> percentOf(std::string_view text) {
  if (endsWith(text, "%")) text.remove_suffix(1);
  text = trim(text);
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= 100)) return std::nullopt;
  return value;
}

std::optional<double> millisOf(std::string_view text) {
  const auto span = format::parseDuration(text);
  if (!span.ok() || *span <= Duration::zero()) return std::nullopt;
  return std::chrono::duration<double, std::milli>(*span).count();
}

std::optional<double> valueOf(const Fields& fields, const Named& named, const format::Node& node,
                              const std::string& where) {
  const auto value = named.percent ? percentOf(node.text) : millisOf(node.text);
  if (!value) {
    fields.findings().problem(node.at, where + ": `" + node.text + "` is no " + (named.percent ? "share" : "time"),
                              named.percent ? "for example 99.9% or 0.1%" : "for example 500ms or 1.5s");
  }
  return value;
}

bool isOff(const format::Node& node) {
  return node.text == "off" || (node.kind == format::Node::Kind::kBool && node.text == "false");
}

// Half of what is promised again, before somebody is woken: the table's own distance.
double usualAlert(const Named& named, double target) {
  constexpr double kTimes = 2, kShareTimes = 10, kWhole = 100, kDown = 5;
  if (named.lowerIsWorse) return kWhole - (kWhole - target) * kDown;
  return target * (named.percent ? kShareTimes : kTimes);
}

void readObjective(const Fields& fields, const Named& named, Objective& objective) {
  const format::Node* node = fields.find(named.name);
  if (node == nullptr) return;
  const std::string where = fields.pathOf(named.name);
  if (isOff(*node)) {
    objective.on = false;
    return;
  }
  const format::Node* target = node->isMapping() ? node->find("target") : node;
  const format::Node* alert = node->isMapping() ? node->find("alert") : nullptr;
  objective.on = true;
  if (target != nullptr && target->isScalar()) {
    const auto value = valueOf(fields, named, *target, where);
    if (!value) return;
    objective.target = *value;
    objective.alert = usualAlert(named, *value);
  }
  if (alert != nullptr && alert->isScalar()) {
    const auto value = valueOf(fields, named, *alert, where + ".alert");
    if (value) objective.alert = *value;
  }
  const bool wrongWay = named.lowerIsWorse ? objective.alert > objective.target : objective.alert < objective.target;
  if (wrongWay) {
    fields.problem(named.name, "is told before its target is missed",
                   named.lowerIsWorse ? "`alert` is below `target`" : "`alert` is above `target`");
  }
}

void readObjectives(const Fields& fields, model::Objectives& objectives) {
  for (const Named& named : kObjectives) readObjective(fields, named, objectives.*named.objective);
}

Severity severityOf(const Fields& fields, Severity usual) {
  const std::string word = fields.word("severity", {"warning", "critical"});
  if (word.empty()) return usual;
  return word == "critical" ? Severity::kCritical : Severity::kWarning;
}

struct Kind {
  const char* key;
  Receiver::Kind kind;
};
constexpr Kind kKinds[] = {{"webhook", Receiver::Kind::kWebhook},
                           {"slack", Receiver::Kind::kSlack},
                           {"email", Receiver::Kind::kEmail},
                           {"ntfy", Receiver::Kind::kNtfy},
                           {"command", Receiver::Kind::kCommand}};

// A URL that is a secret is not read here: nobody knows it yet.
void checkUrl(const Fields& fields, const char* key, const std::string& url,
              const std::vector<std::string_view>& schemes) {
  if (!model::secretsIn(url).empty()) return;
  const auto parsed = format::parseUrl(url);
  if (parsed && std::find(schemes.begin(), schemes.end(), std::string_view(parsed->scheme)) != schemes.end()) return;
  fields.problem(key, "`" + url + "` is no URL that begins with " + std::string(schemes.front()) + "://",
                 "a whole URL, or ${NAME} of a variable that holds one");
}

void readCommand(const Fields& fields, Receiver& receiver) {
  const format::Node* node = fields.find("command");
  receiver.command =
      node->isScalar() ? std::vector<std::string>{"/bin/sh", "-c", node->text} : fields.strings("command");
  for (const auto& word : receiver.command) {
    if (model::secretsIn(word).empty()) continue;
    fields.problem("command", "would show a secret in the machine's list of processes",
                   "let the command read it from a file of its own");
    return;
  }
}

Receiver readReceiver(const std::string& name, const Fields& fields) {
  Receiver receiver;
  receiver.name = name;
  std::vector<std::string_view> found;
  for (const Kind& kind : kKinds) {
    if (!fields.has(kind.key)) continue;
    found.emplace_back(kind.key);
    receiver.kind = kind.kind;
  }
  if (found.size() != 1) {
    fields.findings().problem(fields.node()->at,
                              fields.path() + " is " + (found.empty() ? "no kind of receiver" : "more than one kind"),
                              "one of webhook, slack, email, ntfy, command");
    return receiver;
  }
  const char* key = found.front().data();
  receiver.allowPrivate = fields.isSet("allow_private");
  receiver.ca = fields.text("ca");
  if (receiver.kind == Receiver::Kind::kCommand) {
    readCommand(fields, receiver);
  } else if (receiver.kind == Receiver::Kind::kEmail) {
    receiver.to = fields.text(key);
    receiver.url = fields.text("smtp");
    receiver.from = fields.text("from");
    receiver.secret = fields.text("password");
    if (receiver.url.empty() || receiver.from.empty()) {
      fields.problem(key, "needs `smtp` and `from`", "smtp: smtp://user@mail.example.com:587, from: orbit@example.com");
    } else {
      checkUrl(fields, "smtp", receiver.url, {"smtp", "smtps"});
    }
  } else {
    receiver.url = fields.text(key);
    receiver.secret = fields.text(receiver.kind == Receiver::Kind::kNtfy ? "token" : "secret");
    checkUrl(fields, key, receiver.url, {"https", "http"});
  }
  return receiver;
}

// "08:30" as minutes.
int minuteOf(const Fields& fields, const char* key) {
  const std::string text = fields.text(key);
  if (text.empty()) return 0;
  const auto parts = split(text, ':');
  int hour = -1, minute = -1;
  if (parts.size() == 2) {
    std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), hour);
    std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), minute);
  }
  constexpr int kHours = 24, kMinutes = 60;
  if (hour < 0 || hour > kHours || minute < 0 || minute >= kMinutes) {
    fields.problem(key, "`" + text + "` is no time of day", "for example \"08:30\", in quotes");
    return 0;
  }
  return hour * kMinutes + minute;
}

// "+02:00"
int zoneOf(const Fields& fields) {
  const std::string text = fields.text("zone");
  if (text.empty() || text == "UTC" || text == "Z") return 0;
  constexpr std::size_t kLength = 6;
  constexpr int kMinutes = 60;
  int hour = 0, minute = 0;
  const bool shaped = text.size() == kLength && (text[0] == '+' || text[0] == '-') && text[3] == ':';
  if (!shaped || std::from_chars(text.data() + 1, text.data() + 3, hour).ptr != text.data() + 3 ||
      std::from_chars(text.data() + 4, text.data() + 6, minute).ptr != text.data() + 6) {
    fields.problem("zone", "`" + text + "` is no distance from UTC", "for example \"+02:00\"");
    return 0;
  }
  const int minutes = hour * kMinutes + minute;
  return text[0] == '-' ? -minutes : minutes;
}

model::AlertRoute readRoute(const Fields& fields, const std::vector<Receiver>& receivers) {
  model::AlertRoute route;
  const format::Node* to = fields.find("to");
  if (to != nullptr && to->isScalar()) {
    route.to = {to->text};
  } else {
    route.to = fields.strings("to");
  }
  if (route.to.empty()) fields.findings().problem(fields.node()->at, fields.path() + " leads to nobody", "to: [NAME]");
  std::vector<std::string_view> names;
  for (const auto& receiver : receivers) names.push_back(receiver.name);
  for (const auto& name : route.to) {
    if (std::find(names.begin(), names.end(), std::string_view(name)) != names.end()) continue;
    const auto near = nearest(name, names);
    fields.problem("to", "there is no receiver `" + name + "`",
                   near.empty() ? "x-orbit.alerts.receivers names them" : "did you mean `" + std::string(near) + "`?");
  }
  route.least = severityOf(fields, Severity::kWarning);
  route.fromMinute = minuteOf(fields, "from");
  route.untilMinute = minuteOf(fields, "until");
  route.zoneMinutes = zoneOf(fields);
  if (const auto span = fields.duration("repeat")) route.repeat = *span;
  return route;
}

model::OwnRule readRule(const std::string& name, const Fields& fields, const model::Deployment& deployment) {
  model::OwnRule rule;
  rule.name = name;
  rule.service = fields.text("service");
  if (!rule.service.empty() && deployment.find(rule.service) == nullptr) {
    fields.problem("service", "there is no service `" + rule.service + "`", "one of the file's services");
  }
  rule.metric = fields.word("metric", {std::begin(model::kOwnMetrics), std::end(model::kOwnMetrics)});
  const auto above = fields.number("above"), below = fields.number("below");
  if (above.has_value() == below.has_value() || !fields.has("metric")) {
    fields.findings().problem(fields.node()->at, fields.path() + " is not a metric and one comparison",
                              "for example {metric: p99_ms, above: 800, for: 2m}");
    return rule;
  }
  rule.above = above.has_value();
  rule.value = above ? *above : *below;
  if (const auto span = fields.duration("for")) rule.span = *span;
  rule.severity = severityOf(fields, Severity::kWarning);
  return rule;
}

template <class Read>
void eachOf(const Fields& all, const char* key, std::size_t most, const Read& read) {
  const format::Node* node = all.find(key);
  if (node == nullptr || !node->isMapping()) return;
  if (node->entries.size() > most) {
    all.problem(key, "has more than " + std::to_string(most) + " entries", "keep fewer");
    return;
  }
  for (const auto& entry : node->entries) {
    if (!entry.value.isMapping()) continue;
    read(entry.key, Fields(&entry.value, all.pathOf(key) + "." + entry.key, all.findings()));
  }
}

void readAlerts(const Fields& alerts, model::Deployment& deployment) {
  model::Alerting& settings = deployment.alerting;
  if (alerts.node() == nullptr) return;
  eachOf(alerts, "receivers", kReceiversMax, [&](const std::string& name, const Fields& fields) {
    settings.receivers.push_back(readReceiver(name, fields));
  });
  eachOf(alerts, "rules", kRulesMax, [&](const std::string& name, const Fields& fields) {
    settings.rules.push_back(readRule(name, fields, deployment));
  });
  const auto& routes = alerts.items("routes");
  for (std::size_t i = 0; i < std::min(routes.size(), kRoutesMax); ++i) {
    const Fields fields(&routes[i], alerts.pathOf("routes") + "[" + std::to_string(i) + "]", alerts.findings());
    settings.routes.push_back(readRoute(fields, settings.receivers));
  }
  const Fields heartbeat = alerts.in("heartbeat");
  settings.heartbeat.url = heartbeat.text("url");
  settings.heartbeat.allowPrivate = heartbeat.isSet("allow_private");
  if (!settings.heartbeat.url.empty()) checkUrl(heartbeat, "url", settings.heartbeat.url, {"https", "http"});
  if (const auto every = heartbeat.duration("every")) settings.heartbeat.every = *every;
  constexpr Duration kLeast = std::chrono::seconds(10);
  if (settings.heartbeat.every < kLeast) heartbeat.problem("every", "is shorter than 10 s", "for example 1m");
}

}  // namespace

void planAlerting(Deploying& deploying) {
  model::Deployment& deployment = deploying.deployment;
  deployment.alerting.project = deployment.project;
  deployment.alerting.environment = deployment.environment;
  const Fields root(&deploying.merged.root, "the file", deploying.findings());
  const Fields orbit(root.find(kOrbitKey), std::string(kOrbitKey), deploying.findings());
  model::Objectives objectives;
  readObjectives(orbit.in("objectives"), objectives);
  for (const auto& service : deployment.services) {
    model::ServiceAlerting one;
    one.objectives = objectives;
    one.routed = service.routed;
    const Fields own = deploying.fieldsOf(service.service.name).in(kOrbitKey);
    readObjectives(own.in("objectives"), one.objectives);
    const format::Node* alerts = own.find("alerts");
    one.off = alerts != nullptr && isOff(*alerts);
    one.after = service.after;
    deployment.alerting.services[service.service.name] = std::move(one);
  }
  readAlerts(orbit.in("alerts"), deployment);
}

}  // namespace orbit::project
