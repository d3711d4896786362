#include "hold/hold.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "hold/children.h"
#include "hold/control.h"
#include "hold/limits.h"
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
  std::string obey(const std::vector<std::string>& words);
  void beginStop(Instant now);
  void drainSignals();
  void drainOutput();
  int pollTimeoutMs() const;
  void letGo();

  const Options& options_;
  SystemClock clock_;
  LogFile log_;
  int lock_ = -1;
  int signals_ = -1;
  int output_[2] = {-1, -1};  // the children's standard error, read here
  int controlListener_ = -1;
  std::vector<Children::Listening> listening_;
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

Status Holder::open() {
  ORBIT_TRY_STATUS(takeLock());
  ORBIT_TRY_STATUS(log_.open());
  sigset_t signals;
  block(signals);
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  ORBIT_CHECK(signals_ >= 0 && ::pipe2(output_, O_CLOEXEC) == 0);
  ::fcntl(output_[0], F_SETFL, O_NONBLOCK);
  for (const UnixListener& listener : options_.listeners) {
    ORBIT_TRY(const int descriptor, listen(listener.path));
    listening_.push_back({listener.name, descriptor});
  }
  ORBIT_TRY(controlListener_, listen(options_.controlPath));
  children_ = std::make_unique<Children>(options_.children, listening_, output_[1]);
  control_ = std::make_unique<Control>(controlListener_, [this](const auto& words) { return obey(words); });
  return {};
}

std::string Holder::obey(const std::vector<std::string>& words) {
  const std::string& verb = words.front();
  if (verb == "stop" && words.size() == 1) {
    beginStop(clock_.now());
    return "";  // answered when all is gone
  }
  if (verb == "status" && words.size() == 1) return children_->status();
  if (verb == "restart" && words.size() == 2) {
    if (stopping_) return "error stopping\n";
    return children_->restart(words[1]) ? "ok\n" : "error no child is named " + words[1] + "\n";
  }
  return "error the commands are stop, status, restart NAME\n";
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

int Holder::pollTimeoutMs() const {
  const Instant next = std::min({killAt_, children_->nextStart(), control_->nextDeadline()});
  if (next == Instant::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - clock_.now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Holder::serve() {
  std::vector<pollfd> watched;
  while (!stopping_ || children_->anyAlive()) {
    children_->startDue(clock_.now());
    watched = {{signals_, POLLIN, 0}, {output_[0], POLLIN, 0}};
    control_->addTo(watched);
    ::poll(watched.data(), watched.size(), pollTimeoutMs());
    drainSignals();
    drainOutput();
    control_->serve(clock_.now());
    children_->takeExits(clock_.now());
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
