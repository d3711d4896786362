#include "hold/spawn.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

namespace orbit::hold {
namespace {

constexpr int kFirstListener = 3;
constexpr int kExecFailed = 127;
constexpr int kParkingSpace = 64;  // above what a child is given: its listeners and the channel

struct User {
  ::uid_t uid = 0;
  ::gid_t gid = 0;
};

std::optional<User> userOf(const Child& child) {
  if (child.user.empty() || ::geteuid() != 0) return std::nullopt;
  const passwd* found = ::getpwnam(child.user.c_str());
  if (found == nullptr || found->pw_uid == 0) return std::nullopt;
  return User{found->pw_uid, found->pw_gid};
}

// Leaves root for good: no groups but its own, no capability, none to be had by exec.
bool become(const User& user) {
  return ::setgroups(0, nullptr) == 0 && ::setresgid(user.gid, user.gid, user.gid) == 0 &&
         ::setresuid(user.uid, user.uid, user.uid) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

void takeOutput(int output) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int input = ::open("/dev/null", O_RDONLY);
  if (input > STDIN_FILENO) ::dup2(input, STDIN_FILENO);
  if (input > STDERR_FILENO) ::close(input);
}

// First out of the way of the low numbers, then to their places, where they survive exec.
void placeDescriptors(const Spawn& what) {
  std::vector<int> given;
  for (const std::string& name : what.child.listeners) {
    for (const Listening& listener : what.listeners) {
      if (listener.name == name) given.push_back(::fcntl(listener.descriptor, F_DUPFD_CLOEXEC, kParkingSpace));
    }
  }
  if (what.channel >= 0) given.push_back(::fcntl(what.channel, F_DUPFD_CLOEXEC, kParkingSpace));
  for (std::size_t i = 0; i < given.size(); ++i) ::dup2(given[i], kFirstListener + static_cast<int>(i));
  ::setenv("ORBIT_LISTENERS", join(what.child.listeners, ",").c_str(), 1);
  if (what.channel >= 0) {
    ::setenv("ORBIT_HOLD", std::to_string(kFirstListener + static_cast<int>(given.size()) - 1).c_str(), 1);
    ::setenv("ORBIT_GENERATION", std::to_string(what.generation).c_str(), 1);
  }
}

[[noreturn]] void becomeChild(const Spawn& what, const std::optional<User>& user, int parent) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  takeOutput(what.output);
  placeDescriptors(what);
  if (user && !become(*user)) {
    log(Level::kError, "hold", "cannot become the user " + what.child.user + ": " + std::strerror(errno));
    ::_exit(kExecFailed);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);               // after the change of user, which forgets it
  if (::getppid() != parent) ::_exit(kExecFailed);  // it died before we asked
  std::vector<char*> arguments;
  for (const std::string& argument : what.child.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  log(Level::kError, "hold", "cannot run " + what.child.arguments.front() + ": " + std::strerror(errno));
  ::_exit(kExecFailed);
}

}  // namespace

// By fork, not posix_spawn: the child must ask for its death with hold's before it becomes another program.
Result<int> spawn(const Spawn& what) {
  const auto user = userOf(what.child);
  const int self = ::getpid();
  const int pid = ::fork();
  if (pid == 0) becomeChild(what, user, self);
  if (pid < 0) return Error{Code::kIo, "cannot start " + what.child.name + ": " + std::strerror(errno)};
  return pid;
}

}  // namespace orbit::hold
