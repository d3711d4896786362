#include "api/containers.h"
#include "api/events.h"
#include "api/log_follow.h"
#include "api/log_history.h"
#include "api/log_store.h"
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

std::vector<logs::Key> storedKeysOf(Shared& shared, const ContainerScope& scope) {
  if (shared.services.logs == nullptr || shared.services.collector == nullptr) return {};
  return storedKeys(*shared.services.logs, scope);
}

// `logs edge`: the access log, where the project has no service of that name; of all projects where none is meant.
bool asksForEdge(Shared& shared, const ContainerScope& scope) {
  return shared.services.logs != nullptr && scope.services == std::vector<std::string>{logs::edgeKey().service};
}

logs::Query storedQuery(const LogsRequest& request, std::vector<logs::Key> keys) {
  logs::Query query = request.query;
  query.keys = std::move(keys);
  query.sinceUs = request.options.sinceUs;
  query.untilUs = request.options.untilUs;
  query.tail = request.options.tail;
  return query;
}

net::Task<Status> tellEdge(Shared& shared, EventStream& stream, const LogsRequest& request, ContainerScope scope,
                           net::Wait wait) {
  if (request.options.follow) {
    co_return Error{.code = Code::kUnsupported,
                    .message = "the access log is not followed as lines",
                    .hint = "orbit requests -f shows requests as they come"};
  }
  logs::Query query = storedQuery(request, {logs::edgeKey()});
  std::vector<LogSource> none;
  if (scope.project.empty()) {
    if (!scope.environment.empty()) {
      co_return Error{.code = Code::kInvalid,
                      .message = "which project's " + scope.environment + " is meant?",
                      .hint = "-p NAME says so"};
    }
    co_return co_await tellStored(shared, stream, std::move(query), none, wait);
  }
  query.contains.push_back("\"service\":\"" + scope.project + "." +
                           (scope.environment.empty() ? "" : scope.environment + "."));
  co_return co_await tellStored(shared, stream, std::move(query), none, wait);
}

// The last lines are those of the containers that are there, none of which spoke before it was made.
void ofContainers(logs::Query& query, const std::vector<engine::ContainerSummary>& containers) {
  constexpr std::int64_t kClockStepUs = 60'000'000;
  std::int64_t madeUs = kTimeMax;
  for (const auto& container : containers) {
    query.containers.insert(container.id);
    madeUs = std::min(madeUs, container.createdUs);
  }
  if (!containers.empty()) query.sinceUs = std::max(query.sinceUs, madeUs - kClockStepUs);
}

// Where a line that meets the conditions is told.
struct Line {
  EventStream& stream;
  const logs::Matcher& matcher;
  net::Wait wait;
};

net::Task<Status> tellLine(const Line& to, LogLine line) {
  logs::Entry entry = entryOf(line);
  if (!to.matcher.matches(entry)) co_return Status();
  line.level = logs::severityName(entry.severity);
  line.request = logs::requestIdOf(line.text);
  co_return co_await to.stream.send(logEvent(line), to.wait);
}

net::Task<Status> tellLogs(Shared& shared, EventStream& stream, const LogsRequest& request, ContainerScope scope,
                           net::Wait wait) {
  if (scope.project.empty()) co_return co_await tellEdge(shared, stream, request, scope, wait);
  net::Loop& loop = shared.services.loop;
  engine::Engine& engine = shared.services.engine;
  ORBIT_CO_TRY(const auto matcher, logs::Matcher::create(request.query));
  const std::int64_t listedUs = loop.clock().wallUs();
  auto keys = storedKeysOf(shared, scope);
  const bool edge = keys.empty() && asksForEdge(shared, scope);
  const auto containers = co_await containersOf(engine, scope, wait);
  if (edge) co_return co_await tellEdge(shared, stream, request, scope, wait);
  if (!containers.ok() && keys.empty()) co_return containers.error();
  std::vector<LogSource> sources;
  bool kept = !keys.empty();
  if (containers.ok()) {
    for (const auto& container : *containers) {
      sources.push_back({container.id, serviceOf(container), container.name, {}});
      kept = kept && shared.services.collector->collects(container.id);
    }
  }
  const Line line{stream, *matcher, wait};
  // Only what comes is wanted: then the engine is asked from now on.
  const bool onlyNew = request.options.follow && request.options.tail == 0;
  if (kept && !onlyNew) {
    logs::Query query = storedQuery(request, std::move(keys));
    if (query.tail >= 0 && containers.ok()) ofContainers(query, *containers);
    ORBIT_CO_TRY_STATUS(co_await tellStored(shared, stream, std::move(query), sources, wait));
  } else {
    const LineSink sink = [&line](LogLine each) { return tellLine(line, std::move(each)); };
    ORBIT_CO_TRY_STATUS(co_await readHistory(loop, engine, sources, request.options, sink, wait));
  }
  if (!request.options.follow) co_return Status();
  const LogFollow::Told told = [&stream, wait](format::Json event) { return stream.send(std::move(event), wait); };
  const LineSink newLine = [&line](LogLine each) { return tellLine(line, std::move(each)); };
  const LogFollow::Settled settled = [&shared, scope](net::Wait until) { return settledNow(shared, scope, until); };
  LogFollow follow(loop, engine, scope, newLine, told, settled);
  const std::int64_t floorUs = request.options.tail == 0 ? listedUs : request.options.sinceUs;
  co_return co_await follow.run(std::move(sources), listedUs, floorUs, wait);
}

Status readConditions(Fields& fields, logs::Query& query) {
  query.grep = fields.text("grep");
  query.ignoreCase = fields.flag("ignoreCase");
  query.fields = fields.textMap("fields");
  query.release = fields.text("release");
  query.request = fields.text("request");
  const std::string level = fields.text("level");
  query.least = logs::severityOf(level);
  if (level.empty() || query.least != logs::Severity::kNone) return {};
  return Error{.code = Code::kInvalid,
               .message = "'" + level + "' is no level",
               .hint = "it is trace, debug, info, warn, error or fatal, and means that one and all that are worse"};
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
  ORBIT_TRY_STATUS(readConditions(fields, request.query));
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  return request;
}

net::Task<void> logs(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeLogs(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  if (reading.nowhere && asksForEdge(shared, {"", "", request->services})) reading = {Target(), {}, "", false};
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
