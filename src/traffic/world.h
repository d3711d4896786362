// From what runs and what is deployed to the table the edge serves. Private to traffic. Thread rules: pure.
#pragma once
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/domain.h"
#include "model/live.h"
#include "model/plan.h"
#include "model/route_table.h"

namespace orbit::traffic {

// A container of a development project that is known to speak HTTP.
struct HttpContainer {
  std::string project, service;
  std::string name;     // the container's
  std::string address;  // "172.18.0.3"; "" while it does not run
  int port = 0;
};

// A listener of the edge for the world, kept by hold.
struct Listener {
  std::string name, address;  // "https/127.0.0.1:8443", "127.0.0.1:8443"
  bool tls = false;
  bool operator==(const Listener&) const = default;
};

using ServiceKey = std::pair<std::string, std::string>;                 // project, service
using DeployedKey = std::tuple<std::string, std::string, std::string>;  // project, environment, service
using EnvironmentKey = std::pair<std::string, std::string>;             // project, environment
using Environments = std::map<EnvironmentKey, model::LiveEnvironment>;

struct World {
  std::vector<HttpContainer> containers;
  Environments environments;
  std::vector<model::Domain> domains;
  model::TableAuthority authority;  // for the domains' certificates; its name is not looked at
  std::vector<Listener> listeners;
  std::string pinKey = {};             // pin.h
  std::set<std::string> lacking = {};  // names of other listeners that cannot be had at the moment
  // False: not looked at yet, so what the edge serves of it stays (carried.h).
  bool developmentKnown = true, environmentsKnown = true;
  bool listens = false;  // with nothing to serve too
};

struct Made {
  model::RouteTable table;
  std::map<ServiceKey, std::string> hosts;                      // of the development services that have one
  std::map<DeployedKey, std::string> deployed;                  // host and path of those that are routed
  std::map<std::string, std::vector<model::Warning>> warnings;  // by project
};

Made makeTable(const World& world);
// What to open in a browser: by https on the listeners there are, "" without one. A path may follow the host.
std::string urlOf(const std::string& host, const std::vector<Listener>& listeners);
// "<service>.<project>.localhost" in the letters a host may have; "" when a part is too long for one.
std::string developmentHost(const std::string& project, const std::string& service);
// "<service>.<environment>.<project>.localhost" (decision 11), likewise.
std::string environmentHost(const EnvironmentKey& environment, const std::string& service);
// No certificate from the world, and reached on this machine only.
bool isLocalHost(const std::string& host);

}  // namespace orbit::traffic
