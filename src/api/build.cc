#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

Result<BuildRequest> decodeBuild(const format::Json& body) {
  Fields fields(body);
  BuildRequest request;
  Fields options(fields.member("options"), "options");
  request.options.services = options.texts("services");
  request.options.noCache = options.flag("noCache");
  request.options.pull = options.flag("pull");
  request.options.args = options.textMap("args");
  request.contexts = fields.textMap("contexts");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  ORBIT_TRY_STATUS(options.finish());
  return request;
}

net::Task<void> build(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeBuild(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  auto contexts = shared.contexts.paths(request->contexts);
  if (!contexts.ok()) co_return co_await refuse(exchange, std::move(contexts).error());
  ContextFolder::Use use(shared.contexts, request->contexts);
  request->options.contexts = std::move(contexts).value();

  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    const Work work = [&](net::Wait wait) {
      return shared.services.stack.build(*target->plan, request->options, stream.observer(), wait);
    };
    Change what{"build", target->project};
    outcome = co_await change(shared, exchange, stream, std::move(what), work);
  }
  if (outcome == "need") use.keep();
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
