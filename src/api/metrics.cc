// metrics: what was measured, by service, route, release or instance, over a time.
#include "api/query.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;
using series::Key;
using series::Kind;

constexpr std::int64_t kTimeMax = std::int64_t{1} << 53;
constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::size_t kRowsMax = 1'000;
constexpr std::string_view kVitals[] = {"LCP", "INP", "CLS"};  // of page loads; those from a browser's cache are apart
constexpr std::string_view kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

struct MetricsRequest {
  std::string project, environment, by;
  std::vector<std::string> services;
  std::int64_t fromUs = 0, toUs = 0, stepUs = 0;
  bool vitals = false;  // what pages felt like, instead of requests
};

Result<MetricsRequest> decodeMetrics(const std::string& text, std::int64_t nowUs) {
  const Query query = queryOf(text);
  MetricsRequest request;
  request.project = valueOf(query, "project");
  request.environment = valueOf(query, "environment");
  request.by = valueOf(query, "by");
  const std::string services = valueOf(query, "services");
  for (const auto name : split(services, ',')) {
    if (!name.empty()) request.services.emplace_back(name);
  }
  ORBIT_TRY(request.toUs, numberOf(query, "untilUs", nowUs, 0, kTimeMax));
  ORBIT_TRY(request.fromUs, numberOf(query, "sinceUs", request.toUs - kHourUs, 0, kTimeMax));
  ORBIT_TRY(request.stepUs, numberOf(query, "stepUs", 0, 0, kTimeMax));
  request.vitals = valueOf(query, "vitals") == "true";
  using Words = std::vector<std::string_view>;
  const Words known =
      request.vitals ? Words{"", "page", "service", "release"} : Words{"", "service", "route", "release", "instance"};
  if (std::find(known.begin(), known.end(), request.by) == known.end()) {
    return Error{.code = Code::kInvalid,
                 .message = "'by' is " + request.by,
                 .hint = request.vitals ? "of vitals it is page, service or release"
                                        : "it is service, route, release or instance; of vitals also page"};
  }
  if (request.vitals && request.by.empty()) request.by = "page";
  if (request.by == "service") request.by.clear();
  return request;
}

bool isWanted(const MetricsRequest& request, const Key& key) {
  if (!request.project.empty() && key.project != request.project) return false;
  if (!request.environment.empty() && key.environment != request.environment) return false;
  return request.services.empty() ||
         std::find(request.services.begin(), request.services.end(), key.service) != request.services.end();
}

// Requests as clients saw them; only an instance has attempts and no requests of its own.
std::function<bool(const Key&, Key&)> namesFor(MetricsRequest request) {
  return [request = std::move(request)](const Key& key, Key& name) {
    const Kind kind = request.by == "instance" ? Kind::kAttempts : Kind::kRequests;
    if (key.kind != kind || !isWanted(request, key)) return false;
    name = Key{kind, "", key.project, key.environment, key.service, "", "", ""};
    if (request.by == "route") name.route = key.route;
    if (request.by == "release" || request.by == "instance") name.release = key.release;
    if (request.by == "instance") name.instance = key.instance;
    return true;
  };
}

bool isVital(const std::string& metric) {
  return std::find(std::begin(kVitals), std::end(kVitals), metric) != std::end(kVitals);
}

std::function<bool(const Key&, Key&)> vitalNamesFor(MetricsRequest request) {
  return [request = std::move(request)](const Key& key, Key& name) {
    if (key.kind != Kind::kTimes || !isVital(key.metric) || !isWanted(request, key)) return false;
    name = Key{key.kind, key.metric, key.project, key.environment, key.service, "", "", ""};
    if (request.by == "release") name.release = key.release;
    if (request.by == "page") name.instance = key.instance;
    return true;
  };
}

Json milliseconds(const signal::Histogram& latency, double quantile) {
  return latency.count() == 0 ? Json() : Json(static_cast<double>(latency.quantile(quantile)) / 1000);
}

void setNumbers(Json& into, const series::Value& value) {
  const signal::Counters& counters = value.counters;
  into.set("requests", counters.count());
  into.set("errors", counters.errors);
  for (const auto& [name, quantile] :
       {std::pair{"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p99_ms", 0.99}, {"p999_ms", 0.999}}) {
    into.set(name, milliseconds(value.latency, quantile));
  }
  into.set("bytes_in", counters.bytesIn);
  into.set("bytes_out", counters.bytesOut);
}

Json totalsJson(const Key& key, const series::Value& value) {
  Json row = Json::object({{"project", key.project}, {"environment", key.environment}, {"service", key.service}});
  if (!key.route.empty()) row.set("route", key.route);
  if (!key.release.empty()) row.set("release", key.release);
  if (!key.instance.empty()) row.set("instance", key.instance);
  setNumbers(row, value);
  Json classes = Json::object();
  for (std::size_t at = 0; at < value.counters.byClass.size(); ++at) {
    if (value.counters.byClass[at] != 0) classes.set(kClasses[at], value.counters.byClass[at]);
  }
  row.set("status", std::move(classes));
  row.set("over_threshold", value.counters.overThreshold);
  const auto outcome = [&](signal::Outcome of) { return value.counters.byOutcome[static_cast<std::size_t>(of)]; };
  row.set("client_aborted", outcome(signal::Outcome::kClientAborted));
  row.set("broken", outcome(signal::Outcome::kBroken));
  row.set("probes", value.counters.probes);
  return row;
}

