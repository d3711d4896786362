#include "engine/object_body.h"

#include "engine/build_weight.h"

namespace orbit::engine {
namespace {

using format::Json;

constexpr ApiVersion kApiEnableIpv4{1, 47};

Json textMap(const std::map<std::string, std::string>& values) {
  Json object = Json::object();
  for (const auto& [key, value] : values) object.set(key, value);
  return object;
}

}  // namespace

Json networkBody(const model::Network& network, ApiVersion version) {
  Json body = Json::object();
  body.set("Name", network.name);
  // Without it engines before API 1.44 make a second network of the same name.
  if (version < kApiManyNetworks) body.set("CheckDuplicate", true);
  body.set("Driver", network.driver.empty() ? "bridge" : network.driver);
  body.set("Internal", network.internal);
  body.set("Attachable", network.attachable);
  if (network.enableIpv6) body.set("EnableIPv6", *network.enableIpv6);
  if (network.enableIpv4 && version >= kApiEnableIpv4) body.set("EnableIPv4", *network.enableIpv4);
  if (!network.driverOptions.empty()) body.set("Options", textMap(network.driverOptions));
  body.set("Labels", textMap(network.labels));
  if (network.ipamDriver.empty() && network.pools.empty() && network.ipamOptions.empty()) return body;
  Json ipam = Json::object();
  ipam.set("Driver", network.ipamDriver.empty() ? "default" : network.ipamDriver);
  Json pools = Json::array();
  for (const auto& pool : network.pools) {
    Json one = Json::object();
    if (!pool.subnet.empty()) one.set("Subnet", pool.subnet);
    if (!pool.gateway.empty()) one.set("Gateway", pool.gateway);
    if (!pool.ipRange.empty()) one.set("IPRange", pool.ipRange);
    if (!pool.auxAddresses.empty()) one.set("AuxiliaryAddresses", textMap(pool.auxAddresses));
    pools.push(std::move(one));
  }
  ipam.set("Config", std::move(pools));
  if (!network.ipamOptions.empty()) ipam.set("Options", textMap(network.ipamOptions));
  body.set("IPAM", std::move(ipam));
  return body;
}

Json volumeBody(const model::Volume& volume) {
  Json body = Json::object();
  body.set("Name", volume.name);
  body.set("Driver", volume.driver.empty() ? "local" : volume.driver);
  if (!volume.driverOptions.empty()) body.set("DriverOpts", textMap(volume.driverOptions));
  body.set("Labels", textMap(volume.labels));
  return body;
}

Json execBody(const ExecOptions& options) {
  Json body = Json::object();
  body.set("Cmd", Json::strings(options.command));
  if (!options.environment.empty()) body.set("Env", Json::strings(options.environment));
  if (!options.user.empty()) body.set("User", options.user);
  if (!options.workingDir.empty()) body.set("WorkingDir", options.workingDir);
  body.set("Tty", options.tty);
  body.set("Privileged", options.privileged);
  body.set("AttachStdin", options.stdin && !options.detach);
  body.set("AttachStdout", !options.detach);
  body.set("AttachStderr", !options.detach);
  return body;
}

std::string labelFilter(const Labels& labels) {
  return eventFilter({labels, {}});
}

std::string eventFilter(const EventFilter& filter) {
  Json filters = Json::object();
  if (!filter.labels.empty()) {
    Json all = Json::array();
    for (const auto& [key, value] : filter.labels) all.push(value.empty() ? key : key + "=" + value);
    filters.set("label", std::move(all));
  }
  if (!filter.actions.empty()) filters.set("event", Json::strings(filter.actions));
  return filters.members().empty() ? std::string() : "?filters=" + format::percentEncode(filters.dump());
}

ImageName splitReference(const std::string& reference) {
  const auto at = reference.find('@');
  if (at != std::string::npos) {
    ImageName name = splitReference(reference.substr(0, at));
    name.tag = reference.substr(at + 1);
    return name;
  }
  const auto slash = reference.rfind('/');
  const auto colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  if (colon == std::string::npos) return {reference, "latest"};
  return {reference.substr(0, colon), reference.substr(colon + 1)};
}

std::string buildQuery(const BuildRequest& request) {
  std::string query = "?rm=1&forcerm=1&t=" + format::percentEncode(request.tag);
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) query += "&" + std::string(key) + "=" + format::percentEncode(value);
  };
  for (const auto& tag : request.tags) add("t", tag);
  add("dockerfile", request.dockerfile);
  add("target", request.target);
  add("networkmode", request.network);
  add("platform", request.platform);
  if (!request.args.empty()) add("buildargs", textMap(request.args).dump());
  if (!request.labels.empty()) add("labels", textMap(request.labels).dump());
  if (!request.cacheFrom.empty()) add("cachefrom", Json::strings(request.cacheFrom).dump());
  for (const auto& host : request.extraHosts) add("extrahosts", host);
  if (request.shmBytes > 0) add("shmsize", std::to_string(request.shmBytes));
  if (request.noCache) query += "&nocache=1";
  if (request.pull) query += "&pull=1";
  if (request.light) query += "&cpushares=" + std::to_string(kLeastCpuShares);
  return query;
}

}  // namespace orbit::engine
