#include "api/events.h"

namespace orbit::api {
namespace {

using format::Json;

Json event(std::string_view name) {
  return Json::object({{"event", name}});
}

void setAdvice(Json& json, const std::string& hint, const Location& at) {
  if (!hint.empty()) json.set("hint", hint);
  if (!at.known()) return;
  Json place = Json::object({{"file", at.file}});
  if (at.line > 0) place.set("line", at.line);
  if (at.column > 0) place.set("column", at.column);
  json.set("at", std::move(place));
}

void setError(Json& json, const Error& error) {
  json.set("code", codeName(error.code));
  json.set("message", error.message);
  setAdvice(json, error.hint, error.at);
}

std::string_view kindName(stack::Step::Kind kind) {
  switch (kind) {
    case stack::Step::Kind::kNetwork:
      return "network";
    case stack::Step::Kind::kVolume:
      return "volume";
    case stack::Step::Kind::kImage:
      return "image";
    case stack::Step::Kind::kContainer:
      break;
  }
  return "container";
}

template <class Items>
Json keys(const Items& items) {
  Json list = Json::array();
  for (const auto& item : items) list.push(item.key);
  return list;
}

}  // namespace

Json problemEvent(const Error& error) {
  Json json = event("problem");
  setError(json, error);
  return json;
}

Json warningEvent(const model::Warning& warning) {
  Json json = event("warning");
  json.set("message", warning.message);
  setAdvice(json, warning.hint, warning.at);
  return json;
}

Json waitingEvent(const std::string& project, const std::string& kind) {
  Json json = event("waiting");
  json.set("project", project);
  json.set("for", kind);
  return json;
}

Json stepEvent(const stack::Step& step) {
  Json json = event("step");
  json.set("kind", kindName(step.kind));
  json.set("name", step.name);
  json.set("service", step.service);
  json.set("state", step.state);
  json.set("detail", step.detail);
  json.set("current", step.current);
  json.set("total", step.total);
  return json;
}

Json buildEvent(const std::string& service, std::string_view line) {
  Json json = event("build");
  json.set("service", service);
  json.set("text", line);
  return json;
}

Json failureEvent(const stack::Failure& failure) {
  Json json = event("failure");
  json.set("service", failure.service);
  json.set("container", failure.container);
  json.set("exitCode", failure.exitCode);
  setError(json, failure.error);
  json.set("log", Json::strings(failure.logTail));
  if (!failure.missingProgram.empty()) json.set("missingProgram", failure.missingProgram);
  return json;
}

Json needEvent(const std::vector<std::string>& files, const std::vector<std::string>& variables,
               const std::vector<stack::NeededContext>& contexts) {
  Json json = event("need");
  json.set("files", Json::strings(files));
  json.set("variables", Json::strings(variables));
  Json list = Json::array();
  for (const auto& context : contexts) {
    list.push(Json::object({{"service", context.service},
                            {"folder", context.folder},
                            {"dockerfile", context.dockerfile},
                            {"dockerfileInline", context.dockerfileInline}}));
  }
  json.set("contexts", std::move(list));
  return json;
}

Json configEvent(const model::Plan& plan, const std::string& text) {
  Json json = event("config");
  json.set("project", plan.project);
  json.set("workingDir", plan.workingDir);
  json.set("text", text);
  json.set("files", Json::strings(plan.files));
  json.set("disabled", Json::strings(plan.disabled));
  Json services = Json::array();
  for (const auto& service : plan.services) {
    services.push(Json::object({{"name", service.name},
                                {"image", service.container.image},
                                {"configHash", service.configHash},
                                {"build", service.build.has_value()},
                                {"profiles", Json::strings(service.profiles)}}));
  }
  json.set("services", std::move(services));
  json.set("networks", keys(plan.networks));
  json.set("volumes", keys(plan.volumes));
  return json;
}

Json configEvent(const model::Deployment& deployment, const std::string& text) {
  Json json = event("config");
  json.set("project", deployment.project);
  json.set("environment", deployment.environment);
  json.set("workingDir", deployment.workingDir);
  json.set("text", text);
  json.set("files", Json::strings(deployment.files));
  Json services = Json::array();
  for (const auto& one : deployment.services) {
    services.push(Json::object({{"name", one.service.name},
                                {"image", one.service.container.image},
                                {"configHash", one.hash},
                                {"build", one.service.build.has_value()},
                                {"profiles", Json::strings(one.service.profiles)}}));
  }
  json.set("services", std::move(services));
  json.set("volumes", keys(deployment.volumes));
  return json;
}

Json rowEvent(const stack::Stack::Row& row, const std::string& url, const std::string& environment,
              const std::string& release) {
  Json json = rowEvent(row, url);
  json.set("environment", environment);
  json.set("release", release);
  return json;
}

Json rowEvent(const stack::Stack::Row& row, const std::string& url) {
  Json json = event("row");
  json.set("service", row.service);
  json.set("container", row.container);
  json.set("id", row.id);
  json.set("image", row.image);
  json.set("state", row.state);
  json.set("health", row.health);
  json.set("ports", row.ports);
  json.set("command", row.command);
  json.set("exitCode", row.exitCode);
  json.set("number", row.number);
  json.set("oneOff", row.oneOff);
  json.set("createdUs", row.createdUs);
  json.set("startedUs", row.startedUs);
  if (!url.empty()) json.set("url", url);
  return json;
}

Json urlEvent(const traffic::ServiceUrl& url) {
  Json json = event("url");
  json.set("service", url.service);
  json.set("url", url.url);
  return json;
}

Json createdEvent(const std::string& container) {
  Json json = event("created");
  json.set("container", container);
  return json;
}

Json droppedEvent(std::size_t events) {
  Json json = event("dropped");
  json.set("events", static_cast<std::int64_t>(events));
  return json;
}

Json resultEvent(std::string_view outcome, Duration elapsed) {
  Json json = event("result");
  json.set("outcome", outcome);
  json.set("elapsedMs",
           static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count()));
  return json;
}

