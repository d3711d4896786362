#include "net/child.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "net/system_error.h"

namespace orbit::net {
namespace {

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

}  // namespace

Child::Child(pid_t pid, Leads leads)
    : pid_(pid), leads_(leads), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

Child::~Child() {
  if (taken()) return;
  signal(SIGKILL);
  take();
}

void Child::signal(int number) const {
  ::kill(leads_ == Leads::kItsGroup ? -pid_ : pid_, number);
}

Exit Child::take() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

SpawnPlan::SpawnPlan() {
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
}

SpawnPlan::~SpawnPlan() {
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
}

Result<pid_t> spawn(const Command& command, SpawnPlan& plan, short flags, const std::vector<int>& blocked) {
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
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : blocked) sigaddset(&mask, signal);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&plan.attributes, &mask);
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

Result<Pipe> Pipe::open() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return systemError(errno, "making a pipe failed");
  Pipe pipe;
  pipe.readEnd = Descriptor(ends[0]);
  pipe.writeEnd = Descriptor(ends[1]);
  return pipe;
}

}  // namespace orbit::net
