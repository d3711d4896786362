// Questions to a name server, over TCP (RFC 7766: every server speaks it, and answers are whole). Thread rules: the
// thread of its Loop.
#pragma once
#include <string>
#include <vector>

#include "cert/core/dns.h"
#include "net/net.h"

namespace orbit::cert {

struct DnsServer {
  std::string host;
  int port = 53;
  std::string text() const;
};
// "ns.example.com", "192.0.2.1:5353", "[2001:db8::1]:53". Errors: kInvalid.
Result<DnsServer> parseDnsServer(const std::string& text);
// Those of /etc/resolv.conf.
std::vector<DnsServer> systemNameServers();

// One message there, one back (whose id is that of the request). Errors: net::connect's, kProtocol, kTimeout.
net::Task<Result<std::string>> askDns(net::Loop& loop, DnsServer server, std::string message, net::Wait wait);
// The same for a plain question; the answer parsed.
net::Task<Result<DnsMessage>> lookUp(net::Loop& loop, DnsServer server, std::string name, DnsType type, bool recursion,
                                     net::Wait wait);

// Where a name's records are kept: the zone, and the name itself after aliases (CNAME).
struct DnsPlace {
  std::string zone, name;
};
net::Task<Result<DnsPlace>> findZone(net::Loop& loop, DnsServer server, std::string name, bool recursion,
                                     net::Wait wait);

}  // namespace orbit::cert
