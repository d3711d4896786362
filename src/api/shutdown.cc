#include "api/containers.h"
#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

// The projects of which this home runs something; what Compose or another home made stays.
net::Task<Result<std::vector<std::string>>> ownProjects(Shared& shared, net::Wait wait) {
  engine::Labels labels;
  labels.emplace(kHomeLabel, shared.services.store.home());
  auto containers = co_await shared.services.engine.listContainers(labels, wait);
  if (!containers.ok()) co_return std::move(containers).error();
  std::set<std::string> names;
  for (const auto& container : *containers) names.insert(labelOf(container, kProjectLabel));
  names.erase("");
  co_return std::vector<std::string>(names.begin(), names.end());
}

// What is deployed is production: nobody ends it by the way.
void tellWhatStays(Shared& shared, EventStream& stream) {
  std::set<std::pair<std::string, std::string>> staying;
  for (const auto& row : shared.services.deploy.status("", "")) staying.emplace(row.project, row.environment);
  for (const auto& [project, environment] : staying) {
    stream.tell(warningEvent(
        {environment + " of " + project + " keeps its containers, and nothing is served of it",
         "the next start of Orbit serves it again; in its folder `orbit down -E " + environment + "` ends it",
         {}}));
  }
}

}  // namespace

Result<ShutdownRequest> decodeShutdown(const format::Json& body) {
  Fields fields(body);
  ShutdownRequest request;
  request.projects = fields.texts("projects");
  request.all = fields.flag("all");
  ORBIT_TRY_STATUS(fields.finish());
  return request;
}

net::Task<void> shutdown(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeShutdown(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  shared.queue.cancelAll();
  std::vector<std::string> names = request->projects;
  std::string outcome = "ok";
  if (request->all) {
    CallerCancel caller(shared, exchange);
    const net::Wait wait = shortWait(shared, caller.cancel());
    auto own = co_await ownProjects(shared, wait);
    if (!own.ok()) {
      stream.tell(problemEvent(own.error()));
      outcome = "failed";
    } else {
      names = std::move(own).value();
      tellWhatStays(shared, stream);
    }
  }
  for (const std::string& name : names) {
    const stack::Stack::DownOptions options;
    const Work work = [&](net::Wait wait) {
      return shared.services.stack.down(name, nullptr, options, stream.observer(), wait);
    };
    Change what{"down", name, true};
    const std::string ended = co_await change(shared, exchange, stream, std::move(what), work);
    if (ended != "ok") outcome = ended;
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
