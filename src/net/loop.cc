#include "net/loop.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "net/limits.h"
#include "net/loop_state.h"

namespace orbit::net {
namespace {

constexpr unsigned kAlwaysReported = EPOLLHUP | EPOLLERR;

// Where the handler writes signal numbers; -1: nobody listens. By handler and not by signalfd, which sees only what
// every thread blocks, and a library's thread may not.
std::atomic<int> signalPipe{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void noteSignal(int signal) {
  const int before = errno;
  const auto number = static_cast<unsigned char>(signal);
  const int descriptor = signalPipe.load();
  [[maybe_unused]] const auto written = ::write(descriptor, &number, 1);  // full: it is told already
  errno = before;
}

void readAll(int descriptor, void* into, std::size_t size, const std::function<void()>& each) {
  while (::read(descriptor, into, size) == static_cast<ssize_t>(size)) each();
}

// Frees a task's frame after its end, from the loop and never from inside the task.
Task<void> ownedTask(Loop::State* state, Task<void> task, std::list<Task<void>>::iterator self) {
  {
    Task<void> owned = std::move(task);  // frees the inner frame here
    co_await owned;
  }
  state->finished.push_back(self);
}

}  // namespace

Loop::State::State(FakeClock* fakeClock) : fake(fakeClock), clock(&systemClock), pool(std::make_unique<Pool>()) {
  if (fake != nullptr) {
    clock = fake;
    return;
  }
  // A closed peer is an error of write(), not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  wakeUp_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  ORBIT_CHECK(epoll_ >= 0 && wakeUp_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wakeUp_;
  ORBIT_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeUp_, &event) == 0);
}

Loop::State::~State() {
  closing = true;
  while (!tasks.empty()) tasks.pop_front();
  pool.reset();
  for (const auto& [signal, callbacks] : signalCallbacks) ::signal(signal, SIG_DFL);
  if (signalRead >= 0) ::close(signalPipe.exchange(-1));
  for (const int descriptor : {epoll_, wakeUp_, signalRead}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

void Loop::State::post(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(callback));
  if (wakeUp_ >= 0 && posted_.size() == 1) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wakeUp_, &one, sizeof one);  // full counts as woken
  }
}

void Loop::State::reap() {
  std::vector<std::list<Task<void>>::iterator> ended;
  ended.swap(finished);
  for (const auto& task : ended) tasks.erase(task);
}

void Loop::State::runReady() {
  // Those that become ready meanwhile wait for the next turn, so that timers and descriptors are looked at in between.
  Link end;
  end.appendTo(ready);
  while (ready.next != &end) {
    auto& waiter = static_cast<Waiter&>(*ready.next);
    waiter.unlink();
    budget = kTaskBudget;
    waiter.resume();
    reap();
  }
}

void Loop::State::runPosted() {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks.swap(posted_);
  }
  for (auto& callback : callbacks) {
    budget = kTaskBudget;
    callback();
    callback = nullptr;
    reap();
  }
}

bool Loop::State::hasWork() {
  const std::lock_guard lock(mutex_);
  return ready.linked() || !posted_.empty();
}

void Loop::State::fireTimers() {
  const Instant now = clock->now();
  while (!timers.empty() && timers.begin()->first <= now) timers.begin()->second->wake(Waiter::Wake::kTimeout);
}

bool Loop::State::pollSimulated() {
  if (hasWork()) return true;
  if (timers.empty()) return false;
  const Instant next = timers.begin()->first;
  if (next > fake->now()) fake->advance(next - fake->now());
  fireTimers();
  return true;
}

void Loop::State::pollReal() {
  int timeoutMs = -1;
  if (hasWork()) {
    timeoutMs = 0;
  } else if (!timers.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers.begin()->first - clock->now()).count();
    timeoutMs = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
  }
  epoll_event events[kEventsMax];
  const int count = epoll_wait(epoll_, events, kEventsMax, timeoutMs);
  ORBIT_CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) dispatch(events[i].data.fd, events[i].events);
  fireTimers();
}

void Loop::State::dispatch(int descriptor, unsigned events) {
  if (descriptor == wakeUp_) {
    std::uint64_t value = 0;
    readAll(wakeUp_, &value, sizeof value, [] {});
    return;
  }
  if (descriptor == signalRead) return drainSignals();
  const auto at = descriptors_.find(descriptor);
  if (at == descriptors_.end()) return;
  Link& waiters = at->second;
  for (Link* link = waiters.next; link != &waiters;) {
    auto& waiter = static_cast<Waiter&>(*link);
    link = link->next;
    if ((events & (waiter.events | kAlwaysReported)) != 0) waiter.wake(Waiter::Wake::kReady);
  }
  if (waiters.linked()) {
    interest(descriptor, waiters);
  } else {
    descriptors_.erase(at);
  }
}

void Loop::State::watch(int descriptor, Waiter& waiter) {
  Link& waiters = descriptors_.try_emplace(descriptor).first->second;
  waiter.appendTo(waiters);
  interest(descriptor, waiters);
}

