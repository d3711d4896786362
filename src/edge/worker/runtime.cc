#include "edge/worker/runtime.h"

namespace orbit::edge {

Result<std::shared_ptr<const TableRuntime>> TableRuntime::compile(std::shared_ptr<const model::RouteTable> table,
                                                                  const TableRuntime* before, Instant now) {
  auto runtime = std::make_shared<TableRuntime>();
  runtime->table = std::move(table);
  const model::RouteTable& model = *runtime->table;
  ORBIT_TRY(runtime->router, Router::build(model));
  ORBIT_TRY(runtime->trusted, http::IpRanges::parse(model.trustedProxies));
  runtime->headLimits.headBytesMax = model.limits.headBytesMax;
  runtime->headLimits.fieldsMax = model.limits.fieldsMax;
  for (const auto& service : model.services) {
    const int old = before == nullptr ? -1 : before->serviceNumber(service.name);
    const ServicePtr known = old < 0 ? nullptr : before->services[static_cast<std::size_t>(old)];
    ORBIT_TRY(ServicePtr next, nextService(service, known, now));
    runtime->serviceNumbers.emplace(service.name, static_cast<int>(runtime->services.size()));
    runtime->services.push_back(std::move(next));
  }
  for (const auto& route : model.routes) runtime->serviceOfRoute.push_back(runtime->serviceNumber(route.service));
  for (const auto& listener : model.listeners) {
    if (listener.protocol != model::TableListener::Protocol::kHttps) continue;
    const Result<net::Endpoint> endpoint = net::parseEndpoint(listener.address);
    const std::size_t colon = listener.address.rfind(':');
    if (!endpoint.ok() || colon == std::string::npos) continue;
    runtime->httpsPort = static_cast<std::uint16_t>(std::stoi(listener.address.substr(colon + 1)));
    break;
  }
  return std::shared_ptr<const TableRuntime>(std::move(runtime));
}

int TableRuntime::serviceNumber(std::string_view name) const {
  if (name.empty()) return -1;
  const auto at = serviceNumbers.find(name);
  return at == serviceNumbers.end() ? -1 : at->second;
}

}  // namespace orbit::edge
