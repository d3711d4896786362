#include "net/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "net/child.h"
#include "net/limits.h"
#include "net/socket_stream.h"
#include "net/system_error.h"

namespace orbit::net {
namespace {

// Passes on what the child writes until it ends, or until we may not wait any more: then without output.
Task<void> pumpOutput(std::unique_ptr<Stream> from, bool isError, const Output& output) {
  std::string buffer(kPipeReadBytes, '\0');
  for (;;) {
    const Result<std::size_t> count = co_await from->read(buffer, Wait());
    if (!count.ok() || *count == 0) co_return;
    if (output) output(isError, std::string_view(buffer).substr(0, *count));
  }
}

// A child that reads no further (EPIPE) is no failure: its exit tells.
Task<void> pumpInput(std::unique_ptr<Stream> to, const Input& input, Error& failure, bool& failed) {
  for (;;) {
    const Result<std::string> piece = co_await input();
    if (!piece.ok()) {
      failure = piece.error();
      failed = true;
      co_return;
    }
    if (piece->empty()) co_return;
    const Status written = co_await to->write(*piece, Wait());
    if (!written.ok()) co_return;
  }
}

Task<void> joinInto(TaskGroup& group, Condition& done) {
  co_await group.join();
  done.notifyAll();
}

// Waits for the end of the child: by itself, or by force when `wait` is over first.
Task<Status> awaitEnd(Loop& loop, const Child& child, Wait wait) {
  const Status ended = co_await loop.readable(child.descriptor(), wait);
  if (ended.ok()) co_return ended;
  child.signal(SIGTERM);
  const Wait grace{loop.clock().now() + kKillDelay, nullptr};
  const Status gone = co_await loop.readable(child.descriptor(), grace);
  child.signal(SIGKILL);  // also those of its group that stayed behind
  if (!gone.ok()) {
    const Status killed = co_await loop.readable(child.descriptor(), Wait());
    ORBIT_CHECK(killed.ok());
  }
  co_return ended;
}

}  // namespace

Task<Result<Exit>> runCommand(Loop& loop, Command command, Input input, Output output, Wait wait) {
  ORBIT_CO_TRY(Pipe out, Pipe::open());
  ORBIT_CO_TRY(Pipe err, Pipe::open());
  Pipe in;
  SpawnPlan plan;
  if (input) {
    ORBIT_CO_TRY(in, Pipe::open());
    posix_spawn_file_actions_adddup2(&plan.actions, in.readEnd.get(), STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  posix_spawn_file_actions_adddup2(&plan.actions, out.writeEnd.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, err.writeEnd.get(), STDERR_FILENO);
  ORBIT_CO_TRY(const pid_t pid, spawn(command, plan, POSIX_SPAWN_SETPGROUP));
  Child child(pid, Child::Leads::kItsGroup);
  if (child.descriptor() < 0) co_return systemError(errno, "watching the process failed");
  out.writeEnd.reset();
  err.writeEnd.reset();
  in.readEnd.reset();

  Error inputFailure;
  bool inputFailed = false;
  Condition drained(loop);
  TaskGroup outputs(loop);
  TaskGroup others(loop);
  outputs.add(pumpOutput(adopt(loop, out.readEnd.release()), false, output));
  outputs.add(pumpOutput(adopt(loop, err.readEnd.release()), true, output));
  if (input) others.add(pumpInput(adopt(loop, in.writeEnd.release()), input, inputFailure, inputFailed));
  const Status ended = co_await awaitEnd(loop, child, wait);
  if (outputs.running() > 0) {
    others.add(joinInto(outputs, drained));
    const Wait grace{loop.clock().now() + kOutputGrace, nullptr};
    if (outputs.running() > 0) (void)co_await drained.wait(grace);
  }
  const Exit exit = child.take();
  if (!ended.ok()) co_return Error(ended.error()).within(command.arguments.front());
  if (inputFailed) co_return inputFailure;
  co_return exit;
}

Result<int> spawnDetached(const Command& command, const std::string& logFile) {
  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&plan.actions, STDOUT_FILENO, logFile.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&plan.actions, STDOUT_FILENO, STDERR_FILENO);
  ORBIT_TRY(const pid_t pid, spawn(command, plan, POSIX_SPAWN_SETSID));
  return static_cast<int>(pid);
}

}  // namespace orbit::net
