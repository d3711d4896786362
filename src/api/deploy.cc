// deploy: what the files ask for goes live. And its plan: what that would change.
#include "api/deploy_events.h"
#include "api/environment.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;

Result<deploy::Source> decodeSource(const Json& json) {
  Fields fields(json, "source");
  deploy::Source source;
  source.commit = fields.text("commit");
  source.message = fields.text("message");
  source.author = fields.text("author");
  source.branch = fields.text("branch");
  source.dirty = fields.flag("dirty");
  ORBIT_TRY_STATUS(fields.finish());
  return source;
}

project::Production productionOf(const DeployRequest& request) {
  project::Production production;
  production.environment = request.environment;
  production.allowDevelopmentSecrets = request.allowDevelopmentSecrets;
  production.commit = request.source.commit;
  production.branch = request.source.branch;
  production.message = request.source.message;
  production.author = request.source.author;
  return production;
}

std::optional<Error> unknownService(const model::Deployment& deployment, const std::vector<std::string>& services) {
  for (const auto& service : services) {
    if (deployment.find(service) != nullptr) continue;
    std::vector<std::string_view> names;
    for (const auto& one : deployment.services) names.push_back(one.service.name);
    const auto near = nearest(service, names);
    const std::vector<std::string> shown(names.begin(), names.end());
    return Error{
        .code = Code::kNotFound,
        .message = deployment.project + " has no service " + service + " in " + deployment.environment,
        .hint = near.empty() ? "its services are " + join(shown, ", ") : "did you mean " + std::string(near) + "?"};
  }
  return std::nullopt;
}

deploy::StartRequest startRequest(Shared& shared, const DeployRequest& request, model::Deployment plan,
                                  std::map<std::string, std::string> contexts) {
  deploy::StartRequest start;
  start.httpsPort = shared.services.traffic.httpsPort();
  start.snapshot = *request.target.snapshot;
  start.plan = std::move(plan);
  start.source = request.source;
  start.services = request.services;
  start.contexts = std::move(contexts);
  start.force = request.force;
  start.allowDevelopmentSecrets = request.allowDevelopmentSecrets;
  return start;
}

// A first deploy builds the URLs of its services into what it ships: their port is known once the edge listens.
net::Task<void> awaitPort(Shared& shared) {
  const net::Wait wait{shared.services.loop.clock().now() + kUrlTime, nullptr};
  co_await shared.services.traffic.listen(wait);
}

// The deploy itself, with its plan told first. Tells what stops it before it begins.
net::Task<EnvironmentResult> move(Shared& shared, EventStream& stream, const DeployRequest& request,
                                  std::map<std::string, std::string> contexts) {
  co_await awaitPort(shared);
  DeploymentAnswer answer = readDeployment(shared, stream, *request.target.snapshot, productionOf(request));
  if (!answer.deployment) co_return EnvironmentResult{answer.outcome, {}};
  model::Deployment& plan = *answer.deployment;
  auto wrong = unknownService(plan, request.services);
  if (!wrong) {
    stream.tell(planEvent(plan, {}, shared.services.deploy.releases(plan.project, plan.environment)));
    wrong = missingVariables(plan, request.allowDevelopmentSecrets);
  }
  if (wrong) {
    stream.tell(problemEvent(*wrong));
    co_return EnvironmentResult{"failed", {}};
  }
  EnvironmentChange what{"deploy", plan.project, plan.environment};
  const Status configured = co_await shared.services.alarms.configure(plan.alerting);
  if (!configured.ok()) stream.tell(warningEvent({configured.error().text(), "alerts stay as they were", {}}));
  deploy::StartRequest start = startRequest(shared, request, std::move(plan), std::move(contexts));
  const EnvironmentWork work = [&](deploy::Observer observer, net::Wait wait) {
    return shared.services.deploy.start(start, request.until, std::move(observer), wait);
  };
  co_return co_await changeEnvironment(shared, stream, std::move(what), work);
}

}  // namespace

Result<DeployRequest> decodeDeploy(const Json& body) {
  Fields fields(body);
  DeployRequest request;
  const std::string environment = fields.text("environment");
  Fields options(fields.member("options"), "options");
  request.services = options.texts("services");
  request.force = options.flag("force");
  request.allowDevelopmentSecrets = options.flag("allowDevSecrets");
  const std::string until = options.choice("until", {"live", "promoted", "settled"});
  request.until = untilStage(until);
  const Json& source = fields.member("source");
  request.contexts = fields.textMap("contexts");
  ORBIT_TRY(request.target, decodeTarget(fields, false));
  ORBIT_TRY_STATUS(options.finish());
  ORBIT_TRY(request.source, decodeSource(source));
  ORBIT_TRY(request.environment, deployedEnvironment(environment));
  return request;
}

deploy::Stage untilStage(std::string_view word) {
  if (word == "live") return deploy::Stage::kShare;
  return word == "settled" ? deploy::Stage::kSettled : deploy::Stage::kPromoted;
}

net::Task<void> startDeploy(Shared& shared, http::Exchange& exchange, Json body) {
  auto request = decodeDeploy(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  auto files = shared.contexts.paths(request->contexts);
  if (!files.ok()) co_return co_await refuse(exchange, std::move(files).error());
  ContextFolder::Use use(shared.contexts, request->contexts);
  EventStream stream(shared.services.loop, exchange);
  EnvironmentResult done = co_await move(shared, stream, *request, *files);
  if (done.outcome == "need") use.keep();
  co_await stream.finish(std::move(done.outcome), std::move(done.result));
}

net::Task<void> planDeploy(Shared& shared, http::Exchange& exchange, Json body) {
  auto request = decodeDeploy(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  co_await awaitPort(shared);
  DeploymentAnswer answer = readDeployment(shared, stream, *request->target.snapshot, productionOf(*request));
  if (!answer.deployment) co_return co_await stream.finish(answer.outcome);
  if (const auto wrong = unknownService(*answer.deployment, request->services)) {
    stream.tell(problemEvent(*wrong));
    co_return co_await stream.finish("failed");
  }
  CallerCancel caller(shared, exchange);
  const net::Wait wait = shortWait(shared, caller.cancel());
  deploy::StartRequest start = startRequest(shared, *request, *answer.deployment, {});
  const auto changes = co_await shared.services.deploy.compare(std::move(start), wait);
  const auto& plan = *answer.deployment;
  stream.tell(planEvent(plan, changes, shared.services.deploy.releases(plan.project, plan.environment)));
  co_await stream.finish("ok");
}

}  // namespace orbit::api
