// Which addresses are of this machine or a private network. Private to notify. Source: IANA's special-purpose address
// registries (RFC 6890). Thread rules: pure.
#pragma once

struct sockaddr;

namespace orbit::notify {

// Also those that hold such an IPv4 address inside (mapped, NAT64, 6to4), and what is no internet address at all.
bool isPrivate(const sockaddr& address);

}  // namespace orbit::notify