// A slot of one series; null where nobody looked at all.
Json slotJson(const series::Slot& slot, const Key& key) {
  if (slot.observedMs == 0) return Json();
  Json one = Json::object({{"timeUs", slot.fromUs}});
  const auto found = slot.values.find(key);
  setNumbers(one, found == slot.values.end() ? series::Value() : found->second);
  return one;
}

// A row for each page, service or release: of each metric how many views reported it, and their 75th percentile.
Json vitalRows(const std::map<Key, series::Value>& totals) {
  constexpr double kJudged = 0.75, kPerMs = 1'000, kPerShift = 1'000'000;
  std::map<Key, Json> rows;
  for (const auto& [key, value] : totals) {
    Key name = key;
    name.metric.clear();
    const auto [at, fresh] = rows.try_emplace(name);
    Json& row = at->second;
    if (fresh) {
      row = Json::object({{"project", key.project}, {"environment", key.environment}, {"service", key.service}});
      if (!key.release.empty()) row.set("release", key.release);
      if (!key.instance.empty()) row.set("page", key.instance);
      for (const char* unseen : {"lcp_p75_ms", "inp_p75_ms", "cls_p75"}) row.set(unseen, Json());
      for (const char* unseen : {"lcp_views", "inp_views", "cls_views"}) row.set(unseen, 0);
    }
    const std::string metric = lower(key.metric);
    const auto p75 = static_cast<double>(value.latency.quantile(kJudged));
    row.set(metric + "_views", value.counters.count());
    if (value.latency.count() == 0) continue;
    const bool shift = metric == "cls";
    row.set(metric + (shift ? "_p75" : "_p75_ms"), p75 / (shift ? kPerShift : kPerMs));
  }
  Json all = Json::array();
  for (auto& [name, row] : rows) {
    if (all.items().size() < kRowsMax) all.push(std::move(row));
  }
  return all;
}

Json requestRows(const series::Answer& answer, const std::map<Key, series::Value>& totals, bool withSlots) {
  Json rows = Json::array();
  for (const auto& [key, value] : totals) {
    if (rows.items().size() >= kRowsMax) break;
    Json row = totalsJson(key, value);
    Json slots = Json::array();
    for (const auto& slot : answer.slots) slots.push(slotJson(slot, key));
    if (withSlots) row.set("slots", std::move(slots));
    rows.push(std::move(row));
  }
  return rows;
}

Json bodyOf(const series::Answer& answer, const MetricsRequest& request) {
  std::map<Key, series::Value> totals;
  std::uint64_t observedMs = 0, unobservedMs = 0, samples = 0, latencies = 0;
  for (const auto& slot : answer.slots) {
    for (const auto& [key, value] : slot.values) totals[key].merge(value);
    observedMs += slot.observedMs;
    unobservedMs += slot.unobservedMs;
    samples += slot.samplesDropped;
    latencies += slot.latenciesDropped;
  }
  Json body = Json::object();
  if (!answer.slots.empty()) {
    body.set("fromUs", answer.slots.front().fromUs);
    body.set("toUs", answer.slots.back().toUs);
  }
  body.set("periodUs", answer.periodUs);
  body.set("quantileError", answer.coarse ? 0.05 : 0.01);
  body.set("observedMs", observedMs);
  body.set("unobservedMs", unobservedMs);
  body.set("samplesDropped", samples);
  body.set("latenciesDropped", latencies);
  body.set("damagedPeriods", static_cast<std::uint64_t>(answer.damaged));
  body.set("rows", request.vitals ? vitalRows(totals) : requestRows(answer, totals, request.stepUs != 0));
  return body;
}

}  // namespace

net::Task<void> metrics(Shared& shared, http::Exchange& exchange, std::string text) {
  auto request = decodeMetrics(text, shared.services.loop.clock().wallUs());
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  Measurements* measured = shared.services.measurements;
  if (measured == nullptr) {
    co_return co_await refuse(exchange, {.code = Code::kUnsupported, .message = "this daemon measures nothing"});
  }
  auto names = request->vitals ? vitalNamesFor(*request) : namesFor(*request);
  series::Question question{request->fromUs, request->toUs, request->stepUs, std::move(names)};
  const series::Answer answered = co_await measured->ask(std::move(question));
  Json body = bodyOf(answered, *request);
  body.set("problems", Json::strings(measured->problems()));
  co_await answer(exchange, std::move(body));
}

}  // namespace orbit::api
