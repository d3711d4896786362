#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr auto kRoomTime = std::chrono::seconds(5);

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

// The ports of the host that the plan's containers are to have.
std::vector<int> publishedPorts(const model::Plan& plan) {
  std::vector<int> ports;
  for (const auto& service : plan.services) {
    for (const auto& port : service.container.ports) {
      const auto dash = port.published.find('-');
      const int first = std::atoi(port.published.c_str());
      const int last = dash == std::string::npos ? first : std::atoi(port.published.c_str() + dash + 1);
      for (int number = first; number > 0 && number <= last; ++number) ports.push_back(number);
    }
  }
  return ports;
}

// What `up` did is waited for at the edge only when it did something.
net::Task<stack::Outcome> upWithUrls(Shared& shared, EventStream& stream, const model::Plan& plan,
                                     stack::UpOptions options, net::Wait wait) {
  traffic::Traffic& traffic = shared.services.traffic;
  const Clock& clock = shared.services.loop.clock();
  std::vector<int> ports = publishedPorts(plan);
  const net::Wait roomWait = wait.until(clock.now() + kRoomTime);
  co_await traffic.makeRoom(std::move(ports), roomWait);
  bool changed = false;
  stack::Observer observer = stream.observer();
  observer.step = [&changed, tell = observer.step](const stack::Step& step) {
    const bool touches = step.state == "started" || step.state == "stopped" || step.state == "removed";
    changed = changed || (step.kind == stack::Step::Kind::kContainer && touches);
    tell(step);
  };
  const bool starts = !options.noStart;
  stack::Outcome outcome = co_await shared.services.stack.up(plan, std::move(options), std::move(observer), wait);
  if (!outcome.ok() || !starts) co_return outcome;
  const net::Wait urlWait = wait.until(clock.now() + kUrlTime);
  co_await traffic.settle(plan.project, changed, urlWait);
  for (const auto& warning : traffic.warnings(plan.project)) stream.tell(warningEvent(warning));
  for (const auto& url : traffic.urls(plan.project)) stream.tell(urlEvent(url));
  co_return outcome;
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
    return upWithUrls(shared, stream, plan, request->options, wait);
  };
  co_await changeByPlan(shared, exchange, "up", request->target, request->contexts, operation);
}

}  // namespace orbit::api
