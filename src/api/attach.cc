#include "api/bridge.h"
#include "api/containers.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr auto kStopWait = std::chrono::seconds(30);

// Stops what nobody listens to any more, and removes it if asked. The caller is gone, so this has a wait of its own.
net::Task<void> cleanUp(Shared& shared, std::string id, bool stop, bool remove) {
  engine::Engine& engine = shared.services.engine;
  const net::Wait wait{shared.services.loop.clock().now() + kStopWait, nullptr};
  if (stop) {
    const Status stopped = co_await engine.stopContainer(id, std::nullopt, wait);
    if (!stopped.ok()) log(Level::kWarning, "api", "cannot stop a one-off container: " + stopped.error().text());
  }
  if (!remove) co_return;
  const Status removed = co_await engine.removeContainer(id, true, true, wait);
  if (!removed.ok()) log(Level::kWarning, "api", "cannot remove a one-off container: " + removed.error().text());
}

// A container of some project, not any that happens to run here.
net::Task<Result<std::string>> findOwned(Shared& shared, std::string container, net::Wait wait) {
  auto detail = co_await shared.services.engine.inspectContainer(container, wait);
  if (!detail.ok()) co_return std::move(detail).error();
  if (labelOf(detail->summary, kProjectLabel).empty()) {
    co_return Error{.code = Code::kNotFound, .message = "container " + container + " belongs to no project"};
  }
  co_return detail->summary.id;
}

Bridge::Controls controlsOf(Shared& shared, const std::string& id) {
  engine::Engine& engine = shared.services.engine;
  const net::Wait wait{Instant::max(), &shared.services.stop};
  return {[&engine, id, wait](int columns, int rows) { return engine.resizeContainer(id, columns, rows, wait); },
          [&engine, id, wait](std::string name) { return engine.killContainer(id, std::move(name), wait); }};
}

}  // namespace

Result<AttachRequest> decodeAttach(const format::Json& body) {
  Fields fields(body);
  AttachRequest request;
  request.container = fields.requiredText("container");
  request.tty = fields.flag("tty");
  request.remove = fields.flag("remove");
  ORBIT_TRY_STATUS(fields.finish());
  return request;
}

net::Task<void> attach(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeAttach(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  engine::Engine& engine = shared.services.engine;
  CallerCancel caller(shared, exchange);
  const net::Wait wait = shortWait(shared, caller.cancel());
  auto id = co_await findOwned(shared, request->container, wait);
  if (!id.ok()) co_return co_await refuse(exchange, std::move(id).error());
  auto session = co_await engine.attach(*id, wait);
  Status started = session.ok() ? Status() : Status(session.error());
  if (started.ok()) started = co_await engine.startContainer(*id, wait);
  if (!started.ok()) {
    co_await cleanUp(shared, *id, false, request->remove);
    co_return co_await refuse(exchange, std::move(started).error());
  }

  auto stream = co_await exchange.upgrade("orbit-stream");
  if (!stream.ok()) co_return co_await cleanUp(shared, *id, true, request->remove);
  Bridge bridge(shared.services.loop, std::move(stream).value(), std::move(session->stream), request->tty,
                controlsOf(shared, *id), shared.services.stop);
  const Status ended = co_await bridge.run();
  Result<int> exitCode = Error{};
  if (ended.ok()) {
    const net::Wait listening{Instant::max(), &bridge.callerGone()};
    exitCode = co_await engine.waitContainer(*id, listening);
  } else {
    exitCode = ended.error();
  }
  co_await cleanUp(shared, *id, !exitCode.ok(), request->remove);
  co_await bridge.finish(std::move(exitCode));
}

}  // namespace orbit::api
