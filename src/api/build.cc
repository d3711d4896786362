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
  const PlanOperation operation = [&](EventStream& stream, const model::Plan& plan, auto contexts, net::Wait wait) {
    request->options.contexts = std::move(contexts);
    return shared.services.stack.build(plan, request->options, stream.observer(), wait);
  };
  co_await changeByPlan(shared, exchange, "build", request->target, request->contexts, operation);
}

}  // namespace orbit::api
