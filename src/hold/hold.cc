#include "hold/hold.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "hold/address.h"
#include "hold/children.h"
#include "hold/control.h"
#include "hold/limits.h"
#include "hold/listeners.h"
#include "hold/log_file.h"
#include "net/net.h"

namespace orbit::hold {
namespace {

constexpr int kFailed = 1;

// poll() and not net's Loop: hold has no timers, tasks or threads worth one, and stays small enough never to change.
class Holder {
 public:
  explicit Holder(const Options& options) : options_(options), log_(options.logFile, kLogBytesMax) {}
  ~Holder() {
    for (const int descriptor : {lock_, signals_, output_[0], output_[1], controlListener_}) {
      if (descriptor >= 0) ::close(descriptor);
    }
    for (const auto& listener : listening_) ::close(listener.descriptor);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  Status open();
  void serve();

 private:
  Status takeLock();
  Result<int> listen(const std::string& path);
  Reply obey(const std::vector<std::string>& words, const Caller& caller);
  Reply obeyListening(const std::vector<std::string>& words);
  void beginStop(Instant now);
  void drainSignals();
  void drainOutput();
  void passOn();
  int pollTimeoutMs() const;
  void letGo();

  const Options& options_;
  SystemClock clock_;
  LogFile log_;
  int lock_ = -1;
  int signals_ = -1;
  int output_[2] = {-1, -1};  // the children's standard error, read here
  int controlListener_ = -1;
  std::vector<Listening> listening_;
  Listeners tcp_;
  std::unique_ptr<Children> children_;
  std::unique_ptr<Control> control_;
  bool stopping_ = false;
  Instant killAt_ = Instant::max();
};

void block(sigset_t& signals) {
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// Each listener is a descriptor, and the usual 1024 may be too few.
void wantDescriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptorsWanted) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, kDescriptorsWanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Status Holder::takeLock() {
  lock_ = ::open(options_.lockFile.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    return Error{errno == EACCES ? Code::kDenied : Code::kIo,
                 "cannot open the lock " + options_.lockFile + ": " + std::strerror(errno)};
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  return Error{Code::kConflict, "another hold serves this home already (" + options_.lockFile + ")"};
}

// With the lock held, whoever still answers is a child that dies with the hold before us: it is waited for.
Result<int> Holder::listen(const std::string& path) {
  for (int tries = 1;; ++tries) {
    auto listener = net::listenUnix(path, 0600);
    if (listener.ok() || listener.error().code != Code::kConflict || tries == kTakeOverTries) return listener;
    ::poll(nullptr, 0, static_cast<int>(kTakeOverStep.count()));
  }
}

void openTo(const UnixListener& listener) {
  if (listener.group.empty() || ::geteuid() != 0) return;
  const group* found = ::getgrnam(listener.group.c_str());
  if (found == nullptr) return;
  const bool given =
      ::lchown(listener.path.c_str(), 0, found->gr_gid) == 0 && ::chmod(listener.path.c_str(), 0660) == 0;
  if (!given) log(Level::kWarning, "hold", "cannot let the group " + listener.group + " use " + listener.path);
}

Status Holder::open() {
  ORBIT_TRY_STATUS(takeLock());
  ORBIT_TRY_STATUS(log_.open());
  wantDescriptors();
  sigset_t signals;
  block(signals);
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  ORBIT_CHECK(signals_ >= 0 && ::pipe2(output_, O_CLOEXEC) == 0);
  ::fcntl(output_[0], F_SETFL, O_NONBLOCK);
  for (const UnixListener& listener : options_.listeners) {
    ORBIT_TRY(const int descriptor, listen(listener.path));
    listening_.push_back({listener.name, descriptor});
    openTo(listener);
  }
  ORBIT_TRY(controlListener_, listen(options_.controlPath));
  // Seconds since 1970: larger than any generation of the hold before.
  const auto firstGeneration = static_cast<std::uint64_t>(clock_.wallUs() / 1'000'000);
  children_ = std::make_unique<Children>(options_.children, listening_, output_[1], firstGeneration);
  control_ = std::make_unique<Control>(controlListener_,
                                       [this](const auto& words, const Caller& caller) { return obey(words, caller); });
  return {};
}

Reply answerTo(const Status& status) {
  return {status.ok() ? "ok\n" : "error " + status.error().message + "\n"};
}

Reply Holder::obey(const std::vector<std::string>& words, const Caller& caller) {
  const std::string& verb = words.front();
  if (verb == "status" && words.size() == 1) return {children_->status()};
  if (verb == "ready" && words.size() == 1 && caller.pid != 0) {
    children_->ready(caller.pid, clock_.now());
    return {"ok\n"};
  }
  if (caller.pid != 0 && !children_->mayAsk(caller.pid)) return {"error another generation took over\n"};
  if (verb == "stop" && words.size() == 1 && caller.pid == 0) {
    beginStop(clock_.now());
    return {};  // answered when all is gone
  }
  if (verb == "restart" && words.size() == 2) {
    if (stopping_) return {"error stopping\n"};
    const std::string refusal = children_->restart(words[1], clock_.now());
    return {refusal.empty() ? "ok\n" : "error " + refusal + "\n"};
  }
  if (verb == "replace" && words.size() == 2 && caller.pid == 0) {
    const std::string refusal = children_->replace(words[1], clock_.now(), caller.ticket);
    return {refusal.empty() ? "" : "error " + refusal + "\n"};
  }
  return obeyListening(words);
}

Reply Holder::obeyListening(const std::vector<std::string>& words) {
  const std::string& verb = words.front();
  if (verb == "listen" && (words.size() == 3 || (words.size() == 4 && words[3] == "freebind"))) {
    return answerTo(tcp_.listen(words[1], words[2], words.size() == 4));
  }
  if (verb == "release" && words.size() == 2) return answerTo(tcp_.release(words[1]));
  if (verb == "listeners" && words.size() == 1) return {tcp_.list() + "ok\n"};
  if (verb == "take" && words.size() == 1) return {tcp_.list() + "ok\n", tcp_.descriptors()};
  const bool change = words.size() == 5 && verb == "address" && words[3] == "dev";
  if (change && (words[1] == "add" || words[1] == "remove")) {
    const auto address = parseVirtualAddress(words[2]);
    if (!address.ok()) return answerTo(address.error());
    return answerTo(changeAddress(*address, words[4], words[1] == "add"));
  }
  return {
      "error the commands are stop, status, restart NAME, replace NAME, listen NAME ADDRESS [freebind], "
      "release NAME, listeners, take, address add|remove IP/32 dev NIC\n"};
}

void Holder::beginStop(Instant now) {
  if (stopping_) return;
  stopping_ = true;
  killAt_ = now + kStopTime;
  children_->closeDown();
  children_->signalAll(SIGTERM);
}

void Holder::drainSignals() {
  signalfd_siginfo info{};
  while (::read(signals_, &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal == SIGTERM || signal == SIGINT) beginStop(clock_.now());
    if (signal == SIGHUP) children_->signalAll(SIGHUP);
  }
}

void Holder::drainOutput() {
  char buffer[kLogReadBytes];
  for (int reads = 0; reads < kLogReadsMax; ++reads) {
    const ssize_t count = ::read(output_[0], buffer, sizeof buffer);
    if (count <= 0) return;
    log_.append({buffer, static_cast<std::size_t>(count)});
  }
}

// What the children's book has for the callers.
void Holder::passOn() {
  for (const auto& channel : children_->takeChannels()) control_->addChannel(channel.pid, channel.descriptor);
  for (const auto& answer : children_->takeAnswers()) control_->answer(answer.ticket, answer.text);
}

int Holder::pollTimeoutMs() const {
  const Instant next = std::min({killAt_, children_->nextDue(), control_->nextDeadline()});
  if (next == Instant::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_.now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Holder::serve() {
  std::vector<pollfd> watched;
  while (!stopping_ || children_->anyAlive()) {
    children_->keepUp(clock_.now());
    passOn();
    watched = {{signals_, POLLIN, 0}, {output_[0], POLLIN, 0}};
    control_->addTo(watched);
    ::poll(watched.data(), watched.size(), pollTimeoutMs());
    drainSignals();
    drainOutput();
    control_->serve(clock_.now());
    children_->takeExits(clock_.now());
    passOn();
    if (clock_.now() >= killAt_) {
      log(Level::kWarning, "hold", "a process did not end within its time; killing it");
      children_->signalAll(SIGKILL);
      killAt_ = Instant::max();
    }
  }
  drainOutput();
  letGo();
}

// The paths go before the lock, and the answer comes after it, so that the next hold finds room.
void Holder::letGo() {
  for (const UnixListener& listener : options_.listeners) ::unlink(listener.path.c_str());
  ::unlink(options_.controlPath.c_str());
  ::close(lock_);
  lock_ = -1;
  control_->answerRest("ok\n");
}

}  // namespace

int run(const Options& options) {
  Holder holder(options);
  if (const Status opened = holder.open(); !opened.ok()) {
    log(Level::kError, "hold", opened.error().text());
    return kFailed;
  }
  holder.serve();
  return 0;
}

}  // namespace orbit::hold
