#include "net/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "net/limits.h"
#include "net/socket_stream.h"
#include "net/system_error.h"

namespace orbit::net {
namespace {

// A started child that nobody has waited for. Destruction kills its process group and takes its exit.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  ~Child() {
    if (pid_ <= 0) return;
    signal(SIGKILL);
    take();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int descriptor() const { return descriptor_.get(); }  // readable when the child has ended
  void signal(int number) const { ::kill(-pid_, number); }
  Exit take() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
    return {WEXITSTATUS(status), 0};
  }

 private:
  pid_t pid_;
  Descriptor descriptor_;
};

// posix_spawn's two records, freed at the end.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

std::vector<std::string> environmentOf(const Command& command) {
  std::vector<std::string> entries;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    if (!command.environment.contains(std::string(entry.substr(0, entry.find('='))))) entries.emplace_back(entry);
  }
  for (const auto& [name, value] : command.environment) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Result<pid_t> spawn(const Command& command, SpawnPlan& plan, short flags) {
  ORBIT_CHECK(!command.arguments.empty());
  const std::string& program = command.arguments.front();
  if (!command.workingDir.empty()) {
    // Told apart from a missing program, which posix_spawn reports alike.
    struct stat info {};
    if (::stat(command.workingDir.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
      return Error{Code::kNotFound, "the folder " + command.workingDir + " to run " + program + " in does not exist"};
    }
    posix_spawn_file_actions_addchdir_np(&plan.actions, command.workingDir.c_str());
  }
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&plan.attributes, &none);
  posix_spawnattr_setsigdefault(&plan.attributes, &defaults);
  posix_spawnattr_setflags(&plan.attributes,
                           static_cast<short>(flags | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  const std::vector<std::string> environment = environmentOf(command);
  pid_t pid = 0;
  const int failure = posix_spawnp(&pid, program.c_str(), &plan.actions, &plan.attributes,
                                   pointers(command.arguments).data(), pointers(environment).data());
  if (failure == ENOENT) return Error{Code::kNotFound, "the program " + program + " is not installed"};
  if (failure != 0) return systemError(failure, "starting " + program + " failed");
  return pid;
}

struct Pipe {
  Descriptor readEnd, writeEnd;
  static Result<Pipe> open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return systemError(errno, "making a pipe failed");
    Pipe pipe;
    pipe.readEnd = Descriptor(ends[0]);
    pipe.writeEnd = Descriptor(ends[1]);
    return pipe;
  }
};

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
  Child child(pid);
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
