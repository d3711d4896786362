#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

// A one-off container that nobody attached to: its caller died between the two requests.
constexpr auto kAttachedWithin = std::chrono::seconds(15);
constexpr auto kRemoveWait = std::chrono::seconds(30);

net::Task<void> removeUnattached(Shared& shared, std::string id) {
  static_cast<void>(co_await shared.services.loop.sleep(kAttachedWithin));
  const net::Wait wait{shared.services.loop.clock().now() + kRemoveWait, &shared.services.stop};
  const auto detail = co_await shared.services.engine.inspectContainer(id, wait);
  if (!detail.ok() || detail->summary.state != engine::ContainerState::kCreated) co_return;
  static_cast<void>(co_await shared.services.engine.removeContainer(id, true, true, wait));  // `down` would, too
}

net::Task<void> removeAtItsEnd(Shared& shared, std::string id) {
  const net::Wait running{Instant::max(), &shared.services.stop};
  const auto exitCode = co_await shared.services.engine.waitContainer(id, running);
  if (!exitCode.ok()) co_return;
  const net::Wait wait{shared.services.loop.clock().now() + kRemoveWait, &shared.services.stop};
  static_cast<void>(co_await shared.services.engine.removeContainer(id, true, true, wait));  // `down` would, too
}

// Creates, and starts what nobody will attach to.
net::Task<stack::Outcome> create(Shared& shared, EventStream& stream, const RunRequest& request,
                                 const model::Plan& plan, net::Wait wait) {
  stack::Stack::RunOptions options = request.options;
  auto created = co_await shared.services.stack.createOneOff(plan, std::move(options), stream.observer(), wait);
  if (!created.outcome.ok()) co_return std::move(created.outcome);
  stream.tell(createdEvent(created.container));
  if (!request.detach) {
    shared.services.loop.spawn(removeUnattached(shared, created.container));
    co_return std::move(created.outcome);
  }
  const Status started = co_await shared.services.engine.startContainer(created.container, wait);
  if (!started.ok()) {
    created.outcome.failures.push_back({started.error(), request.options.service, created.container, 0, {}, ""});
    static_cast<void>(co_await shared.services.engine.removeContainer(created.container, true, true, wait));
  } else if (request.remove) {
    shared.services.loop.spawn(removeAtItsEnd(shared, created.container));
  }
  co_return std::move(created.outcome);
}

}  // namespace

Result<RunRequest> decodeRun(const format::Json& body) {
  Fields fields(body);
  RunRequest request;
  Fields options(fields.member("options"), "options");
  request.options.service = options.requiredText("service");
  request.options.command = options.texts("command");
  request.options.environment = options.textMap("environment");
  request.options.user = options.text("user");
  request.options.workingDir = options.text("workingDir");
  request.options.name = options.text("name");
  request.options.entrypoint = options.text("entrypoint");
  request.options.noDeps = options.flag("noDeps");
  request.options.servicePorts = options.flag("servicePorts");
  request.options.tty = options.flag("tty");
  request.options.stdin = options.flag("stdin");
  request.options.publish = options.texts("publish");
  request.options.volumes = options.texts("volumes");
  request.remove = fields.flag("remove");
  request.detach = fields.flag("detach");
  request.contexts = fields.textMap("contexts");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  ORBIT_TRY_STATUS(options.finish());
  return request;
}

net::Task<void> run(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeRun(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  const PlanOperation operation = [&](EventStream& stream, const model::Plan& plan, auto contexts, net::Wait wait) {
    request->options.contexts = std::move(contexts);
    return create(shared, stream, *request, plan, wait);
  };
  co_await changeByPlan(shared, exchange, "run", request->target, request->contexts, operation);
}

}  // namespace orbit::api
