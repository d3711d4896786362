#include "api/containers.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

net::Task<Status> tellDevelopment(Shared& shared, EventStream& stream, const PsRequest& request, std::string project,
                                  net::Wait wait) {
  ORBIT_CO_TRY(const auto rows, co_await shared.services.stack.list(project, request.all, wait));
  std::map<std::string, std::string> urls;
  const net::Wait urlWait = wait.until(shared.services.loop.clock().now() + kUrlTime);
  co_await shared.services.traffic.settle(project, false, urlWait);
  for (const auto& one : shared.services.traffic.urls(project)) urls[one.service] = one.url;
  const ContainerScope scope{project, request.environment, request.services};
  for (const auto& row : rows) {
    const bool runs = row.state == "running" && !row.oneOff;
    if (scope.has(row.service)) stream.tell(rowEvent(row, runs ? urls[row.service] : std::string()));
  }
  co_return Status();
}

// What only an inspect tells.
net::Task<void> complete(engine::Engine& engine, stack::Stack::Row& row, net::Wait wait) {
  const auto detail = co_await engine.inspectContainer(row.id, wait);
  if (!detail.ok()) co_return;  // gone meanwhile
  row.exitCode = detail->exitCode;
  row.startedUs = detail->startedUs;
  std::vector<std::string> command = detail->config["Entrypoint"].asStrings();
  for (auto& part : detail->config["Cmd"].asStrings()) command.push_back(std::move(part));
  row.command = join(command, " ");
}

net::Task<Status> tellDeployed(Shared& shared, EventStream& stream, const PsRequest& request, std::string project,
                               net::Wait wait) {
  engine::Engine& engine = shared.services.engine;
  ContainerScope scope{project, request.environment, request.services};
  ORBIT_CO_TRY(const auto containers, co_await deployedContainers(engine, scope, wait));
  co_await shared.services.traffic.known(wait.until(shared.services.loop.clock().now() + kUrlTime));
  std::map<std::pair<std::string, std::string>, deploy::StatusRow> live;
  for (auto& row : shared.services.deploy.status(project, scope.environment)) {
    const auto key = std::pair(row.environment, row.service);
    live[key] = std::move(row);
  }
  for (const auto& container : containers) {
    if (!scope.has(serviceOf(container)) || (!request.all && !isLive(container.state))) continue;
    stack::Stack::Row row;
    row.service = serviceOf(container);
    row.container = container.name;
    row.id = container.id;
    row.image = container.image;
    row.state = engine::stateName(container.state);
    row.health = container.health;
    row.number = numberOf(container);
    row.createdUs = container.createdUs;
    co_await complete(engine, row, wait);
    const std::string environment = environmentOf(container), release = labelOf(container, kReleaseLabel);
    const deploy::StatusRow& serving = live[std::pair(environment, row.service)];
    const bool serves = row.state == "running" && serving.release == release;
    stream.tell(rowEvent(row, serves ? serving.url : std::string(), environment, release));
  }
  co_return Status();
}

net::Task<Status> tellRows(Shared& shared, EventStream& stream, const PsRequest& request, std::string project,
                           net::Wait wait) {
  const ContainerScope scope{project, request.environment, {}};
  if (scope.development()) {
    ORBIT_CO_TRY_STATUS(co_await tellDevelopment(shared, stream, request, project, wait));
  }
  if (!scope.deployed()) co_return Status();
  co_return co_await tellDeployed(shared, stream, request, project, wait);
}

}  // namespace

Result<PsRequest> decodePs(const format::Json& body) {
  Fields fields(body);
  PsRequest request;
  request.services = fields.texts("services");
  request.environment = fields.text("environment");
  request.all = fields.flag("all");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  return request;
}

net::Task<void> ps(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodePs(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    CallerCancel caller(shared, exchange);
    const net::Wait wait = shortWait(shared, caller.cancel());
    const Status told = co_await tellRows(shared, stream, *request, target->project, wait);
    if (!told.ok()) stream.tell(problemEvent(told.error()));
    outcome = told.ok() ? "ok" : "failed";
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
