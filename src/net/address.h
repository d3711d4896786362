// Socket addresses as the kernel takes them. Private to net.
#pragma once
#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace orbit::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family() const { return storage.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Errors: kInvalid for a path longer than a socket's may be.
Result<SocketAddress> unixAddress(const std::string& path);
// Blocks on DNS unless `host` is numeric. `passive`: for listening. Errors: kUnavailable.
Result<std::vector<SocketAddress>> resolve(const std::string& host, int port, bool passive, bool numericOnly);

}  // namespace orbit::net
