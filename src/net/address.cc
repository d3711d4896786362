#include "net/address.h"

#include <netdb.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

#include "net/limits.h"
#include "net/stream.h"

namespace orbit::net {

Address Address::unixSocket(std::string path) {
  Address address;
  address.unixPath = std::move(path);
  return address;
}

Address Address::tcp(std::string host, int port) {
  Address address;
  address.host = std::move(host);
  address.port = port;
  return address;
}

std::string Address::text() const {
  if (!unixPath.empty()) return "unix://" + unixPath;
  const bool six = host.find(':') != std::string::npos;
  return "tcp://" + (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<SocketAddress> unixAddress(const std::string& path) {
  if (path.size() > kUnixPathBytesMax) {
    return Error{Code::kInvalid,
                 "the socket path " + path + " has " + std::to_string(path.size()) + " bytes, and Linux allows " +
                     std::to_string(kUnixPathBytesMax),
                 "choose a folder with a shorter path"};
  }
  SocketAddress result;
  auto* address = reinterpret_cast<sockaddr_un*>(&result.storage);
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return result;
}

Result<std::vector<SocketAddress>> resolve(const std::string& host, int port, bool passive, bool numericOnly) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0) | (numericOnly ? AI_NUMERICHOST : 0);
  addrinfo* list = nullptr;
  const std::string service = std::to_string(port);
  const int failure = getaddrinfo(host.empty() ? nullptr : host.c_str(), service.c_str(), &hints, &list);
  if (failure != 0) {
    return Error{Code::kUnavailable, "the name " + host + " has no address: " + gai_strerror(failure),
                 "look for a typing error in the name, and whether this machine's DNS works"};
  }
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = list; at != nullptr && addresses.size() < kAddressesMax; at = at->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
  }
  freeaddrinfo(list);
  return addresses;
}

}  // namespace orbit::net
