#include "api/shared.h"

#include "api/events.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr auto kShortWait = std::chrono::seconds(60);

int statusOf(Code code) {
  switch (code) {
    case Code::kInvalid:
      return 400;
    case Code::kDenied:
      return 403;
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
      return 409;
    case Code::kLimit:
      return 413;
    case Code::kUnsupported:
      return 501;
    case Code::kUnavailable:
    case Code::kCancelled:
      return 503;
    case Code::kTimeout:
      return 504;
    case Code::kNoSpace:
      return 507;
    default:
      return 500;
  }
}

}  // namespace

std::string detailOf(const std::vector<stack::Failure>& failures) {
  Json list = Json::array();
  for (const auto& failure : failures) {
    list.push(Json::object(
        {{"service", failure.service}, {"code", codeName(failure.error.code)}, {"message", failure.error.message}}));
  }
  Json detail = Json::object();
  if (!list.items().empty()) detail.set("failures", std::move(list));
  return detail.dump();
}

net::Task<Result<std::string>> beginOperation(Shared& shared, std::string kind, std::string project) {
  store::Operation operation;
  operation.id = shared.newId();
  operation.kind = std::move(kind);
  operation.project = std::move(project);
  operation.startedUs = shared.services.loop.clock().wallUs();
  const std::string id = operation.id;
  const Write begin = [&](store::Store::Done done) { shared.services.store.begin(operation, std::move(done)); };
  ORBIT_CO_TRY_STATUS(co_await net::fromThread(shared.services.loop, begin));
  co_return id;
}

net::Task<void> endOperation(Shared& shared, std::string id, std::string outcome, std::string detail) {
  const std::int64_t endedUs = shared.services.loop.clock().wallUs();
  const Write end = [&](store::Store::Done call) {
    shared.services.store.end(id, endedUs, outcome, detail, std::move(call));
  };
  const Status ended = co_await net::fromThread(shared.services.loop, end);
  if (ended.ok()) co_return;
  log(Level::kWarning, "api", "the end of an operation is not in the journal: " + ended.error().text());
}

namespace {

std::string outcomeOf(const stack::Outcome& outcome, bool cancelled) {
  if (outcome.ok()) return "ok";
  if (cancelled) return "cancelled";
  return outcome.failures.empty() ? "need" : "failed";
}

void tellOutcome(EventStream& stream, const stack::Outcome& outcome) {
  for (const auto& failure : outcome.failures) {
    if (failure.error.code != Code::kCancelled) stream.tell(failureEvent(failure));
  }
  if (!outcome.needContexts.empty()) stream.tell(needEvent({}, {}, outcome.needContexts));
}

}  // namespace

net::Task<void> refuse(http::Exchange& exchange, Error error) {
  http::Fields fields{{"Content-Type", "application/json"}};
  std::string body = problemEvent(error).dump() + "\n";
  // A caller that is gone needs no answer.
  static_cast<void>(co_await exchange.respond(statusOf(error.code), std::move(fields), std::move(body)));
}

net::Task<void> answer(http::Exchange& exchange, format::Json body) {
  http::Fields fields{{"Content-Type", "application/json"}};
  std::string text = body.dump() + "\n";
  static_cast<void>(co_await exchange.respond(200, std::move(fields), std::move(text)));
}

net::Wait shortWait(const Shared& shared, net::Cancel& cancel) {
  return {shared.services.loop.clock().now() + kShortWait, &cancel};
}

CallerCancel::CallerCancel(Shared& shared, http::Exchange& exchange)
    : cancel_(&shared.services.stop), gone_(&exchange.gone(), [this] { cancel_.request(); }) {}

net::Task<std::string> change(Shared& shared, http::Exchange& exchange, EventStream& stream, Change what, Work work) {
  CallerCancel caller(shared, exchange);
  const net::Wait wait{Instant::max(), &caller.cancel()};
  auto place = shared.queue.join(what.project, what.kind, caller.cancel());
  if (const std::string ahead = place->ahead(); !ahead.empty()) stream.tell(waitingEvent(what.project, ahead));
  const Status turn = co_await place->turn(wait);
  if (!turn.ok()) co_return "cancelled";

  const auto begun = co_await beginOperation(shared, what.kind, what.project);
  if (!begun.ok()) {
    Error error = begun.error();
    if (!what.frees) {
      stream.tell(problemEvent(error));
      co_return "failed";
    }
    stream.tell(warningEvent({"this operation is not in the journal: " + error.message, error.hint, {}}));
  }

  const stack::Outcome done = co_await work(wait);
  const std::string outcome = outcomeOf(done, caller.cancel().requested());
  if (begun.ok()) co_await endOperation(shared, *begun, outcome, detailOf(done.failures));
  tellOutcome(stream, done);
  co_return outcome;
}

Target* tellReading(EventStream& stream, TargetReading& reading) {
  for (const auto& event : reading.events) stream.tell(event);
  return reading.target ? &*reading.target : nullptr;
}

net::Task<void> changeByPlan(Shared& shared, http::Exchange& exchange, std::string kind, const TargetRequest& target,
                             std::map<std::string, std::string> contexts, PlanOperation operation) {
  auto files = shared.contexts.paths(contexts);
  if (!files.ok()) co_return co_await refuse(exchange, std::move(files).error());
  ContextFolder::Use use(shared.contexts, contexts);
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(target);
  std::string outcome = reading.outcome;
  if (const Target* found = tellReading(stream, reading)) {
    const Work work = [&](net::Wait wait) { return operation(stream, *found->plan, *files, wait); };
    Change what{std::move(kind), found->project};
    outcome = co_await change(shared, exchange, stream, std::move(what), work);
  }
  if (outcome == "need") use.keep();
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
