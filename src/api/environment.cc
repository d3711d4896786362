#include "api/environment.h"

#include "api/deploy_events.h"
#include "api/events.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr std::size_t kNameMax = 63;

bool isEnvironmentName(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kNameMax && name.front() != '-' && name.back() != '-' &&
         std::all_of(name.begin(), name.end(), fits);
}

void tellEvent(EventStream& stream, const deploy::Event& event) {
  stream.tell(stageEvent(event));
}

// The daemon ends while the deploy is on its way: the next one goes on with it.
std::string outcomeNow(Shared& shared, const deploy::Outcome& done) {
  const std::string outcome = outcomeOf(done);
  return outcome == "ok" && shared.services.stop.requested() && done.stage != deploy::Stage::kSettled ? "cancelled"
                                                                                                      : outcome;
}

EnvironmentResult resultOf(Shared& shared, EventStream& stream, const EnvironmentChange& what,
                           const deploy::Outcome& done) {
  for (const auto& failure : done.failures) {
    if (failure.error.code != Code::kCancelled) stream.tell(failureEvent(failure));
  }
  if (!done.needContexts.empty()) stream.tell(needEvent({}, {}, done.needContexts));
  const auto rows = shared.services.deploy.status(what.project, what.environment);
  return {outcomeNow(shared, done), deployResult(done, rows)};
}

}  // namespace

Result<std::string> deployedEnvironment(const std::string& given) {
  if (given.empty()) return std::string(kProduction);
  if (given == kDevelopment) {
    return Error{.code = Code::kInvalid,
                 .message = "development is what `orbit up` runs: it has no releases",
                 .hint = "name another environment with -E, or leave it out for production"};
  }
  if (!isEnvironmentName(given)) {
    return Error{.code = Code::kInvalid,
                 .message = "\"" + given + "\" cannot be the name of an environment",
                 .hint = "use up to 63 lower-case letters, digits and \"-\""};
  }
  return given;
}

const Target* tellNamed(EventStream& stream, const TargetReading& reading) {
  for (const auto& event : reading.events) {
    if (event["event"].asString() != "warning") stream.tell(event);
  }
  return reading.target ? &*reading.target : nullptr;
}

DeploymentAnswer readDeployment(Shared& shared, EventStream& stream, const project::Snapshot& snapshot,
                                project::Production production) {
  TargetRequest request{snapshot, ""};
  const TargetReading named = readTargetsName(request);
  const Target* target = tellNamed(stream, named);
  if (target == nullptr) return {std::nullopt, named.outcome};
  auto variables = shared.services.secrets.variables(target->project, production.environment);
  if (!variables.ok()) {
    stream.tell(problemEvent(variables.error()));
    return {std::nullopt, "failed"};
  }
  production.variables = std::move(*variables);
  production.httpsPort = shared.services.traffic.httpsPort();
  project::DeploymentReading reading = project::readDeployment(snapshot, production);
  if (!reading.needFiles.empty() || !reading.needVariables.empty()) {
    stream.tell(needEvent(reading.needFiles, reading.needVariables, {}));
    return {std::nullopt, "need"};
  }
  for (const Error& problem : reading.problems) stream.tell(problemEvent(problem));
  if (!reading.deployment) return {std::nullopt, "failed"};
  for (const auto& warning : reading.deployment->warnings) stream.tell(warningEvent(warning));
  return {std::move(reading.deployment), ""};
}

deploy::Observer DeployListener::observer() const {
  const auto kept = stream_;
  deploy::Observer observer;
  observer.event = [kept](const deploy::Event& event) {
    if (*kept != nullptr) tellEvent(**kept, event);
  };
  const stack::Observer inner = (*kept)->observer();
  observer.stack.step = [kept, inner](const stack::Step& step) {
    if (*kept != nullptr) inner.step(step);
  };
  observer.stack.buildOutput = [kept, inner](const std::string& service, std::string_view line) {
    if (*kept != nullptr) inner.buildOutput(service, line);
  };
  observer.stack.warning = [kept, inner](const model::Warning& warning) {
    if (*kept != nullptr) inner.warning(warning);
  };
  return observer;
}

net::Task<EnvironmentResult> changeEnvironment(Shared& shared, EventStream& stream, EnvironmentChange what,
                                               EnvironmentWork work) {
  const auto begun = co_await beginOperation(shared, what.kind, what.project);
  if (!begun.ok()) {
    const Error& error = begun.error();
    if (!what.frees) {
      stream.tell(problemEvent(error));
      co_return EnvironmentResult{"failed", {}};
    }
    stream.tell(warningEvent({"this operation is not in the journal: " + error.message, error.hint, {}}));
  }
  const net::Wait wait{Instant::max(), &shared.services.stop};
  const DeployListener listener(stream);
  deploy::Observer observer = listener.observer();
  const deploy::Outcome done = co_await work(std::move(observer), wait);
  if (begun.ok()) co_await endOperation(shared, *begun, outcomeNow(shared, done), deployDetail(what.environment, done));
  co_return resultOf(shared, stream, what, done);
}

net::Task<EnvironmentResult> watchEnvironment(Shared& shared, EventStream& stream, EnvironmentChange what,
                                              EnvironmentWork work, net::Wait wait) {
  const DeployListener listener(stream);
  deploy::Observer observer = listener.observer();
  const deploy::Outcome done = co_await work(std::move(observer), wait);
  co_return resultOf(shared, stream, what, done);
}

net::Task<void> changeByName(Shared& shared, http::Exchange& exchange, std::string kind, EnvironmentRequest request,
                             bool frees, NamedWork work) {
  EventStream stream(shared.services.loop, exchange);
  const TargetReading reading = readTargetsName(request.target);
  const Target* target = tellNamed(stream, reading);
  if (target == nullptr) co_return co_await stream.finish(reading.outcome);
  const std::string project = target->project;
  EnvironmentChange what{std::move(kind), project, request.environment, frees};
  const EnvironmentWork named = [&](deploy::Observer observer, net::Wait wait) {
    return work(project, std::move(observer), wait);
  };
  EnvironmentResult done = co_await changeEnvironment(shared, stream, std::move(what), named);
  co_await stream.finish(std::move(done.outcome), std::move(done.result));
}

}  // namespace orbit::api
