// What is asked without a body: version, projects, operations.
#include <unistd.h>

#include "api/events.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr int kOperationsShown = 100;
constexpr int kOperationsMax = 10'000;
constexpr auto kEngineAnswers = std::chrono::seconds(5);

}  // namespace

// Every command asks it first, so the engine is asked only on demand.
net::Task<void> version(Shared& shared, http::Exchange& exchange, std::string query) {
  Json body = Json::object({{"version", buildVersion()},
                            {"api", kApiNumber},
                            {"home", shared.services.store.home()},
                            {"pid", static_cast<int>(::getpid())}});
  if (query != "engine=true") co_return co_await answer(exchange, std::move(body));
  CallerCancel caller(shared, exchange);
  const net::Wait wait{shared.services.loop.clock().now() + kEngineAnswers, &caller.cancel()};
  const auto engine = co_await shared.services.engine.info(wait);
  body.set("engine", engine.ok() ? engineJson(*engine) : Json());
  if (!engine.ok()) body.set("engineProblem", problemEvent(engine.error()));
  co_await answer(exchange, std::move(body));
}

net::Task<void> projects(Shared& shared, http::Exchange& exchange, std::string) {
  CallerCancel caller(shared, exchange);
  const net::Wait wait = shortWait(shared, caller.cancel());
  auto rows = co_await shared.services.stack.projects(wait);
  if (!rows.ok()) co_return co_await refuse(exchange, std::move(rows).error());
  Json list = Json::array();
  for (const auto& row : *rows) list.push(projectJson(row));
  Json body = Json::object();
  body.set("projects", std::move(list));
  co_await answer(exchange, std::move(body));
}

net::Task<void> operations(Shared& shared, http::Exchange& exchange, std::string query) {
  std::string project;
  int limit = kOperationsShown;
  for (const auto part : split(query, '&')) {
    const std::string text(part);
    if (startsWith(text, "project=")) project = text.substr(8);
    if (startsWith(text, "limit=")) limit = std::clamp(std::atoi(text.c_str() + 6), 1, kOperationsMax);
  }
  auto found = shared.services.store.operations(project, limit);
  if (!found.ok()) co_return co_await refuse(exchange, std::move(found).error());
  Json list = Json::array();
  for (const auto& operation : *found) list.push(operationJson(operation));
  Json body = Json::object();
  body.set("operations", std::move(list));
  co_await answer(exchange, std::move(body));
}

}  // namespace orbit::api
