// Non-blocking socket calls for the Reactor's sources: one system call each, no waiting, no exceptions to their answers
// but these. Thread rules: plain functions.
#pragma once
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/descriptor.h"

namespace orbit::net {

// A peer's address as a value: 16 bytes (v4 mapped), port. Empty family: a unix socket.
struct PeerAddress {
  std::uint8_t bytes[16] = {};
  std::uint16_t port = 0;
  enum class Family : std::uint8_t { kUnix, kV4, kV6 } family = Family::kUnix;
  std::string text() const;  // "192.0.2.1", "2001:db8::1", "unix"
  // One client, for limits and evidence: v4 whole, v6 its /64 (decision 13).
  std::uint64_t clientHash(std::uint64_t seed) const;
};

struct Io {
  enum class Kind : std::uint8_t { kDone, kAgain, kEnd, kFailed } kind = Kind::kDone;
  std::size_t size = 0;  // with kDone
  int error = 0;         // errno, with kFailed
};

Io receive(int descriptor, std::span<char> into);
Io send(int descriptor, std::string_view bytes);
Io send(int descriptor, std::span<const iovec> pieces);

struct Accepted {
  Descriptor descriptor;
  PeerAddress peer;
};
// kAgain as an empty descriptor; TCP_NODELAY is set. Errors: kLimit (no descriptor left), kIo.
Result<Accepted> acceptFrom(int listener);

// Where an instance listens: "10.0.0.2:8000", "[::1]:8000", "unix:/path". Resolved once, when a table is compiled.
struct Endpoint {
  std::string text;
  alignas(8) char storage[128] = {};  // a sockaddr
  std::uint32_t size = 0;
};
// Numeric addresses and unix paths only. Errors: kInvalid with what was expected.
Result<Endpoint> parseEndpoint(std::string_view text);
// Starts to connect; writable when done (then connectError). Errors: kUnavailable, kLimit.
Result<Descriptor> startConnect(const Endpoint& endpoint);
int connectError(int descriptor);  // 0 or errno

// Binds (IP_FREEBIND when asked) and listens, SO_REUSEADDR set, v6 only for v6. Errors: kDenied, kConflict (in use),
// kInvalid.
Result<Descriptor> listenTcp(std::string_view hostAndPort, bool freeBind = false);

}  // namespace orbit::net
