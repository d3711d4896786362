// From what runs to the table the edge serves. Private to traffic. Thread rules: pure.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/domain.h"
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

// A listener of the edge, kept by hold.
struct Listener {
  std::string name, address;  // "https/127.0.0.1:8443", "127.0.0.1:8443"
  bool tls = false;
  bool operator==(const Listener&) const = default;
};

struct World {
  std::vector<HttpContainer> containers;
  std::vector<model::Domain> domains;
  model::TableAuthority authority;  // for the domains' certificates; its name is not looked at
  std::vector<Listener> listeners;
};

using ServiceKey = std::pair<std::string, std::string>;  // project, service

struct Development {
  model::RouteTable table;
  std::map<ServiceKey, std::string> hosts;                      // of the services that have one
  std::map<std::string, std::vector<model::Warning>> warnings;  // by project
};

Development makeTable(const World& world);
// What to open in a browser: by https on the listeners there are, "" without one.
std::string urlOf(const std::string& host, const std::vector<Listener>& listeners);
// "<service>.<project>.localhost" in the letters a host may have; "" when a part is too long for one.
std::string developmentHost(const std::string& project, const std::string& service);

}  // namespace orbit::traffic
