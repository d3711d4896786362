// A host's records, as the machine's own resolver sees them. Private to traffic. Source: RFC 1035, RFC 8659 (CAA).
// Thread rules: lookUp() blocks for at most kResolveTime or so; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "traffic/peers.h"

namespace orbit::traffic {

DnsAnswer lookUp(const std::string& host);

// Adds the records of one reply. False when it is no reply that can be read.
bool readReply(std::span<const unsigned char> reply, DnsAnswer& into);

}  // namespace orbit::traffic
