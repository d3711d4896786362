#include "plane/control.h"

#include "plane/limits.h"

namespace orbit::plane {
namespace {

using format::Json;

constexpr std::string_view kPrefix = "/v1/";

Json problemJson(const Error& error) {
  Json body = Json::object({{"code", codeName(error.code)}, {"message", error.message}});
  if (!error.hint.empty()) body.set("hint", error.hint);
  if (error.at.known()) {
    Json at = Json::object({{"file", error.at.file}});
    if (error.at.line > 0) at.set("line", error.at.line);
    if (error.at.column > 0) at.set("column", error.at.column);
    body.set("at", std::move(at));
  }
  return body;
}

int statusOf(Code code) {
  switch (code) {
    case Code::kNotFound:
      return 404;
    case Code::kConflict:
    case Code::kDenied:
      return 409;
    case Code::kLimit:
      return 413;
    case Code::kUnavailable:
    case Code::kCancelled:
    case Code::kTimeout:
      return 503;
    default:
      return 422;
  }
}

net::Task<void> answer(http::Exchange& exchange, int status, Json body) {
  http::Fields fields{{"Content-Type", "application/json"}};
  std::string text = body.dump() + "\n";
  static_cast<void>(co_await exchange.respond(status, std::move(fields), std::move(text)));
}

net::Task<void> refuse(http::Exchange& exchange, std::vector<Error> problems) {
  Json list = Json::array();
  for (const Error& error : problems) list.push(problemJson(error));
  Json body = Json::object();
  body.set("problems", std::move(list));
  co_await answer(exchange, statusOf(problems.front().code), std::move(body));
}

net::Task<void> refuse(http::Exchange& exchange, Code code, std::string message) {
  std::vector<Error> problems{Error{code, std::move(message), "docs/edge.md lists the calls"}};
  co_await refuse(exchange, std::move(problems));
}

net::Task<void> change(Process& process, http::Exchange& exchange, Process::Propose propose) {
  const Process::Outcome outcome = co_await process.change(std::move(propose));
  if (!outcome.problems.empty()) co_return co_await refuse(exchange, outcome.problems);
  Json body = Json::object({{"checksum", process.checksum()}, {"kept", outcome.kept.ok()}});
  if (!outcome.kept.ok()) body.set("keptProblem", problemJson(outcome.kept.error()));
  body.set("changes", outcome.changes);
  co_await answer(exchange, 200, std::move(body));
}

net::Task<Result<std::string>> readBody(Process& process, http::Exchange& exchange, std::size_t bytesMax) {
  const net::Wait wait{process.loop().clock().now() + kBodyArrives, &exchange.gone()};
  co_return co_await exchange.readWholeBody(bytesMax, wait);
}

net::Task<void> putTable(Process& process, http::Exchange& exchange) {
  auto text = co_await readBody(process, exchange, kTableBytesMax);
  if (!text.ok()) co_return co_await refuse(exchange, text.error().code, text.error().message);
  Process::Propose propose = [&text](const model::RouteTable&) { return wholeTable(*text, "table"); };
  co_await change(process, exchange, std::move(propose));
}

net::Task<void> getTable(Process& process, http::Exchange& exchange) {
  http::Fields fields{{"Content-Type", "text/plain; charset=utf-8"}, {"ETag", "\"" + process.checksum() + "\""}};
  std::string text = process.tableText();
  static_cast<void>(co_await exchange.respond(200, std::move(fields), std::move(text)));
}

// services/NAME, services/NAME/pause, services/NAME/resume
net::Task<void> service(Process& process, http::Exchange& exchange, std::string rest) {
  const auto slash = rest.find('/');
  const std::string name = rest.substr(0, slash);
  const std::string verb = slash == std::string::npos ? "" : rest.substr(slash + 1);
  const std::string method = exchange.request().method;
  if (method == "PUT" && verb.empty()) {
    auto text = co_await readBody(process, exchange, kServiceBytesMax);
    if (!text.ok()) co_return co_await refuse(exchange, text.error().code, text.error().message);
    Process::Propose propose = [&](const model::RouteTable& current) { return withService(current, name, *text); };
    co_return co_await change(process, exchange, std::move(propose));
  }
  if (method == "POST" && (verb == "pause" || verb == "resume")) {
    Process::Propose propose = [&](const model::RouteTable& current) {
      return withPause(current, name, verb == "pause");
    };
    co_return co_await change(process, exchange, std::move(propose));
  }
  co_await refuse(exchange, Code::kNotFound, "there is no call " + method + " " + exchange.request().target);
}

net::Task<void> drain(Process& process, http::Exchange& exchange) {
  if (process.underHold()) {
    co_return co_await refuse(exchange, Code::kConflict, "hold replaces this edge: send it `replace edge`");
  }
  Json body = Json::object({{"draining", true}});
  co_await answer(exchange, 200, std::move(body));
  process.leave();
}

net::Task<void> route(Process& process, http::Exchange& exchange) {
  const std::string method = exchange.request().method;
  const std::string target = exchange.request().target;
  const std::string path = target.substr(0, target.find('?'));
  const std::string name = startsWith(path, kPrefix) ? path.substr(kPrefix.size()) : "";
  if (name == "table" && method == "PUT") co_return co_await putTable(process, exchange);
  if (name == "table" && method == "GET") co_return co_await getTable(process, exchange);
  if (name == "status" && method == "GET") co_return co_await answer(exchange, 200, process.status());
  if (name == "drain" && method == "POST") co_return co_await drain(process, exchange);
  if (startsWith(name, "services/")) co_return co_await service(process, exchange, name.substr(9));
  co_await refuse(exchange, Code::kNotFound, "there is no call " + method + " " + path);
}

}  // namespace

http::Handler controlHandler(Process& process) {
  return [&process](http::Exchange& exchange) { return route(process, exchange); };
}

}  // namespace orbit::plane
