#include "hold/children.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "hold/limits.h"

namespace orbit::hold {
namespace {

constexpr int kFirstListener = 3;
constexpr int kExecFailed = 127;

std::string exitText(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Duration restartDelay(int quickEnds) {
  if (quickEnds < 2) return Duration(0);
  const int doublings = std::min(quickEnds - 2, 16);
  return std::min<Duration>(kBackOffMin * (1 << doublings), kBackOffMax);
}

Children::Children(const std::vector<Child>& children, std::vector<Listening> listeners, int output)
    : listeners_(std::move(listeners)), output_(output) {
  for (const Child& child : children) entries_.emplace_back().child = child;
}

void Children::startDue(Instant now) {
  for (Entry& entry : entries_) {
    if (!closing_ && entry.pid == 0 && entry.due <= now) start(entry, now);
  }
}

Instant Children::nextStart() const {
  Instant next = Instant::max();
  for (const Entry& entry : entries_) {
    if (!closing_ && entry.pid == 0) next = std::min(next, entry.due);
  }
  return next;
}

// By fork, not posix_spawn: the child must ask for its death with hold's before it becomes another program.
void Children::start(Entry& entry, Instant now) {
  const int self = ::getpid();
  const int pid = ::fork();
  if (pid == 0) becomeChild(entry.child, self);
  if (pid < 0) {
    log(Level::kError, "hold", "cannot start " + entry.child.name + ": " + std::strerror(errno));
    entry.due = now + kBackOffMax;
    return;
  }
  entry.pid = pid;
  entry.started = now;
  entry.wanted = false;
  ++entry.starts;
  log(Level::kInfo, "hold", "started " + entry.child.name + " as process " + std::to_string(pid));
}

void Children::becomeChild(const Child& child, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExecFailed);  // it died before we asked
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(output_, STDOUT_FILENO);
  ::dup2(output_, STDERR_FILENO);
  const int input = ::open("/dev/null", O_RDONLY);
  if (input > STDIN_FILENO) ::dup2(input, STDIN_FILENO);
  if (input > STDERR_FILENO) ::close(input);

  // First out of the way of the low numbers, then to their places, where they survive exec.
  std::vector<int> given;
  std::vector<std::string> names = child.listeners;
  for (const std::string& name : names) {
    for (const Listening& listener : listeners_) {
      if (listener.name != name) continue;
      const int room = kFirstListener + static_cast<int>(names.size());
      given.push_back(::fcntl(listener.descriptor, F_DUPFD_CLOEXEC, std::max(room, 64)));
    }
  }
  for (std::size_t i = 0; i < given.size(); ++i) ::dup2(given[i], kFirstListener + static_cast<int>(i));
  ::setenv("ORBIT_LISTENERS", join(names, ",").c_str(), 1);

  std::vector<char*> arguments;
  for (const std::string& argument : child.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  log(Level::kError, "hold", "cannot run " + child.arguments.front() + ": " + std::strerror(errno));
  ::_exit(kExecFailed);
}

void Children::takeExits(Instant now) {
  for (Entry& entry : entries_) {
    int status = 0;
    if (entry.pid == 0 || ::waitpid(entry.pid, &status, WNOHANG) != entry.pid) continue;
    entry.pid = 0;
    const bool quick = now - entry.started < kSteady && !entry.wanted;
    entry.quickEnds = quick ? entry.quickEnds + 1 : 0;
    entry.due = now + restartDelay(entry.quickEnds);
    if (closing_ || entry.wanted) {
      log(Level::kInfo, "hold", entry.child.name + " " + exitText(status));
    } else {
      log(Level::kWarning, "hold",
          entry.child.name + " " + exitText(status) + "; starting it again in " + spanText(entry.due - now));
    }
  }
}

bool Children::restart(const std::string& name) {
  for (Entry& entry : entries_) {
    if (entry.child.name != name) continue;
    entry.quickEnds = 0;
    entry.due = {};
    if (entry.pid != 0) {
      entry.wanted = true;
      ::kill(entry.pid, SIGTERM);
    }
    return true;
  }
  return false;
}

void Children::signalAll(int signal) {
  for (const Entry& entry : entries_) {
    if (entry.pid != 0) ::kill(entry.pid, signal);
  }
}

bool Children::anyAlive() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.pid != 0; });
}

std::string Children::status() const {
  std::string text;
  for (const Entry& entry : entries_) {
    text += entry.child.name + (entry.pid != 0 ? " running " : " waiting ") + std::to_string(entry.pid) + " starts " +
            std::to_string(entry.starts) + "\n";
  }
  return text;
}

}  // namespace orbit::hold
