#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

Result<PullRequest> decodePull(const format::Json& body) {
  Fields fields(body);
  PullRequest request;
  request.services = fields.texts("services");
  request.ignoreFailures = fields.flag("ignoreFailures");
  request.includeDeps = fields.flag("includeDeps");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  return request;
}

net::Task<void> pull(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodePull(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    const Work work = [&](net::Wait wait) {
      return shared.services.stack.pull(*target->plan, request->services, request->ignoreFailures, request->includeDeps,
                                        stream.observer(), wait);
    };
    Change what{"pull", target->project};
    outcome = co_await change(shared, exchange, stream, std::move(what), work);
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
