#include "net/child_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "net/child.h"
#include "net/limits.h"
#include "net/system_error.h"

namespace orbit::net {

Result<std::unique_ptr<ChildStream>> ChildStream::start(Loop& loop, const Command& command) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return systemError(errno, "making a socket pair failed");
  }
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  ORBIT_TRY(Pipe errors, Pipe::open());
  SpawnPlan plan;
  posix_spawn_file_actions_adddup2(&plan.actions, theirs.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, theirs.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, errors.writeEnd.get(), STDERR_FILENO);
  ORBIT_TRY(const pid_t pid, spawn(command, plan, 0, {SIGINT, SIGTSTP}));
  auto child = std::make_unique<Child>(pid, Child::Leads::kNothing);
  if (child->descriptor() < 0) return systemError(errno, "watching the process failed");
  return std::unique_ptr<ChildStream>(
      new ChildStream(loop, std::move(child), ours.release(), errors.readEnd.release()));
}

ChildStream::ChildStream(Loop& loop, std::unique_ptr<Child> child, int socket, int errors)
    : loop_(loop), child_(std::move(child)), socket_(adopt(loop, socket)), listening_(loop) {
  listening_.add(listen(adopt(loop, errors), said_));
}

// The end of its input is all that most need; a terminal that it changed it restores at SIGTERM.
ChildStream::~ChildStream() {
  socket_.reset();
  if (child_->taken()) return;
  child_->signal(SIGTERM);
  pollfd watched{child_->descriptor(), POLLIN, 0};
  if (::poll(&watched, 1, static_cast<int>(kChildEndTime.count())) == 1) child_->take();
}

Task<void> ChildStream::listen(std::unique_ptr<Stream> errors, std::string& said) {
  std::string buffer(kPipeReadBytes, '\0');
  for (;;) {
    const Result<std::size_t> count = co_await errors->read(buffer, Wait());
    if (!count.ok() || *count == 0) co_return;
    said.append(buffer, 0, *count);
    if (said.size() > kSaidBytesMax) said.erase(0, said.size() - kSaidBytesMax);
  }
}

Task<Result<std::size_t>> ChildStream::read(std::span<char> buffer, Wait wait) {
  return socket_->read(buffer, wait);
}

Task<Status> ChildStream::write(std::string_view bytes, Wait wait) {
  return socket_->write(bytes, wait);
}

Status ChildStream::shutdownWrite() {
  return socket_->shutdownWrite();
}

Task<Status> ChildStream::closedByPeer(Wait wait) {
  return socket_->closedByPeer(wait);
}

bool ChildStream::quiet() {
  return socket_->quiet();
}

Task<Result<Exit>> ChildStream::ended(Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await loop_.readable(child_->descriptor(), wait));
  // A grandchild (ssh's ProxyCommand) may hold the pipe for longer.
  const Instant until = loop_.clock().now() + kOutputGrace;
  while (listening_.running() > 0 && loop_.clock().now() < until) {
    ORBIT_CO_TRY_STATUS(co_await loop_.sleep(kRetryDelay, wait));
  }
  co_return child_->take();
}

}  // namespace orbit::net
