#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "net/limits.h"
#include "net/system_error.h"

namespace orbit::net {
namespace {

Io failed(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) return {Io::Kind::kAgain, 0, 0};
  return {Io::Kind::kFailed, 0, error};
}

void setOption(int descriptor, int level, int name, int value) {
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

PeerAddress peerOf(const sockaddr_storage& from) {
  PeerAddress peer;
  if (from.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
    peer.family = PeerAddress::Family::kV4;
    peer.bytes[10] = peer.bytes[11] = 0xff;
    std::memcpy(peer.bytes + 12, &v4.sin_addr, 4);
    peer.port = ntohs(v4.sin_port);
  } else if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
    std::memcpy(peer.bytes, &v6.sin6_addr, 16);
    peer.family = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) ? PeerAddress::Family::kV4 : PeerAddress::Family::kV6;
    peer.port = ntohs(v6.sin6_port);
  }
  return peer;
}

std::optional<std::uint16_t> portOf(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Error badEndpoint(std::string_view text) {
  return {Code::kInvalid, "\"" + std::string(text) + "\" is no address to connect to",
          "write it as 10.0.0.2:8000, [fd00::2]:8000 or unix:/run/app.sock"};
}

Result<Endpoint> unixEndpoint(std::string_view text, std::string_view path) {
  if (path.empty() || path.size() > kUnixPathBytesMax) return badEndpoint(text);
  Endpoint endpoint{std::string(text)};
  auto& address = reinterpret_cast<sockaddr_un&>(endpoint.storage);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  endpoint.size = static_cast<std::uint32_t>(sizeof(sockaddr_un));
  return endpoint;
}

}  // namespace

std::string PeerAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  if (family == Family::kUnix) return "unix";
  if (family == Family::kV4) {
    ::inet_ntop(AF_INET, bytes + 12, buffer, sizeof buffer);
  } else {
    ::inet_ntop(AF_INET6, bytes, buffer, sizeof buffer);
  }
  return buffer;
}

std::uint64_t PeerAddress::clientHash(std::uint64_t seed) const {
  std::uint64_t high = 0, low = 0;
  std::memcpy(&high, bytes, 8);
  if (family != Family::kV6) std::memcpy(&low, bytes + 8, 8);
  // The finalizer of SplitMix64 over both halves: spreads addresses that differ in one bit.
  const auto mix = [](std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
  };
  return mix(mix(high + seed) + low);
}

// Past the C library here and in send: its calls are cancellation points, which nobody here wants and which cost about
// one percent of a proxied request.
Io receive(int descriptor, std::span<char> into) {
  for (;;) {
    const long size = ::syscall(SYS_recvfrom, descriptor, into.data(), into.size(), 0, nullptr, nullptr);
    if (size > 0) return {Io::Kind::kDone, static_cast<std::size_t>(size), 0};
    if (size == 0) return {Io::Kind::kEnd, 0, 0};
    if (errno != EINTR) return failed(errno);
  }
}

Io send(int descriptor, std::string_view bytes) {
  for (;;) {
    const long size = ::syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
    if (size >= 0) return {Io::Kind::kDone, static_cast<std::size_t>(size), 0};
    if (errno != EINTR) return failed(errno);
  }
}

Io send(int descriptor, std::span<const iovec> pieces) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  for (;;) {
    const ssize_t size = ::sendmsg(descriptor, &message, MSG_NOSIGNAL);
    if (size >= 0) return {Io::Kind::kDone, static_cast<std::size_t>(size), 0};
    if (errno != EINTR) return failed(errno);
  }
}

Result<Accepted> acceptFrom(int listener) {
  for (;;) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    Accepted accepted;
    accepted.descriptor =
        Descriptor(::accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.descriptor.valid()) {
      accepted.peer = peerOf(from);
      if (from.ss_family != AF_UNIX) setOption(accepted.descriptor.get(), IPPROTO_TCP, TCP_NODELAY, 1);
      return accepted;
    }
    if (errno == EAGAIN) return accepted;
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      return Error{Code::kLimit, "no descriptor is left for a new connection"};
    }
    // What fails one connection while it is being accepted (accept(2)) says nothing of the next.
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO && errno != ENETDOWN && errno != EHOSTUNREACH &&
        errno != ENETUNREACH && errno != EPERM && errno != ETIMEDOUT) {
      return systemError(errno, "accepting a connection failed");
    }
  }
}

Result<Endpoint> parseEndpoint(std::string_view text) {
  if (text.substr(0, 5) == "unix:") return unixEndpoint(text, text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return badEndpoint(text);
  const std::optional<std::uint16_t> port = portOf(text.substr(colon + 1));
  std::string host(text.substr(0, colon));
  Endpoint endpoint{std::string(text)};
  if (!port || host.empty()) return badEndpoint(text);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    auto& address = reinterpret_cast<sockaddr_in6&>(endpoint.storage);
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(*port);
    endpoint.size = sizeof address;
    if (::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) return badEndpoint(text);
    return endpoint;
  }
  auto& address = reinterpret_cast<sockaddr_in&>(endpoint.storage);
  address.sin_family = AF_INET;
  address.sin_port = htons(*port);
  endpoint.size = sizeof address;
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return badEndpoint(text);
  return endpoint;
}

Result<Descriptor> startConnect(const Endpoint& endpoint) {
  const auto* address = reinterpret_cast<const sockaddr*>(endpoint.storage);
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return Error{Code::kLimit, "no descriptor is left to connect to " + endpoint.text};
  if (address->sa_family != AF_UNIX) setOption(socket.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(socket.get(), address, endpoint.size) == 0 || errno == EINPROGRESS || errno == EINTR) return socket;
  return Error{Code::kUnavailable, "connecting to " + endpoint.text + " failed: " + std::strerror(errno)};
}

int connectError(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

Result<Descriptor> listenTcp(std::string_view hostAndPort, bool freeBind) {
  const Result<Endpoint> parsed = parseEndpoint(hostAndPort);
  if (!parsed.ok() || hostAndPort.substr(0, 5) == "unix:") {
    return Error{Code::kInvalid, "\"" + std::string(hostAndPort) + "\" is no address to listen on",
                 "write it as 0.0.0.0:80 or [::]:80"};
  }
  const std::string what = "listening on " + std::string(hostAndPort) + " failed";
  const auto* address = reinterpret_cast<const sockaddr*>(parsed->storage);
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return systemError(errno, what);
  setOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (address->sa_family == AF_INET6) setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (freeBind) setOption(socket.get(), IPPROTO_IP, IP_FREEBIND, 1);
  if (::bind(socket.get(), address, parsed->size) != 0 || ::listen(socket.get(), kTrafficBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return Error{Code::kConflict, what + ": another process listens there", "stop it, or choose another address"};
    }
    return systemError(errno, what);
  }
  return socket;
}

}  // namespace orbit::net
