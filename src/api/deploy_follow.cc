// deploy/follow and deploy/cancel: a deploy that is under way.
#include "api/environment.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr int kGroupMax = 1'000'000'000;

}  // namespace

Result<FollowRequest> decodeFollow(const format::Json& body) {
  Fields fields(body);
  FollowRequest request;
  const std::string environment = fields.text("environment");
  request.group = static_cast<int>(fields.number("group", 0, 0, kGroupMax));
  request.until = untilStage(fields.choice("until", {"live", "promoted", "settled"}));
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  ORBIT_TRY(request.environment, deployedEnvironment(environment));
  return request;
}

net::Task<void> followDeploy(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeFollow(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  const TargetReading reading = readTargetsName(request->target);
  const Target* target = tellNamed(stream, reading);
  if (target == nullptr) co_return co_await stream.finish(reading.outcome);
  CallerCancel caller(shared, exchange);
  const net::Wait wait{Instant::max(), &caller.cancel()};
  EnvironmentChange what{"follow", target->project, request->environment};
  const EnvironmentWork work = [&](deploy::Observer observer, net::Wait until) {
    return shared.services.deploy.follow(target->project, request->environment, request->group, request->until,
                                         std::move(observer), until);
  };
  EnvironmentResult done = co_await watchEnvironment(shared, stream, std::move(what), work, wait);
  co_await stream.finish(std::move(done.outcome), std::move(done.result));
}

net::Task<void> cancelDeploy(Shared& shared, http::Exchange& exchange, format::Json body) {
  Fields fields(body);
  auto request = decodeEnvironment(fields);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  const TargetReading reading = readTargetsName(request->target);
  const Target* target = tellNamed(stream, reading);
  if (target == nullptr) co_return co_await stream.finish(reading.outcome);
  const net::Wait wait = shortWait(shared, shared.services.stop);
  const Status cancelled = co_await shared.services.deploy.cancel(target->project, request->environment, wait);
  if (!cancelled.ok()) stream.tell(problemEvent(cancelled.error()));
  co_await stream.finish(cancelled.ok() ? "ok" : "failed");
}

}  // namespace orbit::api
