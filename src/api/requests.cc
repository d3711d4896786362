// requests: what visitors asked the edge and what they got.
#include "api/requests.h"

#include "api/events.h"
#include "api/log_store.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

constexpr std::int64_t kTimeMax = std::int64_t{1} << 53;  // what JSON numbers hold exactly
constexpr std::int64_t kSlowMax = std::int64_t{1} << 40;
constexpr std::size_t kStoredMax = 50'000;  // told at once, of the access log
constexpr Duration kLook =
    std::chrono::milliseconds(50);  // a ring of 4,096 lasts that long at 80,000 requests a second

// What the access log has of the time that was asked for and the rings no longer do, before what they have.
net::Task<Status> addStored(Shared& shared, const RequestsRequest& request, std::vector<format::Json>& events,
                            net::Wait wait) {
  const logs::Store* store = shared.services.logs;
  if (store == nullptr || (request.filter.sinceUs == 0 && request.filter.request.empty())) co_return Status();
  std::set<std::string> known;
  for (const auto& event : events) known.insert(event["id"].asString());
  logs::Query query{.keys = {logs::edgeKey()}, .sinceUs = request.filter.sinceUs, .request = request.filter.request};
  StoredReader reader(shared.services.loop, *store, query);
  std::vector<format::Json> all;
  for (;;) {
    const auto entries = co_await reader.next(wait);
    if (!entries.ok()) co_return entries.error();
    if (entries->empty()) break;
    for (const auto& entry : *entries) {
      format::Json event = requestEvent(request.filter, entry.text);
      if (event.isNull() || known.contains(event["id"].asString())) continue;
      event.set("timeUs", entry.timeUs);
      all.push_back(std::move(event));
    }
    if (all.size() > kStoredMax) {
      co_return Error{.code = Code::kLimit,
                      .message = "more than " + std::to_string(kStoredMax) + " requests are meant",
                      .hint = "ask for less: a later --since, a --status, a --service"};
    }
  }
  std::move(events.begin(), events.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a["timeUs"].asInt() < b["timeUs"].asInt(); });
  events = std::move(all);
  co_return Status();
}

net::Task<Status> tellRequests(Shared& shared, EventStream& stream, RequestsRequest request, net::Wait wait) {
  net::Loop& loop = shared.services.loop;
  TrafficView view(shared.services.signalFolder, request.filter);
  auto events = view.take();
  static_cast<void>(view.takeDropped());  // older than the rings reach
  if (!view.anyGeneration()) {
    stream.tell(warningEvent({"no edge has run in this home", "`orbit server status` shows what runs", {}}));
  }
  ORBIT_CO_TRY_STATUS(co_await addStored(shared, request, events, wait));
  if (request.tail >= 0 && events.size() > static_cast<std::size_t>(request.tail)) {
    events.erase(events.begin(), events.end() - request.tail);
  }
  for (;;) {
    for (auto& event : events) {
      ORBIT_CO_TRY_STATUS(co_await stream.send(std::move(event), wait));
    }
    if (!request.follow) co_return Status();
    if (const auto dropped = view.takeDropped(); dropped > 0) stream.tell(droppedEvent(dropped));
    ORBIT_CO_TRY_STATUS(co_await loop.sleep(kLook, wait));
    events = view.take();
  }
}

}  // namespace

Result<RequestsRequest> decodeRequests(const format::Json& body) {
  Fields fields(body);
  RequestsRequest request;
  request.follow = fields.flag("follow");
  request.tail = fields.number("tail", -1, -1, 1'000'000);
  request.filter.service = fields.text("service");
  request.filter.environment = fields.text("environment");
  request.filter.route = fields.text("route");
  request.filter.method = fields.text("method");
  request.filter.pathPrefix = fields.text("pathPrefix");
  request.filter.request = fields.text("request");
  request.filter.sinceUs = fields.number("sinceUs", 0, 0, kTimeMax);
  request.filter.slowUs = static_cast<std::uint64_t>(fields.number("slowUs", 0, 0, kSlowMax));
  const std::string status = fields.text("status");
  ORBIT_TRY_STATUS(fields.finish());
  ORBIT_TRY_STATUS(readStatus(status, request.filter));
  return request;
}

net::Task<void> requests(Shared& shared, http::Exchange& exchange, format::Json body) {
  auto request = decodeRequests(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  CallerCancel caller(shared, exchange);
  const net::Wait wait{Instant::max(), &caller.cancel()};
  const Status told = co_await tellRequests(shared, stream, std::move(*request), wait);
  const bool cancelled = caller.cancel().requested();
  if (!told.ok() && !cancelled) stream.tell(problemEvent(told.error()));
  co_await stream.finish(told.ok() ? "ok" : cancelled ? "cancelled" : "failed");
}

}  // namespace orbit::api