Json engineJson(const engine::EngineInfo& info) {
  return Json::object({{"version", info.version},
                       {"apiVersion", info.apiVersion},
                       {"osType", info.osType},
                       {"architecture", info.architecture},
                       {"storageDriver", info.storageDriver},
                       {"rootDir", info.rootDir},
                       {"loggingDriver", info.loggingDriver},
                       {"cgroupVersion", info.cgroupVersion},
                       {"swarmActive", info.swarmActive},
                       {"liveRestore", info.liveRestore},
                       {"local", info.local}});
}

Json projectJson(const stack::Stack::ProjectRow& row) {
  return Json::object({{"project", row.project},
                       {"workingDir", row.workingDir},
                       {"files", row.files},
                       {"running", row.running},
                       {"containers", row.containers}});
}

Json operationJson(const store::Operation& operation) {
  const auto detail = format::parseJson(operation.detail);
  return Json::object({{"id", operation.id},
                       {"kind", operation.kind},
                       {"project", operation.project},
                       {"startedUs", operation.startedUs},
                       {"endedUs", operation.endedUs},
                       {"outcome", operation.outcome},
                       {"detail", detail.ok() ? *detail : Json()}});
}

Json variableJson(const store::Variable& variable) {
  Json json = Json::object({{"project", variable.project},
                            {"environment", variable.environment},
                            {"service", variable.service},
                            {"name", variable.name},
                            {"secret", variable.secret},
                            {"version", variable.version},
                            {"setUs", variable.setUs}});
  if (!variable.secret) json.set("value", variable.value);
  return json;
}

Json domainJson(const traffic::DomainReport& report) {
  const model::Domain& domain = report.domain;
  Json json = Json::object({{"host", domain.host},
                            {"project", domain.project},
                            {"environment", domain.environment},
                            {"service", domain.service},
                            {"addedUs", domain.addedUs},
                            {"hsts", domain.hsts}});
  json.set("records", Json::strings(report.records));
  json.set("found", Json::strings(report.found));
  json.set("problems", Json::strings(report.problems));
  json.set("certificate", Json::object({{"state", report.certificate},
                                        {"notAfterUs", report.notAfterUs},
                                        {"nextTryUs", report.nextTryUs},
                                        {"problem", report.certificateProblem}}));
  return json;
}

}  // namespace orbit::api
