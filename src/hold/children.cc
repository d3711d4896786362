#include "hold/children.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "hold/limits.h"

namespace orbit::hold {
namespace {

std::string exitText(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

bool ended(int pid, int& status) {
  return pid != 0 && ::waitpid(pid, &status, WNOHANG) == pid;
}

}  // namespace

Duration restartDelay(int quickEnds) {
  if (quickEnds < 2) return Duration(0);
  const int doublings = std::min(quickEnds - 2, 16);
  return std::min<Duration>(kBackOffMin * (1 << doublings), kBackOffMax);
}

Children::Children(const std::vector<Child>& children, std::vector<Listening> listeners, int output,
                   std::uint64_t firstGeneration)
    : listeners_(std::move(listeners)), output_(output), nextGeneration_(firstGeneration) {
  for (const Child& child : children) entries_.emplace_back().child = child;
}

template <class Visit>
void Children::forEach(Visit visit) const {
  for (const Entry& entry : entries_) {
    if (entry.current.pid != 0) visit(entry, entry.current);
    if (entry.next.pid != 0) visit(entry, entry.next);
    for (const Process& process : entry.leaving) visit(entry, process);
  }
}

void Children::keepUp(Instant now) {
  for (Entry& entry : entries_) {
    if (!closing_ && entry.current.pid == 0 && entry.due <= now) start(entry, entry.current, now);
    const auto enforce = [&](Process& process, const std::string& why) {
      if (process.pid == 0 || process.killAt > now) return;
      log(Level::kWarning, "hold", entry.child.name + " process " + std::to_string(process.pid) + why + "; killing it");
      ::kill(process.pid, SIGKILL);
      process.killAt = Instant::max();
    };
    enforce(entry.current, " is not ready in " + spanText(entry.child.readyTime));
    enforce(entry.next, " is not ready in " + spanText(entry.child.readyTime));
    for (Process& process : entry.leaving) enforce(process, " still drains after its time");
  }
}

Instant Children::nextDue() const {
  Instant next = Instant::max();
  for (const Entry& entry : entries_) {
    if (!closing_ && entry.current.pid == 0) next = std::min(next, entry.due);
  }
  forEach([&next](const Entry&, const Process& process) { next = std::min(next, process.killAt); });
  return next;
}

void Children::start(Entry& entry, Process& into, Instant now) {
  int channel[2] = {-1, -1};
  if (entry.child.overlaps && ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    log(Level::kError, "hold", "no descriptor is left to start " + entry.child.name);
    entry.due = now + kBackOffMax;
    return;
  }
  const std::uint64_t generation = entry.child.overlaps ? nextGeneration_++ : 0;
  const auto pid = spawn({entry.child, listeners_, output_, channel[1], generation});
  if (channel[1] >= 0) ::close(channel[1]);
  if (!pid.ok()) {
    if (channel[0] >= 0) ::close(channel[0]);
    log(Level::kError, "hold", pid.error().text());
    entry.due = now + kBackOffMax;
    return;
  }
  into = {*pid, generation, now, entry.child.overlaps ? now + entry.child.readyTime : Instant::max(), false};
  if (channel[0] >= 0) channels_.push_back({*pid, channel[0]});
  entry.wanted = false;
  ++entry.starts;
  log(Level::kInfo, "hold", "started " + entry.child.name + " as process " + std::to_string(*pid));
}

void Children::takeExits(Instant now) {
  for (Entry& entry : entries_) {
    int status = 0;
    if (ended(entry.current.pid, status)) currentEnded(entry, status, now);
    if (ended(entry.next.pid, status)) nextEnded(entry, status);
    for (auto at = entry.leaving.begin(); at != entry.leaving.end();) {
      if (ended(at->pid, status)) {
        log(Level::kInfo, "hold", entry.child.name + " process " + std::to_string(at->pid) + " " + exitText(status));
        at = entry.leaving.erase(at);
      } else {
        ++at;
      }
    }
  }
}

void Children::currentEnded(Entry& entry, int status, Instant now) {
  const bool quick = now - entry.current.started < kSteady && !entry.wanted;
  const bool served = entry.current.ready;
  const std::string what = entry.child.name + " " + exitText(status);
  entry.current = std::exchange(entry.next, {});
  if (entry.current.pid != 0) {
    log(Level::kWarning, "hold", what + "; its successor is starting already");
    return;
  }
  answer(entry, "error the new " + what + " before it was ready\n");
  entry.quickEnds = quick ? entry.quickEnds + 1 : 0;
  // One that served is missed at once; only when that goes on and on it waits like one that cannot start.
  entry.due = now + restartDelay(served ? entry.quickEnds - kServedEndsFree : entry.quickEnds);
  if (closing_ || entry.wanted) {
    log(Level::kInfo, "hold", what);
  } else {
    log(Level::kWarning, "hold", what + "; starting it again in " + spanText(entry.due - now));
  }
}

void Children::nextEnded(Entry& entry, int status) {
  const std::string what = "the new " + entry.child.name + " " + exitText(status) + " before it was ready";
  log(Level::kWarning, "hold", what + "; the one before goes on");
  entry.next = {};
  answer(entry, "error " + what + "; the one before goes on\n");
}

Children::Entry* Children::find(const std::string& name) {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&name](const Entry& entry) { return entry.child.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

std::string Children::restart(const std::string& name, Instant now) {
  Entry* entry = find(name);
  if (entry == nullptr) return "no child is named " + name;
  entry->quickEnds = 0;
  if (entry->current.pid != 0 && entry->child.overlaps) return replace(name, now, 0);
  entry->due = {};
  if (entry->current.pid != 0) {
    entry->wanted = true;
    ::kill(entry->current.pid, SIGTERM);
  }
  return "";
}

std::string Children::replace(const std::string& name, Instant now, std::uint64_t ticket) {
  Entry* entry = find(name);
  if (entry == nullptr) return "no child is named " + name;
  if (!entry->child.overlaps) return name + " cannot run beside its successor; restart it";
  if (closing_) return "stopping";
  if (entry->next.pid != 0 || entry->ticket != 0) return "a replacement of " + name + " is under way";
  Process& into = entry->current.pid == 0 ? entry->current : entry->next;
  start(*entry, into, now);
  if (into.pid == 0) return "cannot start " + name + "; the log says why";
  entry->ticket = ticket;
  return "";
}

void Children::ready(int pid, Instant now) {
  for (Entry& entry : entries_) {
    if (entry.next.pid == pid) takeOver(entry, now);
    if (entry.current.pid != pid) continue;
    entry.current.ready = true;
    entry.current.killAt = Instant::max();
    answer(entry, "ok generation " + std::to_string(entry.current.generation) + "\n");
  }
}

void Children::takeOver(Entry& entry, Instant now) {
  Process old = std::exchange(entry.current, std::exchange(entry.next, {}));
  ::kill(old.pid, SIGTERM);
  old.killAt = now + entry.child.drainTime + kDrainGrace;
  log(Level::kInfo, "hold",
      entry.child.name + " process " + std::to_string(entry.current.pid) + " took over; " + std::to_string(old.pid) +
          " drains");
  entry.leaving.push_back(old);
  if (entry.leaving.size() > kLeavingMax) entry.leaving.front().killAt = now;
}

bool Children::mayAsk(int pid) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [pid](const Entry& entry) { return entry.current.pid == pid || entry.next.pid == pid; });
}

void Children::answer(Entry& entry, std::string text) {
  const auto ticket = std::exchange(entry.ticket, 0);
  if (ticket != 0) answers_.push_back({ticket, std::move(text)});
}

void Children::signalAll(int signal) {
  forEach([signal](const Entry&, const Process& process) { ::kill(process.pid, signal); });
}

void Children::closeDown() {
  closing_ = true;
  for (Entry& entry : entries_) answer(entry, "error stopping\n");
}

bool Children::anyAlive() const {
  bool any = false;
  forEach([&any](const Entry&, const Process&) { any = true; });
  return any;
}

std::string Children::status() const {
  std::string text;
  for (const Entry& entry : entries_) {
    const auto generation = [&entry](const Process& process) {
      return entry.child.overlaps && process.pid != 0 ? " generation " + std::to_string(process.generation) : "";
    };
    text += entry.child.name + (entry.current.pid != 0 ? " running " : " waiting ") +
            std::to_string(entry.current.pid) + " starts " + std::to_string(entry.starts) + generation(entry.current) +
            (entry.current.ready ? " ready\n" : "\n");
    if (entry.next.pid != 0) {
      text += entry.child.name + " starting " + std::to_string(entry.next.pid) + generation(entry.next) + "\n";
    }
    for (const Process& process : entry.leaving) {
      text += entry.child.name + " draining " + std::to_string(process.pid) + generation(process) + "\n";
    }
  }
  return text;
}

}  // namespace orbit::hold
