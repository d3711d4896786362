// What an environment serves at this moment, as deploy wants it: releases with their shares and instances. traffic
// makes routes, virtual addresses and listeners of it. The whole environment at once; release and rollback are the same
// swap of it. Thread rules: plain values.
#pragma once
#include <string>
#include <vector>

#include "model/deployment.h"

namespace orbit::model {

struct LiveInstance {
  std::string id;       // "orbit.shop.production.web.r12.1": the container's name
  std::string address;  // "10.213.4.7", of the container
  bool operator==(const LiveInstance&) const = default;
};

struct LiveRelease {
  std::string id;  // "r12"
  unsigned weight = 100;
  bool watched = false;   // shielded
  bool draining = false;  // no new visitor
  int port = 0;           // that speaks HTTP; 0: none
  std::vector<LiveInstance> instances;
  bool operator==(const LiveRelease&) const = default;
};

struct LiveService {
  std::string name;
  bool routed = false;
  std::string path = "/";
  std::vector<std::string> hosts;
  std::vector<int> tcpPorts, exposeTcp;
  std::string virtualAddress;  // "": names by the engine's DNS
  Probe probe;                 // readiness, asked by the edge
  Duration drain = std::chrono::seconds(30);
  bool paused = false;
  bool vitals = false;
  std::vector<LiveRelease> releases;
  bool operator==(const LiveService&) const = default;
};

struct LiveEnvironment {
  std::string project, environment;
  std::string bridge;  // the network's interface on the host, "orb1a2b3c4d"; "": no virtual addresses
  std::string subnet;  // "10.213.4.0/24"
  std::vector<LiveService> services;
  bool operator==(const LiveEnvironment&) const = default;
};

// The name of a service in the route table and in signals: "shop.production.web"; with a port, the TCP service of that
// port: "shop.production.db:5432".
inline std::string tableService(const std::string& project, const std::string& environment, const std::string& service,
                                int tcpPort = 0) {
  const std::string name = project + "." + environment + "." + service;
  return tcpPort == 0 ? name : name + ":" + std::to_string(tcpPort);
}

}  // namespace orbit::model
