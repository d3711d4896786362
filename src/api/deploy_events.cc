#include "api/deploy_events.h"

#include <set>

#include "api/environment.h"
#include "api/events.h"
#include "model/secret_mark.h"

namespace orbit::api {
namespace {

using deploy::Stage;
using format::Json;

Json placeJson(const Location& at) {
  Json place = Json::object({{"file", at.file}});
  if (at.line > 0) place.set("line", at.line);
  if (at.column > 0) place.set("column", at.column);
  return place;
}

std::string_view shapeName(model::DeployService::Shape shape) {
  switch (shape) {
    case model::DeployService::Shape::kStateful:
      return "stateful";
    case model::DeployService::Shape::kDatabase:
      return "database";
    case model::DeployService::Shape::kStateless:
      break;
  }
  return "stateless";
}

Json serviceJson(const model::DeployService& one) {
  Json json = Json::object({{"name", one.service.name},
                            {"shape", shapeName(one.shape)},
                            {"image", one.service.container.image},
                            {"build", one.service.build.has_value()},
                            {"replicas", one.replicas},
                            {"routed", one.routed},
                            {"port", one.port},
                            {"portFrom", one.portFrom},
                            {"path", one.path}});
  json.set("hosts", Json::strings(one.hosts));
  json.set("after", Json::strings(one.after));
  return json;
}

Json noteJson(const model::DeployNote& note) {
  Json json = Json::object({{"service", note.service}, {"rule", note.rule}, {"text", note.text}, {"why", note.why}});
  if (note.at.known()) json.set("at", placeJson(note.at));
  return json;
}

Json neededJson(const model::NeededVariable& needed) {
  Json json = Json::object({{"name", needed.name},
                            {"development", needed.development},
                            {"optional", needed.optional},
                            {"hint", needed.hint}});
  json.set("services", Json::strings(needed.services));
  if (needed.at.known()) json.set("at", placeJson(needed.at));
  return json;
}

Json changeJson(const deploy::Deploy::Change& change) {
  Json json =
      Json::object({{"service", change.service}, {"what", change.what}, {"from", change.from}, {"to", change.to}});
  json.set("cannotUndo", Json::strings(change.cannotUndo));
  return json;
}

// Names of the environment's variables that the services get, each once; no value.
Json variableNames(const model::Deployment& deployment) {
  std::set<std::string> names;
  for (const auto& one : deployment.services) {
    for (const auto& [name, value] : one.service.container.environment) {
      if (!value) continue;
      for (auto& secret : model::secretsIn(*value)) names.insert(std::move(secret));
    }
  }
  return Json::strings({names.begin(), names.end()});
}

Json sourceJson(const deploy::Source& source) {
  return Json::object({{"commit", source.commit},
                       {"message", source.message},
                       {"author", source.author},
                       {"branch", source.branch},
                       {"dirty", source.dirty}});
}

template <class Items, class Make>
Json listOf(const Items& items, Make make) {
  Json list = Json::array();
  for (const auto& item : items) list.push(make(item));
  return list;
}

// The newest release that serves.
const deploy::ReleaseRow* liveOf(const std::vector<deploy::ReleaseRow>& releases) {
  for (const auto& row : releases) {
    if (row.live) return &row;
  }
  return nullptr;
}

std::string releaseName(int group) {
  return group > 0 ? "r" + std::to_string(group) : "";
}

}  // namespace

Json planEvent(const model::Deployment& deployment, const std::vector<deploy::Deploy::Change>& changes,
               const std::vector<deploy::ReleaseRow>& before) {
  Json json = Json::object({{"event", "plan"},
                            {"project", deployment.project},
                            {"environment", deployment.environment},
                            {"first", before.empty()}});
  if (const auto* live = liveOf(before)) {
    json.set("live", Json::object({{"release", live->release}, {"source", sourceJson(live->source)}}));
  }
  json.set("files", Json::strings(deployment.files));
  json.set("services", listOf(deployment.services, serviceJson));
  json.set("changes", listOf(changes, changeJson));
  json.set("notes", listOf(deployment.notes, noteJson));
  json.set("needed", listOf(deployment.needed, neededJson));
  json.set("secrets", variableNames(deployment));
  return json;
}

Json stageEvent(const deploy::Event& event) {
  Json json = Json::object({{"event", "stage"},
                            {"stage", deploy::stageName(event.stage)},
                            {"service", event.service},
                            {"text", event.text}});
  if (event.problem) {
    Json problem = problemEvent(*event.problem);
    Json members = Json::object();
    for (const auto& [name, value] : problem.members()) {
      if (name != "event") members.set(name, value);
    }
    json.set("problem", std::move(members));
  }
  if (!event.logTail.empty()) json.set("log", Json::strings(event.logTail));
  if (!event.numbers.isNull()) json.set("numbers", event.numbers);
  return json;
}

std::string outcomeOf(const deploy::Outcome& outcome) {
  if (!outcome.needContexts.empty()) return "need";
  if (outcome.stage == Stage::kCancelled || outcome.stage == Stage::kSuperseded) return "cancelled";
  const bool over = outcome.stage == Stage::kFailed || outcome.stage == Stage::kTakenBack;
  return over || !outcome.failures.empty() ? "failed" : "ok";
}

Json deployResult(const deploy::Outcome& outcome, const std::vector<deploy::StatusRow>& rows) {
  if (!outcome.needContexts.empty()) return {};
  Json json = Json::object({{"group", outcome.group},
                            {"release", releaseName(outcome.group)},
                            {"stage", deploy::stageName(outcome.stage)},
                            {"summary", outcome.summary}});
  std::set<std::string> live;
  Json urls = Json::array();
  for (const auto& row : rows) {
    if (!row.release.empty()) live.insert(row.release);
    if (!row.url.empty()) urls.push(Json::object({{"service", row.service}, {"url", row.url}}));
  }
  json.set("live", Json::strings({live.begin(), live.end()}));
  json.set("urls", std::move(urls));
  return json;
}

std::string deployDetail(const std::string& environment, const deploy::Outcome& outcome) {
  auto detail = format::parseJson(detailOf(outcome.failures));
  Json json = detail.ok() ? *detail : Json::object();
  json.set("environment", environment);
  if (outcome.group > 0) json.set("release", releaseName(outcome.group));
  json.set("stage", deploy::stageName(outcome.stage));
  return json.dump();
}

std::optional<Error> missingVariables(const model::Deployment& deployment, bool allowDevelopment) {
  const std::string flag = deployment.environment == kProduction ? "" : " -E " + deployment.environment;
  std::vector<std::string> names, lines;
  bool development = false;
  Location at;
  for (const auto& needed : deployment.needed) {
    if (needed.optional || (needed.development && allowDevelopment)) continue;
    if (names.empty()) at = needed.at;
    names.push_back(needed.name);
    const std::string who = needed.services.empty() ? "" : "   # for " + join(needed.services, ", ");
    const std::string why = needed.development ? ", which has a value known from development" : "";
    lines.push_back("orbit vars set" + flag + " " + needed.name + who + why);
    development = development || needed.development;
  }
  if (names.empty()) return std::nullopt;
  if (development) lines.emplace_back("or keep the development values: --allow-dev-secrets");
  const bool one = names.size() == 1;
  return Error{.code = Code::kInvalid,
               .message = (one ? "a variable is" : std::to_string(names.size()) + " variables are") + " not set for " +
                          deployment.environment + ": " + join(names, ", "),
               .hint = join(lines, "\n"),
               .at = at};
}

Json statusJson(const deploy::StatusRow& row) {
  return Json::object({{"name", row.service},
                       {"project", row.project},
                       {"environment", row.environment},
                       {"service", row.service},
                       {"url", row.url},
                       {"release", row.release},
                       {"state", row.state},
                       {"image", row.image},
                       {"source", row.source},
                       {"replicas", row.replicas},
                       {"running", row.running},
                       {"sinceUs", row.sinceUs},
                       {"requests", row.now.requests},
                       {"errors", row.now.errors},
                       {"p50Ms", row.now.p50Ms},
                       {"p99Ms", row.now.p99Ms},
                       {"note", row.note}});
}

Json releaseJson(const deploy::ReleaseRow& row) {
  Json json = Json::object({{"release", row.release},
                            {"project", row.project},
                            {"environment", row.environment},
                            {"stage", deploy::stageName(row.stage)},
                            {"live", row.live},
                            {"available", row.available},
                            {"startedUs", row.startedUs},
                            {"endedUs", row.endedUs},
                            {"by", row.by},
                            {"summary", row.summary},
                            {"source", sourceJson(row.source)}});
  json.set("services", Json::strings(row.services));
  return json;
}

}  // namespace orbit::api
