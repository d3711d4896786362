#include "api/environment.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {

namespace {

// The files as an environment would run them.
net::Task<void> deploymentConfig(Shared& shared, EventStream& stream, const ConfigRequest& request) {
  project::Production production;
  production.environment = request.environment;
  DeploymentAnswer answer = readDeployment(shared, stream, *request.target.snapshot, std::move(production));
  if (answer.deployment) {
    stream.tell(configEvent(*answer.deployment, project::deploymentText(*answer.deployment)));
    answer.outcome = "ok";
  }
  co_await stream.finish(answer.outcome);
}

}  // namespace

Result<ConfigRequest> decodeConfig(const format::Json& body) {
  Fields fields(body);
  ConfigRequest request;
  request.environment = fields.text("environment");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  if (request.environment == kDevelopment) request.environment.clear();
  if (request.environment.empty()) return request;
  ORBIT_TRY(request.environment, deployedEnvironment(request.environment));
  return request;
}

net::Task<void> config(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeConfig(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  if (!request->environment.empty()) co_return co_await deploymentConfig(shared, stream, *request);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    stream.tell(configEvent(*target->plan, project::composeText(*target->plan)));
    outcome = "ok";
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
