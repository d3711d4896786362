// status, releases, release and project: what is asked about environments.
#include "api/deploy_events.h"
#include "api/environment.h"
#include "api/events.h"
#include "api/query.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr auto kEngineTime = std::chrono::seconds(5);  // what is deployed is told without it

// "running", "unhealthy", "1 of 2 running", or what the engine says of a container that does not run.
std::string stateOf(const std::vector<stack::Stack::Row>& rows, const std::string& service, deploy::StatusRow& status) {
  std::string other;
  bool sick = false;
  for (const auto& row : rows) {
    if (row.service != service || row.oneOff) continue;
    ++status.replicas;
    status.image = row.image;
    status.sinceUs = std::max(status.sinceUs, row.startedUs);
    sick = sick || row.health == "unhealthy";
    if (row.state == "running") {
      ++status.running;
    } else {
      other = row.state == "exited" ? "exited (" + std::to_string(row.exitCode) + ")" : row.state;
    }
  }
  if (status.running == 0) return other;
  if (sick) return "unhealthy";
  return other.empty() ? "running"
                       : std::to_string(status.running) + " of " + std::to_string(status.replicas) + " running";
}

net::Task<Status> addDevelopment(Shared& shared, std::string project, Json& list, net::Wait wait) {
  ORBIT_CO_TRY(const auto rows, co_await shared.services.stack.list(project, true, wait));
  const net::Wait urlWait = wait.until(shared.services.loop.clock().now() + kUrlTime);
  co_await shared.services.traffic.settle(project, false, urlWait);
  std::map<std::string, std::string> urls;
  for (const auto& one : shared.services.traffic.urls(project)) urls[one.service] = one.url;
  std::set<std::string> services;
  for (const auto& row : rows) {
    if (!row.oneOff) services.insert(row.service);
  }
  for (const auto& service : services) {
    deploy::StatusRow status;
    status.project = project;
    status.environment = kDevelopment;
    status.service = service;
    status.state = stateOf(rows, service, status);
    if (status.running > 0) status.url = urls[service];
    list.push(statusJson(status));
  }
  co_return Status();
}

net::Task<Status> addAllDevelopment(Shared& shared, std::string only, Json& list, net::Wait wait) {
  ORBIT_CO_TRY(const auto projects, co_await shared.services.stack.projects(wait));
  for (const auto& row : projects) {
    if (!only.empty() && row.project != only) continue;
    ORBIT_CO_TRY_STATUS(co_await addDevelopment(shared, row.project, list, wait));
  }
  co_return Status();
}

}  // namespace

net::Task<void> status(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const std::string project = valueOf(query, "project"), environment = valueOf(query, "environment");
  Json list = Json::array();
  CallerCancel caller(shared, exchange);
  const Instant now = shared.services.loop.clock().now();
  if (environment != kDevelopment) {
    const net::Wait urlWait{now + kUrlTime, &caller.cancel()};
    co_await shared.services.traffic.known(urlWait);
    for (const auto& row : shared.services.deploy.status(project, environment)) list.push(statusJson(row));
  }
  Json body = Json::object();
  if (environment.empty() || environment == kDevelopment) {
    const net::Wait wait{now + kEngineTime, &caller.cancel()};
    const Status added = co_await addAllDevelopment(shared, project, list, wait);
    if (!added.ok()) body.set("problem", problemEvent(added.error()));  // what is deployed is known without the engine
  }
  body.set("rows", std::move(list));
  body.set("incidents", openIncidents(shared, project, environment));
  co_await answer(exchange, std::move(body));
}

net::Task<void> releases(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  Json list = Json::array();
  for (const auto& row : shared.services.deploy.releases(valueOf(query, "project"), valueOf(query, "environment"))) {
    list.push(releaseJson(row));
  }
  Json body = Json::object();
  body.set("releases", std::move(list));
  co_await answer(exchange, std::move(body));
}

net::Task<void> release(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const auto environment = deployedEnvironment(valueOf(query, "environment"));
  if (!environment.ok()) co_return co_await refuse(exchange, environment.error());
  auto report = shared.services.deploy.show(valueOf(query, "project"), *environment, valueOf(query, "release"));
  if (!report.ok()) co_return co_await refuse(exchange, std::move(report).error());
  co_await answer(exchange, std::move(*report));
}

// For a browser that is to see one release, whatever share it has.
net::Task<void> openRelease(Shared& shared, http::Exchange& exchange, std::string text) {
  const Query query = queryOf(text);
  const std::string project = valueOf(query, "project"), release = valueOf(query, "release");
  const auto environment = deployedEnvironment(valueOf(query, "environment"));
  if (!environment.ok()) co_return co_await refuse(exchange, environment.error());
  CallerCancel caller(shared, exchange);
  const net::Wait urlWait{shared.services.loop.clock().now() + kUrlTime, &caller.cancel()};
  co_await shared.services.traffic.known(urlWait);
  Json list = Json::array();
  for (const auto& row : shared.services.deploy.status(project, *environment)) {
    const std::string url = shared.services.traffic.openUrl(project, *environment, row.service, release);
    if (!url.empty()) list.push(Json::object({{"service", row.service}, {"url", url}}));
  }
  if (list.items().empty()) {
    Error error{.code = Code::kNotFound,
                .message = release + " serves nothing in " + *environment + " now",
                .hint = "orbit status shows the releases that serve; orbit rollback brings an earlier one back"};
    co_return co_await refuse(exchange, std::move(error));
  }
  Json body = Json::object();
  body.set("urls", std::move(list));
  co_await answer(exchange, std::move(body));
}

net::Task<void> nameProject(Shared& shared, http::Exchange& exchange, Json body) {
  Fields fields(body);
  auto target = decodeTarget(fields, true);
  if (!target.ok()) co_return co_await refuse(exchange, std::move(target).error());
  EventStream stream(shared.services.loop, exchange);
  const TargetReading reading = readTargetsName(*target);
  const Target* named = tellNamed(stream, reading);
  if (named == nullptr) co_return co_await stream.finish(reading.outcome);
  Json more = Json::object({{"project", named->project}});
  co_await stream.finish("ok", std::move(more));
}

}  // namespace orbit::api
