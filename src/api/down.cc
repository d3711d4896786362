#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

Result<DownRequest> decodeDown(const format::Json& body) {
  Fields fields(body);
  DownRequest request;
  Fields options(fields.member("options"), "options");
  request.options.volumes = options.flag("volumes");
  request.options.removeOrphans = options.flag("removeOrphans");
  request.options.images = options.choice("images", {"local", "all"});
  request.options.timeout = options.seconds("timeoutSeconds");
  request.options.services = options.texts("services");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  ORBIT_TRY_STATUS(options.finish());
  return request;
}

net::Task<void> down(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeDown(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    const Work work = [&](net::Wait wait) {
      return shared.services.stack.down(target->project, target->planOrNull(), request->options, stream.observer(),
                                        wait);
    };
    Change what{"down", target->project, true};
    outcome = co_await change(shared, exchange, stream, std::move(what), work);
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
