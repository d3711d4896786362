#include "deploy/state.h"

#include <algorithm>

namespace orbit::deploy {
namespace {

using format::Json;
using Shape = model::DeployService::Shape;

constexpr std::pair<Stage, std::string_view> kStageNames[] = {
    {Stage::kQueued, "queued"},        {Stage::kBuilding, "building"},   {Stage::kChecking, "checking"},
    {Stage::kStarting, "starting"},    {Stage::kGate, "gate"},           {Stage::kShare, "live"},
    {Stage::kPromoted, "promoted"},    {Stage::kSettled, "settled"},     {Stage::kFailed, "failed"},
    {Stage::kTakenBack, "taken back"}, {Stage::kCancelled, "cancelled"}, {Stage::kSuperseded, "superseded"},
};

constexpr std::pair<Shape, std::string_view> kShapeNames[] = {
    {Shape::kStateless, "stateless"}, {Shape::kStateful, "stateful"}, {Shape::kDatabase, "database"}};

template <class Value, std::size_t kSize>
Value named(const std::pair<Value, std::string_view> (&names)[kSize], std::string_view name, Value fallback) {
  for (const auto& [value, text] : names) {
    if (text == name) return value;
  }
  return fallback;
}

void erase(std::vector<std::string>& from, const std::string& what) {
  std::erase(from, what);
}

void readGroup(Group& group, const Json& body) {
  const Json& source = body["source"];
  group.source = {source["commit"].asString(), source["message"].asString(), source["author"].asString(),
                  source["branch"].asString(), source["dirty"].asBool()};
  for (const auto& [name, one] : body["services"].members()) {
    group.services[name] = {one["hash"].asString(), one["image"].asString(), one["id"].asString(),
                            named(kShapeNames, one["shape"].asString(), Shape::kStateless),
                            static_cast<int>(one["port"].asInt())};
  }
  for (const auto& pin : body["pins"].items()) {
    group.pins.push_back({pin["name"].asString(), pin["service"].asString(), pin["value"].asString(),
                          pin["secret"].asBool(), static_cast<int>(pin["version"].asInt(1))});
  }
  group.allowDevelopmentSecrets = body["allowDevelopmentSecrets"].asBool();
  group.httpsPort = static_cast<int>(body["httpsPort"].asInt(443));
}

void goLive(EnvironmentState& state, Group& group) {
  // A group that was still watched ends as it is: it is the newer one's control and way back (decision 23).
  for (auto& [number, other] : state.groups) {
    if (number == group.number || !other.watched()) continue;
    other.stage = Stage::kSettled;
    other.endedUs = group.liveUs;
  }
  for (const auto& service : group.changed) {
    if (group.services[service].shape != Shape::kStateless) continue;  // "replaced" has moved those
    const int old = state.live[service];
    if (old != 0 && old != group.number) state.previous[service] = old;
    state.live[service] = group.number;
  }
}

void bringBack(EnvironmentState& state, const Json& body) {
  const Json& from = body["from"];
  for (const auto& [service, number] : liveOf(body)) {
    // Something newer may have gone live before this was written.
    if (from.has(service) && from[service].asInt() != state.live[service]) continue;
    state.live[service] = number;
    state.previous.erase(service);
  }
}

void end(Group& group, Stage stage, const Fact& fact) {
  group.stage = stage;
  group.endedUs = fact.atUs;
  if (fact.body.has("by")) group.by = fact.body["by"].asString();
  if (fact.body.has("reasons")) group.reasons = fact.body["reasons"].asStrings();
  if (fact.body.has("numbers")) group.numbers = fact.body["numbers"];
  if (fact.body.has("text")) group.summary = fact.body["text"].asString();
}

// What concerns a group that is on its way.
void applyOnTheWay(EnvironmentState& state, Group& group, const Fact& fact) {
  const Json& body = fact.body;
  const std::string& service = body["service"].asString();
  if (fact.kind == "image") {
    group.services[service].image = body["image"].asString();
    group.services[service].imageId = body["id"].asString();
  } else if (fact.kind == "changes") {
    group.changed = body["changed"].asStrings();
    for (const auto& [name, number] : body["before"].members()) group.before[name] = static_cast<int>(number.asInt());
  } else if (fact.kind == "stage") {
    group.stage = named(kStageNames, body["stage"].asString(), group.stage);
  } else if (fact.kind == "port") {
    group.services[service].port = static_cast<int>(body["port"].asInt());
  } else if (fact.kind == "replacing") {
    group.replacing = service;
    group.replacingFrom = static_cast<int>(body["from"].asInt());
  } else if (fact.kind == "replaced") {
    group.replacing.clear();
    group.replaced.push_back(service);
    if (state.live[service] != 0) state.previous[service] = state.live[service];
    state.live[service] = group.number;
  } else if (fact.kind == "restored") {
    group.replacing.clear();
    erase(group.replaced, service);
    state.live[service] = static_cast<int>(body["from"].asInt());
    state.previous.erase(service);
  }
}

void applyToGroup(EnvironmentState& state, Group& group, const Fact& fact) {
  if (fact.kind == "live") {
    group.stage = Stage::kShare;
    group.liveUs = fact.atUs;
    goLive(state, group);
  } else if (fact.kind == "promoted") {
    group.stage = Stage::kPromoted;
    group.promotedUs = fact.atUs;
    group.by = fact.body["by"].asString();
    group.summary = fact.body["text"].asString();
  } else if (fact.kind == "settled") {
    if (group.watched() || group.stage == Stage::kSettled) end(group, Stage::kSettled, fact);
  } else if (fact.kind == "taken back") {
    if (!group.watched()) return;
    end(group, Stage::kTakenBack, fact);
    bringBack(state, fact.body);
  } else if (fact.kind == "failed") {
    end(group, Stage::kFailed, fact);
  } else if (fact.kind == "cancelled") {
    end(group, Stage::kCancelled, fact);
  } else if (fact.kind == "superseded") {
    end(group, Stage::kSuperseded, fact);
  } else if (fact.kind == "shared fault") {
    group.sharedFaults.push_back({fact.atUs, fact.body["text"].asString()});
  } else {
    applyOnTheWay(state, group, fact);
  }
}

}  // namespace

std::string_view stageName(Stage stage) {
  for (const auto& [value, text] : kStageNames) {
    if (value == stage) return text;
  }
  return "";
}

bool Group::didChange(const std::string& service) const {
  return std::find(changed.begin(), changed.end(), service) != changed.end();
}

Group* EnvironmentState::watchedGroup() {
  return const_cast<Group*>(std::as_const(*this).watchedGroup());
}

const Group* EnvironmentState::watchedGroup() const {
  for (auto one = groups.rbegin(); one != groups.rend(); ++one) {
    if (one->second.watched()) return &one->second;
  }
  return nullptr;
}

Group* EnvironmentState::find(int number) {
  const auto found = groups.find(number);
  return found == groups.end() ? nullptr : &found->second;
}

const Group* EnvironmentState::find(int number) const {
  const auto found = groups.find(number);
  return found == groups.end() ? nullptr : &found->second;
}

void apply(EnvironmentState& state, const Fact& fact) {
  state.key = {fact.project, fact.environment};
  state.newest = std::max(state.newest, fact.group);
  if (fact.kind == "network") {
    state.subnet = fact.body["subnet"].asString();
    state.bridge = fact.body["bridge"].asString();
  } else if (fact.kind == "address") {
    state.addresses[fact.body["service"].asString()] = fact.body["address"].asString();
  } else if (fact.kind == "deploy") {
    Group group;
    group.number = fact.group;
    group.startedUs = fact.atUs;
    readGroup(group, fact.body);
    state.groups[fact.group] = std::move(group);
  } else if (fact.kind == "unchanged") {
    state.groups.erase(fact.group);
  } else if (fact.kind == "rolled back") {
    bringBack(state, fact.body);
  } else if (fact.kind == "removed") {
    const int newest = state.newest;
    state = {};
    state.key = {fact.project, fact.environment};
    state.newest = newest;
  } else if (Group* group = state.find(fact.group)) {
    applyToGroup(state, *group, fact);
  }
}

Json deployBody(const Group& group) {
  Json services = Json::object(), pins = Json::array();
  for (const auto& [name, one] : group.services) {
    std::string_view shape;
    for (const auto& [value, text] : kShapeNames) {
      if (value == one.shape) shape = text;
    }
    services.set(
        name,
        Json::object(
            {{"hash", one.hash}, {"image", one.image}, {"id", one.imageId}, {"shape", shape}, {"port", one.port}}));
  }
  for (const auto& pin : group.pins) {
    pins.push(Json::object({{"name", pin.name},
                            {"service", pin.service},
                            {"value", pin.value},
                            {"secret", pin.secret},
                            {"version", pin.version}}));
  }
  Json source = Json::object({{"commit", group.source.commit},
                              {"message", group.source.message},
                              {"author", group.source.author},
                              {"branch", group.source.branch},
                              {"dirty", group.source.dirty}});
  return Json::object({{"source", std::move(source)},
                       {"services", std::move(services)},
                       {"pins", std::move(pins)},
                       {"allowDevelopmentSecrets", group.allowDevelopmentSecrets},
                       {"httpsPort", group.httpsPort}});
}

Json changesBody(const Group& group) {
  Json before = Json::object();
  for (const auto& [name, number] : group.before) before.set(name, number);
  return Json::object({{"changed", Json::strings(group.changed)}, {"before", std::move(before)}});
}

Json liveBody(const std::map<std::string, int>& live) {
  Json services = Json::object();
  for (const auto& [service, number] : live) services.set(service, number);
  return Json::object({{"services", std::move(services)}});
}

std::map<std::string, int> liveOf(const Json& body) {
  std::map<std::string, int> live;
  for (const auto& [service, number] : body["services"].members()) live[service] = static_cast<int>(number.asInt());
  return live;
}

Json backBody(const std::map<std::string, int>& live, const std::map<std::string, int>& from) {
  Json body = liveBody(live);
  Json was = Json::object();
  for (const auto& [service, number] : live) was.set(service, from.at(service));
  body.set("from", std::move(was));
  return body;
}

namespace {

int wayBack(const EnvironmentState& state, const std::string& service, int number) {
  const Group* group = state.find(number);
  while (group != nullptr && group->stage == Stage::kTakenBack) {
    const auto before = group->before.find(service);
    if (before == group->before.end()) break;
    number = before->second;
    group = state.find(number);
  }
  return number;
}

}  // namespace

std::map<std::string, int> undoing(const EnvironmentState& state, const Group& group) {
  std::map<std::string, int> live;
  for (const auto& service : group.changed) {
    const auto before = group.before.find(service);
    if (before == group.before.end() || before->second == 0) continue;
    const auto released = group.services.find(service);
    if (released != group.services.end() && released->second.shape == Shape::kDatabase) continue;
    const int to = wayBack(state, service, before->second);
    if (to != 0) live[service] = to;
  }
  return live;
}

std::vector<int> forgettable(const EnvironmentState& state, int keep) {
  std::set<int> needed;
  for (const auto& [service, number] : state.live) needed.insert(number);
  for (const auto& [service, number] : state.previous) needed.insert(number);
  std::vector<int> old;
  int kept = 0;
  for (auto one = state.groups.rbegin(); one != state.groups.rend(); ++one) {
    if (needed.contains(one->first) || one->second.underWay() || one->second.watched()) continue;
    if (kept < keep) {
      ++kept;
      continue;
    }
    old.push_back(one->first);
  }
  return old;
}

}  // namespace orbit::deploy
