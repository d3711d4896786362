#include <fmt/format.h>

#include "api/bridge.h"
#include "api/containers.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr int kIndexMax = 10'000;

// The release of a service that serves, "" for development.
std::string releaseOf(Shared& shared, const ContainerScope& scope) {
  for (const auto& row : shared.services.deploy.status(scope.project, scope.environment)) {
    if (row.service == scope.services.front()) return row.release;
  }
  return "";
}

// Container `index` of the service, of the release that serves where there are several.
net::Task<Result<std::string>> findRunning(Shared& shared, ContainerScope scope, int index, net::Wait wait) {
  auto found = co_await containersOf(shared.services.engine, scope, wait);
  if (!found.ok()) co_return std::move(found).error();
  const std::string release = scope.deployed() ? releaseOf(shared, scope) : std::string();
  const std::string service = scope.services.front();
  for (const auto& container : *found) {
    if (numberOf(container) != index) continue;
    if (!release.empty() && labelOf(container, kReleaseLabel) != release) continue;
    if (container.state == engine::ContainerState::kRunning) co_return container.id;
    co_return Error{.code = Code::kConflict,
                    .message = fmt::format("{} is not running ({})", container.name, stateName(container.state)),
                    .hint = scope.deployed() ? "orbit status says what became of it"
                                             : fmt::format("start it: orbit up -d {}", service)};
  }
  co_return Error{.code = Code::kNotFound,
                  .message = fmt::format("service {} has no container number {}", service, index),
                  .hint = "orbit ps lists them"};
}

net::Task<void> converse(Shared& shared, http::Exchange& exchange, engine::Engine::Session session, bool tty) {
  engine::Engine& engine = shared.services.engine;
  auto caller = co_await exchange.upgrade("orbit-stream");
  if (!caller.ok()) co_return;  // gone before it began
  const std::string id = session.execId;
  net::Cancel& stop = shared.services.stop;
  const net::Wait wait{Instant::max(), &stop};
  Bridge::Controls controls;
  controls.resize = [&engine, id, wait](int columns, int rows) { return engine.resizeExec(id, columns, rows, wait); };
  Bridge bridge(shared.services.loop, std::move(caller).value(), std::move(session.stream), tty, std::move(controls),
                stop);
  const Status ended = co_await bridge.run();
  if (!ended.ok()) co_return co_await bridge.finish(ended.error());
  net::Cancel none;
  const net::Wait brief = shortWait(shared, none);
  Result<int> exitCode = co_await engine.execExitCode(id, brief);
  co_await bridge.finish(std::move(exitCode));
}

}  // namespace

Result<ExecRequest> decodeExec(const format::Json& body) {
  Fields fields(body);
  ExecRequest request;
  request.service = fields.requiredText("service");
  request.environment = fields.text("inEnvironment");  // `environment` are the command's variables
  request.index = static_cast<int>(fields.number("index", 1, 1, kIndexMax));
  request.options.command = fields.texts("command");
  request.options.environment = fields.texts("environment");
  request.options.user = fields.text("user");
  request.options.workingDir = fields.text("workingDir");
  request.options.tty = fields.flag("tty");
  request.options.stdin = fields.flag("stdin");
  request.options.privileged = fields.flag("privileged");
  request.options.detach = fields.flag("detach");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  if (request.options.command.empty()) return Error{.code = Code::kInvalid, .message = "command must be given"};
  return request;
}

net::Task<void> exec(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeExec(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  TargetReading reading = readTarget(request->target);
  if (!reading.target) {
    EventStream stream(shared.services.loop, exchange);
    tellReading(stream, reading);
    co_return co_await stream.finish(reading.outcome);
  }
  CallerCancel caller(shared, exchange);
  const net::Wait wait = shortWait(shared, caller.cancel());
  ContainerScope scope{reading.target->project, request->environment, {request->service}};
  if (scope.environment.empty()) scope.environment = kDevelopment;
  auto id = co_await findRunning(shared, std::move(scope), request->index, wait);
  if (!id.ok()) co_return co_await refuse(exchange, std::move(id).error());
  auto session = co_await shared.services.engine.startExec(*id, request->options, wait);
  if (!session.ok()) co_return co_await refuse(exchange, std::move(session).error());
  if (request->options.detach) co_return co_await answer(exchange, format::Json::object());
  co_await converse(shared, exchange, std::move(session).value(), request->options.tty);
}

}  // namespace orbit::api
