#include "traffic/environment.h"

#include <algorithm>

#include "base/text.h"
#include "traffic/pin.h"

namespace orbit::traffic {
namespace {

using model::LiveService;
using model::TableListener;
using model::TableService;

constexpr const char* kInside = "inside/";
constexpr const char* kExposed = "expose/";
constexpr const char* kNoRelease = "none";
// An instance that is just there warms up beside those that are.
constexpr model::Millis kSlowStart = std::chrono::seconds(10);
constexpr model::Millis kQuietTime = std::chrono::minutes(5);   // of a stream between two pieces
constexpr model::Millis kPauseTime = std::chrono::minutes(1);   // a stateful service is replaced meanwhile
constexpr model::Millis kProbeEvery = std::chrono::seconds(2);  // at the most

model::Millis millis(Duration span) {
  return std::chrono::duration_cast<model::Millis>(span);
}

// Its releases as instances at `port`, or at the port of each release when that is 0.
std::vector<model::TableRelease> releasesAt(const LiveService& service, int port) {
  std::vector<model::TableRelease> releases;
  std::uint64_t weights = 0;
  for (const auto& live : service.releases) {
    const int dialled = port == 0 ? live.port : port;
    if (dialled == 0) continue;
    model::TableRelease release;
    release.id = live.id;
    release.weight = live.weight;
    release.watched = live.watched;
    release.draining = live.draining;
    for (const auto& instance : live.instances) {
      const bool v6 = instance.address.find(':') != std::string::npos;
      const std::string host = v6 ? "[" + instance.address + "]" : instance.address;
      release.instances.push_back({instance.id, host + ":" + std::to_string(dialled)});
    }
    weights += release.weight;
    releases.push_back(std::move(release));
  }
  // A table must say who is served in the end, also while nobody has a share.
  if (releases.empty()) releases.push_back({.id = kNoRelease, .instances = {}});
  if (weights == 0) releases.back().weight = 1;
  return releases;
}

TableService serviceAt(const LiveService& live, std::string name, int port) {
  TableService service;
  service.name = std::move(name);
  service.releases = releasesAt(live, port);
  service.slowStart = kSlowStart;
  service.idleTimeout = kQuietTime;
  service.upgradeGrace = millis(live.drain);
  service.paused = live.paused;
  service.pauseTimeout = kPauseTime;
  return service;
}

// Readiness, which only weighs (decision 21). An instance is asked where it is dialled: a probe on a port of its own
// stays deploy's.
std::vector<model::TableHealthCheck> readiness(const LiveService& live) {
  const model::Probe& probe = live.probe;
  const bool asks = probe.kind == model::Probe::Kind::kHttp || probe.kind == model::Probe::Kind::kTcp;
  const auto ports = httpPorts(live);
  if (!asks || (probe.port != 0 && (ports.size() != 1 || *ports.begin() != probe.port))) return {};
  model::TableHealthCheck check;
  if (probe.kind == model::Probe::Kind::kHttp) {
    check.path = probe.path.empty() ? "/" : probe.path;
    check.host = probe.host;
  }
  check.interval = std::max(millis(probe.interval), kProbeEvery);
  check.timeout = millis(probe.timeout);
  check.rise = static_cast<unsigned>(std::max(probe.rise, 1));
  check.fall = static_cast<unsigned>(std::max(probe.fall, 1));
  check.statusMin = probe.statusMin;
  check.statusMax = probe.statusMax;
  return {check};
}

TableListener listenerAt(const char* kind, const std::string& host, int port, TableListener::Protocol protocol,
                         const std::string& service) {
  TableListener listener;
  listener.address = host + ":" + std::to_string(port);
  listener.name = kind + listener.address;
  std::erase_if(listener.name, [](char c) { return c == '[' || c == ']'; });  // hold's names know no brackets
  listener.protocol = protocol;
  listener.service = service;
  return listener;
}

}  // namespace

std::set<int> httpPorts(const LiveService& service) {
  std::set<int> ports;
  for (const auto& release : service.releases) {
    if (release.port != 0) ports.insert(release.port);
  }
  return ports;
}

ServiceRows rowsOf(const model::LiveEnvironment& environment, const LiveService& live, const std::string& pinKey) {
  ServiceRows rows;
  const auto http = httpPorts(live);
  const bool inside = !live.virtualAddress.empty();
  const std::string name = model::tableService(environment.project, environment.environment, live.name);
  rows.http = live.routed || !http.empty();
  if (rows.http) {
    rows.services.push_back(serviceAt(live, name, 0));
    rows.services.back().health = readiness(live);
    auto& releases = rows.services.back().releases;
    for (auto& release : releases) {
      if (releases.size() > 1) release.pin = pinOf(pinKey, name, release.id);
    }
  }
  for (const int port : inside ? http : std::set<int>()) {
    rows.listeners.push_back(listenerAt(kInside, live.virtualAddress, port, TableListener::Protocol::kHttp, name));
  }
  std::set<int> tcp(live.exposeTcp.begin(), live.exposeTcp.end());
  for (const int port : live.tcpPorts) {
    if (inside && !http.contains(port)) tcp.insert(port);
  }
  for (const int port : tcp) {
    const std::string own = model::tableService(environment.project, environment.environment, live.name, port);
    rows.services.push_back(serviceAt(live, own, port));
    rows.services.back().protocol = TableService::Protocol::kTcp;
    if (inside && !http.contains(port)) {
      rows.listeners.push_back(listenerAt(kInside, live.virtualAddress, port, TableListener::Protocol::kTcp, own));
    }
  }
  for (const int port : std::set<int>(live.exposeTcp.begin(), live.exposeTcp.end())) {
    const std::string own = model::tableService(environment.project, environment.environment, live.name, port);
    for (const char* host : {"0.0.0.0", "[::]"}) {
      rows.listeners.push_back(listenerAt(kExposed, host, port, TableListener::Protocol::kTcp, own));
    }
  }
  return rows;
}

bool isOwnListener(std::string_view name) {
  return startsWith(name, kInside) || startsWith(name, kExposed);
}

}  // namespace orbit::traffic
