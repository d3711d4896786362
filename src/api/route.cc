// From a request line to its verb.
#include <fmt/format.h>

#include "api/api.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr std::size_t kBodyBytesMax = 64 * 1024 * 1024;
constexpr auto kBodyArrives = std::chrono::minutes(2);
constexpr std::string_view kPrefix = "/v1/";

struct PostRoute {
  std::string_view name;
  Verb verb;
};
constexpr PostRoute kPosts[] = {
    {"up", up},
    {"down", down},
    {"start", start},
    {"stop", stop},
    {"restart", restart},
    {"build", build},
    {"pull", pull},
    {"config", config},
    {"ps", ps},
    {"logs", logs},
    {"exec", exec},
    {"run", run},
    {"attach", attach},
    {"shutdown", shutdown},
    {"domains/add", addDomain},
    {"domains/remove", removeDomain},
    {"domains/authority", setAuthority},
    {"requests", requests},
    {"deploy", startDeploy},
    {"deploy/plan", planDeploy},
    {"deploy/follow", followDeploy},
    {"deploy/cancel", cancelDeploy},
    {"rollback", rollback},
    {"promote", promote},
    {"environment/remove", removeEnvironment},
    {"project", nameProject},
    {"incidents/change", changeIncident},
    {"alerts/test", testReceiver},
    {"vars", listVariables},
    {"vars/set", setVariables},
    {"vars/unset", unsetVariables},
    {"vars/revoke", revokeVariables},
};

struct PlainRoute {
  std::string_view method, name;
  Question question;
};
constexpr PlainRoute kPlain[] = {
    {"GET", "version", version},
    {"GET", "projects", projects},
    {"GET", "operations", operations},
    {"GET", "domains", domains},
    {"GET", "domains/authority", authority},
    {"POST", "contexts", uploadContext},
    {"GET", "status", status},
    {"GET", "releases", releases},
    {"GET", "release", release},
    {"GET", "open", openRelease},
    {"GET", "vars", variables},
    {"GET", "alerts", alerts},
    {"GET", "incidents", incidents},
    {"GET", "objectives", objectives},
    {"GET", "metrics", metrics},
    {"GET", "containers", containers},
    {"GET", "exposition", exposedText},
};

Error unknownTarget(std::string_view method, std::string_view path) {
  if (!startsWith(path, kPrefix)) {
    return {.code = Code::kNotFound,
            .message = fmt::format("there is nothing at {}; this daemon ({}) speaks /v1", path, buildVersion()),
            .hint = "docs/api.md lists the calls"};
  }
  std::vector<std::string_view> names;
  for (const auto& route : kPosts) names.push_back(route.name);
  for (const auto& route : kPlain) names.push_back(route.name);
  const auto meant = nearest(path.substr(kPrefix.size()), names);
  return {.code = Code::kNotFound,
          .message = fmt::format("there is no call {} {}", method, path),
          .hint = meant.empty() ? "docs/api.md lists the calls" : fmt::format("did you mean {}{}?", kPrefix, meant)};
}

net::Task<Result<format::Json>> readJson(Shared& shared, http::Exchange& exchange) {
  const net::Wait wait{shared.services.loop.clock().now() + kBodyArrives, &exchange.gone()};
  auto text = co_await exchange.readWholeBody(kBodyBytesMax, wait);
  if (!text.ok()) co_return std::move(text).error();
  if (text->empty()) co_return format::Json::object();
  co_return format::parseJson(*text, "the request's body");
}

net::Task<void> route(Shared& shared, http::Exchange& exchange) {
  const auto& head = exchange.request();
  const auto mark = head.target.find('?');
  const std::string path = head.target.substr(0, mark);
  const std::string query = mark == std::string::npos ? "" : head.target.substr(mark + 1);
  const std::string_view name = startsWith(path, kPrefix) ? std::string_view(path).substr(kPrefix.size()) : "";
  if (path == "/metrics" && head.method == "GET") co_return co_await exposition(shared, exchange);
  for (const auto& each : kPlain) {
    if (each.name == name && each.method == head.method) co_return co_await each.question(shared, exchange, query);
  }
  for (const auto& each : kPosts) {
    if (each.name != name || head.method != "POST") continue;
    auto body = co_await readJson(shared, exchange);
    if (!body.ok()) co_return co_await refuse(exchange, std::move(body).error());
    co_return co_await each.verb(shared, exchange, std::move(body).value());
  }
  co_await refuse(exchange, unknownTarget(head.method, path));
}

}  // namespace

http::Handler handler(Services services) {
  auto shared = std::make_shared<Shared>(services);
  if (const Status opened = shared->contexts.open(); !opened.ok()) log(Level::kError, "api", opened.error().text());
  return [shared](http::Exchange& exchange) { return route(*shared, exchange); };
}

}  // namespace orbit::api
