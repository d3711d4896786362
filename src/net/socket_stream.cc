#include "net/socket_stream.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/loop_state.h"
#include "net/system_error.h"

namespace orbit::net {

Task<Status> SocketStream::turn(Wait wait) {
  ORBIT_CO_TRY_STATUS(checkWait(loop_.clock(), wait));
  if (loop_.state().spend()) co_return Status{};
  co_return co_await loop_.sleep(Duration(0), wait);
}

Task<Result<std::size_t>> SocketStream::read(std::span<char> buffer, Wait wait) {
  const Status turned = co_await turn(wait);
  if (!turned.ok()) co_return turned.error();
  for (;;) {
    const ssize_t count = ::read(descriptor(), buffer.data(), buffer.size());
    if (count >= 0) co_return static_cast<std::size_t>(count);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return systemError(errno, "reading from the connection failed");
    const Status ready = co_await loop_.readable(descriptor(), wait);
    if (!ready.ok()) co_return ready.error();
  }
}

Task<Status> SocketStream::write(std::string_view bytes, Wait wait) {
  const Status turned = co_await turn(wait);
  if (!turned.ok()) co_return turned.error();
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor(), bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return systemError(errno, "writing to the connection failed");
    const Status ready = co_await loop_.writable(descriptor(), wait);
    if (!ready.ok()) co_return ready.error();
  }
  co_return Status{};
}

Status SocketStream::shutdownWrite() {
  if (::shutdown(descriptor(), SHUT_WR) == 0 || errno == ENOTCONN) return {};
  return systemError(errno, "ending the connection's sending side failed");
}

Task<Status> SocketStream::closedByPeer(Wait wait) {
  Waiter waiter(loop_.state());
  waiter.events = EPOLLRDHUP;
  waiter.arm(wait);
  if (!waiter.await_ready()) loop_.state().watch(descriptor(), waiter);
  co_await waiter;
  co_return waiter.status();
}

bool SocketStream::quiet() {
  char byte = 0;
  return ::recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::unique_ptr<Stream> adopt(Loop& loop, int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return std::make_unique<SocketStream>(loop, Descriptor(descriptor));
}

}  // namespace orbit::net
