// start, stop and restart: one request, one call.
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

net::Task<void> changeState(stack::Stack::Verb verb, std::string kind, Shared& shared, http::Exchange& exchange,
                            format::Json body) {
  auto request = decodeChange(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    const Work work = [&](net::Wait wait) {
      return shared.services.stack.change(verb, target->project, target->planOrNull(), request->services,
                                          request->timeout, stream.observer(), wait);
    };
    Change what{kind, target->project, verb == stack::Stack::Verb::kStop};
    outcome = co_await change(shared, exchange, stream, std::move(what), work);
  }
  co_await stream.finish(outcome);
}

}  // namespace

Result<ChangeRequest> decodeChange(const format::Json& body) {
  Fields fields(body);
  ChangeRequest request;
  request.services = fields.texts("services");
  request.timeout = fields.seconds("timeoutSeconds");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  return request;
}

net::Task<void> start(Shared& shared, http::Exchange& exchange, format::Json body) {
  return changeState(stack::Stack::Verb::kStart, "start", shared, exchange, std::move(body));
}
net::Task<void> stop(Shared& shared, http::Exchange& exchange, format::Json body) {
  return changeState(stack::Stack::Verb::kStop, "stop", shared, exchange, std::move(body));
}
net::Task<void> restart(Shared& shared, http::Exchange& exchange, format::Json body) {
  return changeState(stack::Stack::Verb::kRestart, "restart", shared, exchange, std::move(body));
}

}  // namespace orbit::api
