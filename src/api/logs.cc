#include "api/containers.h"
#include "api/events.h"
#include "api/log_follow.h"
#include "api/log_history.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr auto kLook = std::chrono::seconds(1);
constexpr std::int64_t kTimeMax = std::int64_t{1} << 53;  // what JSON numbers hold exactly
constexpr std::int64_t kTailMax = 1'000'000'000;

// No development operation is under way, and of what is asked for nothing is deployed (any more): between two releases
// an environment may have no container for a while.
net::Task<Status> settledNow(Shared& shared, ContainerScope scope, net::Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await shared.queue.idle(scope.project, wait));
  if (!scope.deployed()) co_return Status();
  while (!shared.services.deploy.status(scope.project, scope.environment).empty()) {
    ORBIT_CO_TRY_STATUS(co_await shared.services.loop.sleep(kLook, wait));
  }
  co_return Status();
}

net::Task<Status> tellLogs(Shared& shared, EventStream& stream, const LogsRequest& request, ContainerScope scope,
                           net::Wait wait) {
  net::Loop& loop = shared.services.loop;
  engine::Engine& engine = shared.services.engine;
  const std::int64_t listedUs = loop.clock().wallUs();
  const auto containers = co_await containersOf(engine, scope, wait);
  if (!containers.ok()) co_return containers.error();
  std::vector<LogSource> sources;
  for (const auto& container : *containers) {
    sources.push_back({container.id, serviceOf(container), container.name, {}});
  }
  const LineSink line = [&stream, wait](LogLine each) { return stream.send(logEvent(each), wait); };
  ORBIT_CO_TRY_STATUS(co_await readHistory(loop, engine, sources, request.options, line, wait));
  if (!request.options.follow) co_return Status();
  const LogFollow::Told told = [&stream, wait](format::Json event) { return stream.send(std::move(event), wait); };
  const LogFollow::Settled settled = [&shared, scope](net::Wait until) { return settledNow(shared, scope, until); };
  LogFollow follow(loop, engine, scope, told, settled);
  const std::int64_t floorUs = request.options.tail == 0 ? listedUs : request.options.sinceUs;
  co_return co_await follow.run(std::move(sources), listedUs, floorUs, wait);
}

}  // namespace

Result<LogsRequest> decodeLogs(const format::Json& body) {
  Fields fields(body);
  LogsRequest request;
  request.services = fields.texts("services");
  request.environment = fields.text("environment");
  request.options.follow = fields.flag("follow");
  request.options.sinceUs = fields.number("sinceUs", 0, 0, kTimeMax);
  request.options.untilUs = fields.number("untilUs", 0, 0, kTimeMax);
  request.options.tail = static_cast<int>(fields.number("tail", -1, -1, kTailMax));
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  return request;
}

net::Task<void> logs(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeLogs(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    CallerCancel caller(shared, exchange);
    const net::Wait wait{Instant::max(), &caller.cancel()};
    ContainerScope scope{target->project, request->environment, request->services};
    const Status told = co_await tellLogs(shared, stream, *request, std::move(scope), wait);
    outcome = told.ok() ? "ok" : caller.cancel().requested() ? "cancelled" : "failed";
    if (outcome == "failed") stream.tell(problemEvent(told.error()));
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
