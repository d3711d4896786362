// What `orbit status`, `orbit releases` and `orbit show` tell.
#include <fmt/format.h>

#include "deploy/limits.h"
#include "deploy/room.h"

namespace orbit::deploy {

using format::Json;

namespace {

constexpr auto kNow = std::chrono::seconds(60);

std::string sourceText(const Source& source) {
  if (source.commit.empty()) return source.dirty ? "files that are in no commit" : "";
  const std::string message = source.message.substr(0, source.message.find('\n'));
  return fmt::format("{}{} {}{}", source.commit.substr(0, 7), source.dirty ? "+" : "", message,
                     source.author.empty() ? "" : " (" + source.author + ")");
}

// What is to be known of a service beside that it runs.
std::string stateOf(const EnvironmentState& state, const StatusRow& row, int live) {
  const Group* group = state.find(live);
  if (row.running == 0) return "stopped";
  if (row.running < row.replicas) return "degraded";
  if (group != nullptr && group->didChange(row.service)) {
    if (group->stage == Stage::kShare) return "watching";
    if (group->stage == Stage::kPromoted) return "promoted";
  }
  return "running";
}

std::string noteOf(const EnvironmentState& state, const std::string& service) {
  for (auto one = state.groups.rbegin(); one != state.groups.rend(); ++one) {
    const Group& group = one->second;
    if (!group.didChange(service)) continue;
    if (group.underWay()) return fmt::format("{} is {}", releaseId(group.number), stageName(group.stage));
    const bool bad = group.stage == Stage::kTakenBack || group.stage == Stage::kFailed;
    if (bad)
      return fmt::format("{} {}: {}", releaseId(group.number), stageName(group.stage), join(group.reasons, "; "));
    if (group.sharedFaults.empty()) return {};
    return "a shared fault while " + releaseId(group.number) + " was watched: " + group.sharedFaults.back().text;
  }
  return {};
}

Json sourceJson(const Source& source) {
  return Json::object({{"commit", source.commit},
                       {"message", source.message},
                       {"author", source.author},
                       {"branch", source.branch},
                       {"dirty", source.dirty}});
}

Json servicesJson(const EnvironmentState& state, const Group& group) {
  Json all = Json::array();
  for (const auto& [name, released] : group.services) {
    const auto live = state.live.find(name);
    const auto before = group.before.find(name);
    Json one = Json::object({{"name", name},
                             {"changed", group.didChange(name)},
                             {"live", live != state.live.end() && live->second == group.number},
                             {"image", released.image},
                             {"imageId", released.imageId},
                             {"port", released.port}});
    if (before != group.before.end()) one.set("before", releaseId(before->second));
    all.push(std::move(one));
  }
  return all;
}

}  // namespace

std::vector<StatusRow> Room::status(const std::string& project, const std::string& environment) const {
  std::vector<StatusRow> rows;
  for (const Environment* one : chosen(project, environment)) {
    const EnvironmentState& state = one->state();
    for (const auto& [service, number] : state.live) {
      if (number == 0) continue;
      const Group* group = state.find(number);
      StatusRow row;
      row.project = state.key.project;
      row.environment = state.key.environment;
      row.service = service;
      row.release = releaseId(number);
      row.url = parts_.traffic.url(row.project, row.environment, service);
      if (group != nullptr) {
        row.source = sourceText(group->source);
        row.sinceUs = group->liveUs == 0 ? group->startedUs : group->liveUs;
        const auto released = group->services.find(service);
        if (released != group->services.end()) row.image = released->second.image;
      }
      for (const auto& instance : one->instances().of(service, number)) row.running += instance.running ? 1 : 0;
      row.replicas = one->replicasOf(service, number, row.running);
      const std::string table = model::tableService(row.project, row.environment, service);
      row.now = parts_.evidence.summary(table, row.release, kNow);
      row.state = stateOf(state, row, number);
      row.note = noteOf(state, service);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<ReleaseRow> Room::releases(const std::string& project, const std::string& environment) const {
  std::vector<ReleaseRow> rows;
  for (const Environment* one : chosen(project, environment)) {
    const EnvironmentState& state = one->state();
    for (auto entry = state.groups.rbegin(); entry != state.groups.rend(); ++entry) {
      const Group& group = entry->second;
      ReleaseRow row;
      row.project = state.key.project;
      row.environment = state.key.environment;
      row.release = releaseId(group.number);
      row.services = group.changed;
      row.stage = group.stage;
      row.live = std::any_of(state.live.begin(), state.live.end(),
                             [&](const auto& live) { return live.second == group.number; });
      row.available = group.liveUs != 0;
      row.source = group.source;
      row.startedUs = group.startedUs;
      row.endedUs = group.endedUs;
      row.by = group.by;
      row.summary = group.reasons.empty() ? group.summary : join(group.reasons, "; ");
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

Result<Json> Room::show(const std::string& project, const std::string& environment, const std::string& release) const {
  ORBIT_TRY(const Environment* found, known(project, environment));
  const EnvironmentState& state = found->state();
  const Group* group = state.find(groupOf(release));
  if (group == nullptr) {
    return Error{.code = Code::kNotFound,
                 .message = fmt::format("no release {} of {} in {}", release, project, environment),
                 .hint = "orbit releases"};
  }
  Json faults = Json::array();
  for (const auto& fault : group->sharedFaults) {
    faults.push(Json::object({{"atUs", fault.atUs}, {"text", fault.text}}));
  }
  Json variables = Json::array();
  for (const auto& pin : group->pins) {
    variables.push(Json::object({{"name", pin.name},
                                 {"service", pin.service},
                                 {"secret", pin.secret},
                                 {"version", pin.version},
                                 {"value", pin.secret ? std::string() : pin.value}}));
  }
  return Json::object({{"project", state.key.project},
                       {"environment", state.key.environment},
                       {"release", releaseId(group->number)},
                       {"stage", stageName(group->stage)},
                       {"source", sourceJson(group->source)},
                       {"startedUs", group->startedUs},
                       {"liveUs", group->liveUs},
                       {"promotedUs", group->promotedUs},
                       {"endedUs", group->endedUs},
                       {"by", group->by},
                       {"summary", group->summary},
                       {"reasons", Json::strings(group->reasons)},
                       {"services", servicesJson(state, *group)},
                       {"variables", std::move(variables)},
                       {"sharedFaults", std::move(faults)},
                       {"numbers", group->numbers}});
}

}  // namespace orbit::deploy