// One-shot, and set anew for each wait, so that a descriptor number that was closed and given to another file needs no
// bookkeeping: a forgotten interest fires at most once, into nothing.
void Loop::State::interest(int descriptor, const Link& waiters) {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  event.data.fd = descriptor;
  for (Link* link = waiters.next; link != &waiters; link = link->next) {
    event.events |= static_cast<Waiter*>(link)->events;
  }
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0) return;
  if (errno == ENOENT && epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) return;
  // Regular files cannot be watched and never block (EPERM); on a closed descriptor the operation itself will tell.
  for (Link* link = waiters.next; link != &waiters;) {
    auto& waiter = static_cast<Waiter&>(*link);
    link = link->next;
    waiter.wake(Waiter::Wake::kReady);
  }
}

void Loop::State::drainSignals() {
  unsigned char signal = 0;
  readAll(signalRead, &signal, sizeof signal, [this, &signal] {
    const int number = signal;
    for (const auto& callback : signalCallbacks[number]) post([callback, number] { callback(number); });
  });
}

void Loop::State::runUntil(const bool& done) {
  ORBIT_CHECK(!running);
  running = true;
  for (;;) {
    runReady();
    runPosted();
    if (done) break;
    if (fake == nullptr) {
      pollReal();
    } else if (!pollSimulated()) {
      break;
    }
  }
  running = false;
}

Loop::Loop() : state_(std::make_unique<State>(nullptr)) {}
Loop::Loop(FakeClock& clock) : state_(std::make_unique<State>(&clock)) {}
Loop::~Loop() = default;

void Loop::runUntil(const bool& finished) {
  state_->runUntil(finished);
}

void Loop::run() {
  state_->runUntil(state_->stopped);
  state_->stopped = false;
}

void Loop::stop() {
  post([state = state_.get()] { state->stopped = true; });
}

void Loop::post(std::function<void()> callback) {
  state_->post(std::move(callback));
}

const Clock& Loop::clock() const {
  return *state_->clock;
}

void Loop::spawn(Task<void> task) {
  if (state_->closing) return;
  auto& tasks = state_->tasks;
  const auto at = tasks.insert(tasks.end(), Task<void>());
  *at = ownedTask(state_.get(), std::move(task), at);
  at->start();
  // Freed at once when it ended at once and nobody else is in the middle of being resumed.
  if (!state_->running) state_->reap();
}

Task<Status> Loop::sleep(Duration span, Wait wait) {
  Waiter waiter(*state_);
  const Instant now = clock().now();
  const Instant until = span > Instant::max() - now ? Instant::max() : now + std::max(span, Duration(0));
  const bool enough = until <= wait.deadline;
  waiter.arm({Instant::max(), wait.cancel});
  if (!waiter.await_ready()) waiter.armTimer(enough ? until : wait.deadline);
  const Waiter::Wake why = co_await waiter;
  if (enough && why == Waiter::Wake::kTimeout) co_return Status{};
  co_return waiter.status();
}

Task<Status> Loop::readable(int descriptor, Wait wait) {
  Waiter waiter(*state_);
  waiter.events = EPOLLIN;
  waiter.arm(wait);
  if (!waiter.await_ready()) state_->watch(descriptor, waiter);
  co_await waiter;
  co_return waiter.status();
}

Task<Status> Loop::writable(int descriptor, Wait wait) {
  Waiter waiter(*state_);
  waiter.events = EPOLLOUT;
  waiter.arm(wait);
  if (!waiter.await_ready()) state_->watch(descriptor, waiter);
  co_await waiter;
  co_return waiter.status();
}

Task<void> Loop::offload(std::function<void()> work) {
  if (state_->fake != nullptr) {
    work();
    co_return;
  }
  Waiter waiter(*state_);
  const auto job = std::make_shared<Pool::Job>();
  job->work = std::move(work);
  // Posted callbacks run before the frame can go: withdraw() below waits for `done` and takes the wake back.
  const auto alive = std::make_shared<Waiter*>(&waiter);
  job->done = [state = state_.get(), alive] {
    state->post([alive] {
      if (*alive != nullptr) (*alive)->wake(Waiter::Wake::kReady);
    });
  };
  struct Withdraw {
    Pool& pool;
    Pool::Job& job;
    Waiter*& waiter;
    ~Withdraw() {
      pool.withdraw(job);
      waiter = nullptr;
    }
  };
  const Withdraw withdraw{*state_->pool, *job, *alive};
  state_->pool->submit(job);
  co_await waiter;
}

void Loop::onSignal(int signal, std::function<void(int)> callback) {
  State& state = *state_;
  if (state.fake != nullptr) return;
  if (state.signalRead < 0) {
    int ends[2];
    ORBIT_CHECK(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    state.signalRead = ends[0];
    ORBIT_CHECK(signalPipe.exchange(ends[1]) < 0);  // one loop of a process takes signals
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = state.signalRead;
    ORBIT_CHECK(epoll_ctl(state.epoll_, EPOLL_CTL_ADD, state.signalRead, &event) == 0);
  }
  state.signalCallbacks[signal].push_back(std::move(callback));
  struct sigaction action {};
  action.sa_handler = noteSignal;
  action.sa_flags = SA_RESTART;
  ORBIT_CHECK(::sigaction(signal, &action, nullptr) == 0);
}

}  // namespace orbit::net
