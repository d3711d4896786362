#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

stack::UpOptions decodeOptions(Fields& fields) {
  stack::UpOptions options;
  options.services = fields.texts("services");
  options.noDeps = fields.flag("noDeps");
  options.forceRecreate = fields.flag("forceRecreate");
  options.noRecreate = fields.flag("noRecreate");
  options.alwaysRecreateDeps = fields.flag("alwaysRecreateDeps");
  options.renewAnonymousVolumes = fields.flag("renewAnonymousVolumes");
  options.removeOrphans = fields.flag("removeOrphans");
  options.noStart = fields.flag("noStart");
  options.build = fields.flag("build");
  options.noBuild = fields.flag("noBuild");
  options.pull = fields.choice("pull", {"always", "missing", "never"});
  options.scale = fields.countMap("scale");
  options.stopTimeout = fields.seconds("stopTimeoutSeconds");
  options.waitHealthy = fields.flag("waitHealthy", true);
  options.waitTimeout = fields.seconds("waitTimeoutSeconds");
  return options;
}

}  // namespace

Result<UpRequest> decodeUp(const format::Json& body) {
  Fields fields(body);
  UpRequest request;
  Fields options(fields.member("options"), "options");
  request.options = decodeOptions(options);
  request.contexts = fields.textMap("contexts");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  ORBIT_TRY_STATUS(options.finish());
  return request;
}

net::Task<void> up(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeUp(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  const PlanOperation operation = [&](EventStream& stream, const model::Plan& plan, auto contexts, net::Wait wait) {
    request->options.contexts = std::move(contexts);
    return shared.services.stack.up(plan, request->options, stream.observer(), wait);
  };
  co_await changeByPlan(shared, exchange, "up", request->target, request->contexts, operation);
}

}  // namespace orbit::api
