// Who the client is, said by proxies in front: Forwarded (RFC 7239) and X-Forwarded-*. Read only when the peer is one
// of the trusted proxies; then from the right, to the first that is not trusted. Sans-I/O. Thread rules: pure
// functions.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/core/index.h"

namespace orbit::http {

// An address as 16 bytes, v4 mapped into v6.
using IpBytes = std::array<std::uint8_t, 16>;
std::optional<IpBytes> parseIp(std::string_view text);
std::string ipText(const IpBytes& address);

class IpRanges {
 public:
  // "10.0.0.0/8", "2001:db8::/32", "192.0.2.1". Errors: kInvalid.
  static Result<IpRanges> parse(const std::vector<std::string>& ranges);
  bool contains(const IpBytes& address) const;
  bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    IpBytes first;
    int bits = 0;
  };
  std::vector<Range> ranges_;
};

struct ClientOrigin {
  IpBytes address{};         // of the client as far as trusted proxies tell
  bool https = false;        // how it reached the first trusted proxy
  std::string forwardedFor;  // the X-Forwarded-For to send on: what was trusted, and the peer
};
// `peer` connected to us, by TLS or not.
ClientOrigin clientOrigin(const RequestIndex& request, const IpBytes& peer, bool https, const IpRanges& trusted);

}  // namespace orbit::http
