#include "api/traffic_view.h"

#include <algorithm>
#include <charconv>

namespace orbit::api {
namespace {

using format::Json;

constexpr std::size_t kRecordsAtOnce = 100'000;

}  // namespace

Status readStatus(const std::string& text, TrafficFilter& filter) {
  if (text.empty()) return {};
  const bool group = text.size() == 3 && (text.substr(1) == "xx" || text.substr(1) == "XX");
  const std::string digits = group ? text.substr(0, 1) + "00" : text;
  int status = -1;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  const bool good = failed == std::errc() && end == digits.data() + digits.size() && status >= 0 && status <= 599;
  if (!good || (!group && status != 0 && status < 100)) {
    return Error{.code = Code::kInvalid,
                 .message = "'" + text + "' is no status",
                 .hint = "it is a number as 404, or a class as 5xx"};
  }
  filter.statusLeast = status;
  filter.statusMost = group ? status + 99 : status;
  return {};
}

namespace {

// As the service saw it in X-Request-Id.
std::string idText(const signal::Record& record) {
  if (!record.givenId.empty()) return std::string(record.givenId);
  std::string out(signal::kUuidBytes, '\0');
  signal::writeUuid(record.requestId, out.data());
  return out;
}

// Services of projects are named "project.environment.service" (model/live.h).
bool isOf(const TrafficFilter& filter, const std::string& service) {
  const bool named = filter.service.empty() || service == filter.service || endsWith(service, "." + filter.service);
  if (filter.environment.empty()) return named;
  const auto parts = split(service, '.');
  return named && parts.size() > 2 && parts[1] == filter.environment;
}

}  // namespace

bool matches(const TrafficFilter& filter, const signal::Record& record, const signal::Key& key) {
  return record.kind == signal::Key::Kind::kRequest && !record.sample.probe && record.wallUs >= filter.sinceUs &&
         record.sample.status >= filter.statusLeast && record.sample.status <= filter.statusMost &&
         record.sample.latencyUs >= filter.slowUs && isOf(filter, key.service) &&
         (filter.route.empty() || key.route == filter.route) &&
         (filter.method.empty() || record.method == filter.method) && startsWith(record.path, filter.pathPrefix) &&
         (filter.request.empty() || idText(record) == filter.request);
}

Json requestEvent(const signal::Record& record, const signal::Key& key, std::uint64_t generation) {
  return Json::object({{"event", "request"},
                       {"timeUs", record.wallUs},
                       {"id", idText(record)},
                       {"method", record.method},
                       {"host", record.host},
                       {"path", record.path},
                       {"status", record.sample.status},
                       {"durationUs", record.sample.latencyUs},
                       {"bytesIn", record.sample.bytesIn},
                       {"bytesOut", record.sample.bytesOut},
                       {"outcome", nameOf(record.sample.outcome)},
                       {"route", key.route},
                       {"service", key.service},
                       {"release", key.release},
                       {"client", record.client},
                       {"userAgent", record.userAgent},
                       {"generation", generation}});
}

Json requestEvent(const TrafficFilter& filter, std::string_view accessLine) {
  const auto line = format::parseJson(accessLine);
  if (!line.ok() || !line->isObject()) return {};
  const Json& of = *line;
  const auto durationUs = static_cast<std::int64_t>(of["duration"].asDouble() * 1e6 + 0.5);
  const std::int64_t status = of["status"].asInt();
  const bool wanted = status >= filter.statusLeast && status <= filter.statusMost &&
                      static_cast<std::uint64_t>(durationUs) >= filter.slowUs &&
                      isOf(filter, of["service"].asString()) &&
                      (filter.route.empty() || of["route"].asString() == filter.route) &&
                      (filter.method.empty() || of["method"].asString() == filter.method) &&
                      startsWith(of["path"].asString(), filter.pathPrefix) &&
                      (filter.request.empty() || of["id"].asString() == filter.request);
  if (!wanted) return {};
  Json event = Json::object({{"event", "request"}, {"status", status}, {"durationUs", durationUs}});
  for (const auto& [member, name] : {std::pair("id", "id"),
                                     {"method", "method"},
                                     {"host", "host"},
                                     {"path", "path"},
                                     {"outcome", "outcome"},
                                     {"route", "route"},
                                     {"service", "service"},
                                     {"release", "release"},
                                     {"client", "client"},
                                     {"user_agent", "userAgent"}}) {
    event.set(name, of[member].asString());
  }
  event.set("bytesIn", of["bytes_in"].asInt());
  event.set("bytesOut", of["bytes_out"].asInt());
  return event;
}

std::vector<Json> TrafficView::take() {
  generations_.look();
  std::vector<std::pair<std::int64_t, Json>> events;
  for (const auto& [number, reader] : generations_.readers()) {
    std::string texts;
    for (const auto& seen : reader->records(kRecordsAtOnce, texts)) {
      if (matches(filter_, seen.record, seen.key)) {
        events.emplace_back(seen.record.wallUs, requestEvent(seen.record, seen.key, number));
      }
    }
    const std::uint64_t dropped = reader->recordsDropped();
    dropped_ += dropped - std::exchange(droppedOf_[number], dropped);
  }
  std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Json> sorted;
  for (auto& [timeUs, event] : events) sorted.push_back(std::move(event));
  return sorted;
}

std::uint64_t TrafficView::takeDropped() {
  return std::exchange(dropped_, 0);
}

}  // namespace orbit::api
