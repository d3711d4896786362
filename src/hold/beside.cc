#include "hold/beside.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace orbit::hold {
namespace {

constexpr int kBacklog = 4096;  // as net's

void setOption(int socket, int level, int name, int value) {
  ::setsockopt(socket, level, name, &value, sizeof value);
}

class Sharing {
 public:
  explicit Sharing(std::vector<int> sockets) : sockets_(std::move(sockets)) { set(1); }
  ~Sharing() { set(0); }
  Sharing(const Sharing&) = delete;
  Sharing& operator=(const Sharing&) = delete;

 private:
  void set(int value) {
    for (const int socket : sockets_) setOption(socket, SOL_SOCKET, SO_REUSEPORT, value);
  }
  std::vector<int> sockets_;
};

}  // namespace

Result<net::Descriptor> listenBeside(const std::string& address, bool freeBind, const std::vector<int>& own) {
  ORBIT_TRY(const net::Endpoint endpoint, net::parseEndpoint(address));
  const auto* where = reinterpret_cast<const sockaddr*>(endpoint.storage);
  net::Descriptor socket(::socket(where->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return Error{Code::kIo, "listening on " + address + " failed: " + std::strerror(errno)};
  setOption(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (where->sa_family == AF_INET6) setOption(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (freeBind) setOption(socket.get(), IPPROTO_IP, IP_FREEBIND, 1);
  std::vector<int> sharing = own;
  sharing.push_back(socket.get());
  const Sharing shared(std::move(sharing));
  if (::bind(socket.get(), where, endpoint.size) == 0 && ::listen(socket.get(), kBacklog) == 0) return socket;
  const int failed = errno;
  return Error{failed == EADDRINUSE ? Code::kConflict : Code::kIo,
               "listening on " + address +
                   " failed: " + (failed == EADDRINUSE ? "another process listens there" : std::strerror(failed))};
}

}  // namespace orbit::hold
