#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.h"
#include "net/address.h"
#include "net/limits.h"
#include "net/socket_stream.h"
#include "net/system_error.h"

namespace orbit::net {
namespace {

bool somebodyAnswers(const SocketAddress& address) {
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // A full queue (EAGAIN) has an owner too.
  return ::connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN;
}

}  // namespace

Result<int> listenUnix(const std::string& path, unsigned mode) {
  ORBIT_TRY(const SocketAddress address, unixAddress(path));
  const std::string what = "listening on " + path + " failed";
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return systemError(errno, what);
  // The mode the file is made with, so that it is never open to others, not even between bind and chmod.
  ::fchmod(socket.get(), mode);
  if (::bind(socket.get(), address.get(), address.size) != 0) {
    if (errno != EADDRINUSE) return systemError(errno, what);
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0 && !S_ISSOCK(info.st_mode)) {
      return Error{Code::kConflict, path + " is in the way: it is not a socket", "move it away"};
    }
    if (somebodyAnswers(address)) {
      return Error{Code::kConflict, "another process listens on " + path + " already", "stop it first"};
    }
    ::unlink(path.c_str());
    if (::bind(socket.get(), address.get(), address.size) != 0) return systemError(errno, what);
  }
  if (::chmod(path.c_str(), mode) != 0) return systemError(errno, what);
  if (::listen(socket.get(), kListenBacklog) != 0) return systemError(errno, what);
  return socket.release();
}

Listener::Listener(Loop& loop, int descriptor) : loop_(loop), descriptor_(descriptor) {}

Listener::~Listener() {
  ::close(descriptor_);
}

Result<std::unique_ptr<Listener>> Listener::unixSocket(Loop& loop, const std::string& path, unsigned mode) {
  ORBIT_TRY(const int descriptor, listenUnix(path, mode));
  return std::unique_ptr<Listener>(new Listener(loop, descriptor));
}

Result<std::unique_ptr<Listener>> Listener::tcp(Loop& loop, const std::string& host, int port) {
  const std::string what = "listening on " + Address::tcp(host, port).text() + " failed";
  ORBIT_TRY(const auto addresses, resolve(host, port, true, false));
  const SocketAddress& address = addresses.front();
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return systemError(errno, what);
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.get(), address.get(), address.size) != 0) return systemError(errno, what);
  if (::listen(socket.get(), kListenBacklog) != 0) return systemError(errno, what);
  return std::unique_ptr<Listener>(new Listener(loop, socket.release()));
}

std::unique_ptr<Listener> Listener::adopt(Loop& loop, int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return std::unique_ptr<Listener>(new Listener(loop, descriptor));
}

Task<Result<std::unique_ptr<Stream>>> Listener::accept(Wait wait) {
  for (;;) {
    Descriptor socket(::accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.valid()) co_return std::unique_ptr<Stream>(std::make_unique<SocketStream>(loop_, std::move(socket)));
    const int number = errno;
    Status waited;
    if (number == EAGAIN) {
      waited = co_await loop_.readable(descriptor_, wait);
    } else if (number == EMFILE || number == ENFILE || number == ENOMEM || number == ENOBUFS) {
      // The connection stays in the queue until descriptors are free again.
      log(Level::kWarning, "net", "no descriptor is left for a new connection; it waits");
      waited = co_await loop_.sleep(kRetryDelay * 10, wait);
    } else if (number != EINTR && number != ECONNABORTED) {
      co_return systemError(number, "accepting a connection failed");
    }
    if (!waited.ok()) co_return waited.error();
  }
}

int Listener::descriptor() const {
  return descriptor_;
}

int Listener::port() const {
  SocketAddress address;
  address.size = sizeof address.storage;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  if (address.family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  if (address.family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  return 0;
}

}  // namespace orbit::net
