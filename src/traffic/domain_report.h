// What a domain's records say against what they should. Private to traffic. Source: RFC 8659 (CAA). Thread rules: pure.
#pragma once
#include "traffic/peers.h"
#include "traffic/traffic.h"
#include "traffic/world.h"

namespace orbit::traffic {

struct Surroundings {
  std::vector<std::string> addresses;  // this machine's
  model::TableAuthority authority;
  std::vector<Listener> listeners;
};
DomainReport judge(const model::Domain& domain, const DnsAnswer& answer, const Surroundings& here);

// Whether the world reaches it: not private, shared, link-local or for documentation only.
bool isPublic(const std::string& address);

// Fills in what GET /v1/status of the edge tells of the certificates.
void addCertificates(std::vector<DomainReport>& reports, const std::string& status);

}  // namespace orbit::traffic
