// Whom traffic talks to besides the engine: the containers' ports, hold, the edge, the name servers. As functions, so
// that tests stand in for them on a simulated loop. Private to traffic. Thread rules: the thread of the Loop.
#pragma once
#include <compare>
#include <functional>
#include <set>
#include <string>

#include "net/net.h"

namespace orbit::traffic {

struct EdgeAnswer {
  int status = 0;
  std::string body;
};

struct DnsAnswer {
  std::vector<std::string> a, aaaa, cname;
  std::vector<std::string>
      caa;              // "issue letsencrypt.org", "issuewild ;", "iodef …"; of the nearest parent that has any
  std::string problem;  // the lookup itself failed
};

// One address alone on an interface.
struct VirtualAddress {
  std::string address, interface;  // "10.213.4.130", "orb1a2b3c4d5e"
  auto operator<=>(const VirtualAddress&) const = default;
};

struct Peers {
  // Whether the port answers HTTP, within kProbeTime.
  std::function<net::Task<bool>(std::string address, int port, net::Wait wait)> speaksHttp;
  // One command to hold ("listeners\n") and its answer. Errors: kUnavailable.
  std::function<net::Task<Result<std::string>>(std::string command, net::Wait wait)> hold;
  // One call to the edge's control socket. Errors: kUnavailable, kTimeout.
  std::function<net::Task<Result<EdgeAnswer>>(std::string method, std::string path, std::string body, net::Wait wait)>
      edge;
  std::function<net::Task<DnsAnswer>(std::string host, net::Wait wait)> resolve;
  // This machine's addresses that the world may reach.
  std::function<std::vector<std::string>()> publicAddresses;
  // All addresses of this machine's interfaces that stand alone (/32).
  std::function<std::set<VirtualAddress>()> virtualAddresses;
  // Whether hold may put addresses on interfaces.
  std::function<bool()> holdIsRoot;
};

Peers realPeers(net::Loop& loop, std::string holdSocket, std::string edgeSocket);

}  // namespace orbit::traffic
