#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

Result<TargetRequest> decodeConfig(const format::Json& body) {
  Fields fields(body);
  ORBIT_TRY(TargetRequest target, decodeTarget(fields, false));
  return target;
}

net::Task<void> config(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeConfig(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(*request);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    stream.tell(configEvent(*target->plan, project::composeText(*target->plan)));
    outcome = "ok";
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
