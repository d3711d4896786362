// containers: what they and the machine use now. And what a Prometheus reads.
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;

Json containerJson(const ContainerNow& now) {
  return Json::object({{"project", now.project},
                       {"environment", now.environment},
                       {"service", now.service},
                       {"release", now.release},
                       {"container", now.name},
                       {"cores", now.cores},
                       {"memory_bytes", now.memoryBytes},
                       {"memory_limit_bytes", now.memoryLimitBytes},
                       {"received_per_second", now.receivedPerSecond},
                       {"sent_per_second", now.sentPerSecond},
                       {"read_per_second", now.readPerSecond},
                       {"written_per_second", now.writtenPerSecond},
                       {"throttled", now.throttled},
                       {"oom_kills", now.oomKills},
                       {"restarts", now.restarts}});
}

Json hostJson(const HostNow& host) {
  Json disks = Json::array();
  for (const auto& disk : host.disks) {
    disks.push(Json::object({{"path", disk.path},
                             {"bytes", disk.bytes},
                             {"used_bytes", disk.usedBytes},
                             {"outlook", disk.outlook},
                             {"full_in_seconds", disk.fullInSeconds},
                             {"confidence", disk.confidence}}));
  }
  Json body = Json::object({{"load1", host.load1},
                            {"cores", host.cores},
                            {"processors", static_cast<std::int64_t>(host.processors)},
                            {"memory_bytes", host.memoryBytes},
                            {"used_bytes", host.usedBytes},
                            {"swap_used_bytes", host.swapUsedBytes}});
  body.set("disks", std::move(disks));
  return body;
}

}  // namespace

net::Task<void> containers(Shared& shared, http::Exchange& exchange, std::string) {
  const Measurements* measured = shared.services.measurements;
  if (measured == nullptr) {
    co_return co_await refuse(exchange, {.code = Code::kUnsupported, .message = "this daemon measures nothing"});
  }
  Json rows = Json::array();
  for (const auto& now : measured->containers()) rows.push(containerJson(now));
  Json body = Json::object();
  body.set("containers", std::move(rows));
  body.set("host", hostJson(measured->host()));
  co_await answer(exchange, std::move(body));
}

net::Task<void> exposition(Shared& shared, http::Exchange& exchange) {
  const Measurements* measured = shared.services.measurements;
  http::Fields fields = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
  std::string text = measured == nullptr ? std::string() : measured->exposition();
  static_cast<void>(co_await exchange.respond(200, std::move(fields), std::move(text)));
}

net::Task<void> exposedText(Shared& shared, http::Exchange& exchange, std::string) {
  const Measurements* measured = shared.services.measurements;
  Json body = Json::object({{"text", measured == nullptr ? std::string() : measured->exposition()}});
  co_await answer(exchange, std::move(body));
}

}  // namespace orbit::api
