// rollback, promote, environment/remove: moves by hand of what is deployed.
#include "api/environment.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

Result<EnvironmentRequest> decodeEnvironment(Fields& fields) {
  EnvironmentRequest request;
  const std::string environment = fields.text("environment");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  ORBIT_TRY(request.environment, deployedEnvironment(environment));
  return request;
}

net::Task<void> rollback(Shared& shared, http::Exchange& exchange, format::Json body) {
  Fields fields(body);
  const std::string to = fields.text("target");
  auto request = decodeEnvironment(fields);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  const std::string environment = request->environment;
  const NamedWork work = [&](std::string project, deploy::Observer observer, net::Wait wait) {
    return shared.services.deploy.rollback(std::move(project), environment, to, std::move(observer), wait);
  };
  co_await changeByName(shared, exchange, "rollback", std::move(*request), true, work);
}

net::Task<void> promote(Shared& shared, http::Exchange& exchange, format::Json body) {
  Fields fields(body);
  auto request = decodeEnvironment(fields);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  const std::string environment = request->environment;
  const NamedWork work = [&](std::string project, deploy::Observer observer, net::Wait wait) {
    return shared.services.deploy.promote(std::move(project), environment, std::move(observer), wait);
  };
  co_await changeByName(shared, exchange, "promote", std::move(*request), false, work);
}

net::Task<void> removeEnvironment(Shared& shared, http::Exchange& exchange, format::Json body) {
  Fields fields(body);
  const bool volumes = fields.flag("volumes");
  auto request = decodeEnvironment(fields);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  const std::string environment = request->environment;
  const NamedWork work = [&](std::string project, deploy::Observer observer, net::Wait wait) {
    return shared.services.deploy.remove(std::move(project), environment, volumes, std::move(observer), wait);
  };
  co_await changeByName(shared, exchange, "environment/remove", std::move(*request), true, work);
}

}  // namespace orbit::api
