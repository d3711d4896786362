#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr auto kUrlTime = std::chrono::seconds(1);  // for a daemon that has only just started to look around

}  // namespace

Result<PsRequest> decodePs(const format::Json& body) {
  Fields fields(body);
  PsRequest request;
  request.services = fields.texts("services");
  request.all = fields.flag("all");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  return request;
}

net::Task<void> ps(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodePs(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    CallerCancel caller(shared, exchange);
    const net::Wait wait = shortWait(shared, caller.cancel());
    const auto rows = co_await shared.services.stack.list(target->project, request->all, wait);
    if (!rows.ok()) stream.tell(problemEvent(rows.error()));
    outcome = rows.ok() ? "ok" : "failed";
    const auto& wanted = request->services;
    std::map<std::string, std::string> urls;
    const net::Wait urlWait = wait.until(shared.services.loop.clock().now() + kUrlTime);
    co_await shared.services.traffic.settle(target->project, false, urlWait);
    for (const auto& one : shared.services.traffic.urls(target->project)) urls[one.service] = one.url;
    if (rows.ok()) {
      for (const auto& row : *rows) {
        const bool chosen = wanted.empty() || std::find(wanted.begin(), wanted.end(), row.service) != wanted.end();
        const bool runs = row.state == "running" && !row.oneOff;
        if (chosen) stream.tell(rowEvent(row, runs ? urls[row.service] : std::string()));
      }
    }
  }
  co_await stream.finish(outcome);
}

}  // namespace orbit::api
