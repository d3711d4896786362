// Connecting: unix sockets, and names with several addresses of which the first that answers wins (RFC 8305).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

#include "net/address.h"
#include "net/limits.h"
#include "net/loop_state.h"
#include "net/socket_stream.h"
#include "net/system_error.h"

namespace orbit::net {
namespace {

Task<Result<Descriptor>> connectOne(Loop& loop, SocketAddress address, std::string name, Wait wait) {
  const std::string what = "connecting to " + name + " failed";
  ORBIT_CO_TRY_STATUS(checkWait(loop.clock(), wait));
  Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) co_return systemError(errno, what);
  if (address.family() != AF_UNIX) {
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  for (;;) {
    if (::connect(socket.get(), address.get(), address.size) == 0) co_return socket;
    if (errno == EINTR || errno == EINPROGRESS) break;
    // A unix socket whose queue is full (connect(2)).
    if (errno != EAGAIN) co_return systemError(errno, what);
    const Status slept = co_await loop.sleep(kRetryDelay, wait);
    if (!slept.ok()) co_return Error(slept.error()).within(what);
  }
  const Status ready = co_await loop.writable(socket.get(), wait);
  if (!ready.ok()) co_return Error(ready.error()).within(what);
  int number = 0;
  socklen_t size = sizeof number;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &number, &size);
  if (number != 0) co_return systemError(number, what);
  co_return socket;
}

// What the attempts at one name share.
struct Race {
  explicit Race(Loop& loop) : changed(loop) {}
  std::optional<Descriptor> winner;
  std::optional<Error> firstError;
  int running = 0;
  Condition changed;
};

Task<void> attempt(Loop& loop, SocketAddress address, std::string name, Race& race, Wait wait) {
  Result<Descriptor> result = co_await connectOne(loop, address, std::move(name), wait);
  --race.running;
  if (result.ok()) {
    race.winner = std::move(result).value();
  } else if (!race.firstError) {
    race.firstError = result.error();
  }
  race.changed.notifyAll();
}

Task<Result<Descriptor>> connectAny(Loop& loop, std::vector<SocketAddress> addresses, std::string name, Wait wait) {
  Race race(loop);
  TaskGroup attempts(loop);
  for (std::size_t next = 0; !race.winner;) {
    if (next < addresses.size()) {
      ++race.running;
      attempts.add(attempt(loop, addresses[next++], name, race, wait));
      if (race.winner) break;
    } else if (race.running == 0) {
      co_return std::move(*race.firstError);
    }
    if (race.running == 0) continue;
    Wait pause = wait;
    if (next < addresses.size()) pause = wait.until(loop.clock().now() + kFallbackDelay);
    const Status changed = co_await race.changed.wait(pause);
    if (!changed.ok() && changed.error().code == Code::kCancelled) co_return changed.error();
    if (!changed.ok() && next == addresses.size()) {
      const Status over = checkWait(loop.clock(), wait);
      if (!over.ok()) co_return Error(over.error()).within("connecting to " + name + " failed");
    }
  }
  co_return std::move(*race.winner);
}

// On a worker, which is left alone with its question when the wait ends first.
Task<Result<std::vector<SocketAddress>>> resolveAside(Loop& loop, std::string host, int port, Wait wait) {
  auto numeric = resolve(host, port, false, true);
  if (numeric.ok()) co_return numeric;
  struct Question {
    std::optional<Result<std::vector<SocketAddress>>> answer;
    Waiter* waiter = nullptr;
  };
  const auto question = std::make_shared<Question>();
  Waiter waiter(loop.state());
  waiter.arm(wait);
  if (waiter.await_ready()) co_return waiter.status().error();
  struct Leave {
    Question& question;
    ~Leave() { question.waiter = nullptr; }
  };
  const Leave leave{*question};
  question->waiter = &waiter;
  const auto job = std::make_shared<Pool::Job>();
  job->work = [question, host, port] { question->answer = resolve(host, port, false, false); };
  job->done = [question, state = &loop.state()] {
    state->post([question] {
      if (question->waiter != nullptr) question->waiter->wake(Waiter::Wake::kReady);
    });
  };
  loop.state().pool->submit(job);
  co_await waiter;
  const Status status = waiter.status();
  if (!status.ok()) co_return Error(status.error()).within("looking up " + host + " failed");
  co_return std::move(*question->answer);
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, Wait wait) {
  if (!address.unixPath.empty()) {
    ORBIT_CO_TRY(const SocketAddress path, unixAddress(address.unixPath));
    Result<Descriptor> socket = co_await connectOne(loop, path, address.text(), wait);
    if (!socket.ok()) co_return std::move(socket).error();
    co_return std::unique_ptr<Stream>(std::make_unique<SocketStream>(loop, std::move(socket).value()));
  }
  auto addresses = co_await resolveAside(loop, address.host, address.port, wait);
  if (!addresses.ok()) co_return std::move(addresses).error();
  Result<Descriptor> socket = co_await connectAny(loop, std::move(addresses).value(), address.text(), wait);
  if (!socket.ok()) co_return std::move(socket).error();
  if (address.tls != nullptr) {
    co_return co_await startTls(loop, std::move(socket).value(), address.host, address.tls, wait);
  }
  co_return std::unique_ptr<Stream>(std::make_unique<SocketStream>(loop, std::move(socket).value()));
}

}  // namespace orbit::net
