#include "net/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

#include "net/descriptor.h"
#include "net/limits.h"
#include "net/system_error.h"

namespace orbit::net {

struct Reactor::State {
  // Wakes epoll for posted callbacks and stop().
  struct Wakeup final : Source {
    Descriptor descriptor{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    void onReady(unsigned) override {
      std::uint64_t count = 0;
      while (::read(descriptor.get(), &count, sizeof count) < 0 && errno == EINTR) {
      }
    }
    void wake() const {
      const std::uint64_t one = 1;
      while (::write(descriptor.get(), &one, sizeof one) < 0 && errno == EINTR) {
      }
    }
  };

  Descriptor epoll{::epoll_create1(EPOLL_CLOEXEC)};
  Wakeup wakeup;
  SystemClock clock;
  Instant now = clock.now();
  std::int64_t wallUs = clock.wallUs();
  TimerWheel timers{now};
  Deferred* firstDeferred = nullptr;
  Deferred* lastDeferred = nullptr;
  Deferred* lastOfTurn = nullptr;  // while the deferred are served: the last one that belongs to this turn
  std::vector<std::unique_ptr<Source>> retired;
  std::array<epoll_event, kReactorEventsMax> events{};

  std::atomic<bool> stopping{false};
  std::atomic<bool> anyPosted{false};
  std::mutex mutex;  // guards posted
  std::vector<std::function<void()>> posted;

  void readClock() {
    now = clock.now();
    wallUs = clock.wallUs();
  }

  int timeoutMs() const {
    if (firstDeferred != nullptr || !retired.empty()) return 0;
    const Instant next = timers.next();
    if (next == Instant::max()) return -1;
    const Instant at = clock.now();
    if (next <= at) return 0;
    // Rounded up: waking early would only find that nothing is due yet.
    return static_cast<int>(std::min<std::int64_t>((next - at).count() / 1'000'000 + 1, 60'000));
  }

  void serveReady() {
    const int count = ::epoll_wait(epoll.get(), events.data(), kReactorEventsMax, timeoutMs());
    readClock();
    for (int i = 0; i < count; ++i) {
      auto* source = static_cast<Source*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (!source->retired_) source->onReady(events[static_cast<std::size_t>(i)].events);
    }
  }

  void servePosted() {
    if (!anyPosted.exchange(false, std::memory_order_acquire)) return;
    std::vector<std::function<void()>> callbacks;
    {
      const std::lock_guard lock(mutex);
      callbacks.swap(posted);
    }
    for (auto& callback : callbacks) callback();
  }

  void serveDeferred() {
    if (firstDeferred == nullptr) return;
    readClock();
    lastOfTurn = lastDeferred;
    while (Deferred* work = firstDeferred) {
      if (lastOfTurn == nullptr) break;  // the last one of this turn was forgotten
      const bool last = work == lastOfTurn;
      unlink(*work);
      work->atTurnEnd();
      if (last) break;
    }
    lastOfTurn = nullptr;
  }

  void link(Deferred& work) {
    work.deferred_ = true;
    work.nextDeferred_ = nullptr;
    work.previousDeferred_ = lastDeferred;
    (lastDeferred != nullptr ? lastDeferred->nextDeferred_ : firstDeferred) = &work;
    lastDeferred = &work;
  }

  void unlink(Deferred& work) {
    if (&work == lastOfTurn) lastOfTurn = work.previousDeferred_;
    (work.previousDeferred_ != nullptr ? work.previousDeferred_->nextDeferred_ : firstDeferred) = work.nextDeferred_;
    (work.nextDeferred_ != nullptr ? work.nextDeferred_->previousDeferred_ : lastDeferred) = work.previousDeferred_;
    work.deferred_ = false;
  }
};

Reactor::Reactor() : state_(std::make_unique<State>()) {
  ORBIT_CHECK(state_->epoll.valid() && state_->wakeup.descriptor.valid());
  ORBIT_CHECK(add(state_->wakeup.descriptor.get(), state_->wakeup, EPOLLIN).ok());
}

Reactor::~Reactor() = default;

void Reactor::run() {
  State& state = *state_;
  while (!state.stopping.load(std::memory_order_relaxed)) {
    state.serveReady();
    state.servePosted();
    state.timers.advance(state.now);
    state.serveDeferred();
    while (!state.retired.empty()) {
      const auto gone = std::exchange(state.retired, {});
    }
  }
}

void Reactor::stop() {
  state_->stopping.store(true, std::memory_order_relaxed);
  state_->wakeup.wake();
}

void Reactor::post(std::function<void()> callback) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->posted.push_back(std::move(callback));
  }
  if (!state_->anyPosted.exchange(true, std::memory_order_release)) state_->wakeup.wake();
}

Status Reactor::add(int descriptor, Source& source, unsigned events, bool exclusive) {
  epoll_event event{};
  event.events = events | (exclusive ? EPOLLEXCLUSIVE : EPOLLET);
  event.data.ptr = &source;
  if (::epoll_ctl(state_->epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return systemError(errno, "watching a descriptor failed");
}

void Reactor::remove(int descriptor) {
  ::epoll_ctl(state_->epoll.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void Reactor::retire(std::unique_ptr<Source> source) {
  source->retired_ = true;
  state_->retired.push_back(std::move(source));
}

void Reactor::defer(Deferred& work) {
  if (!work.deferred_) state_->link(work);
}

void Reactor::forget(Deferred& work) {
  if (work.deferred_) state_->unlink(work);
}

Instant Reactor::now() const {
  return state_->now;
}

std::int64_t Reactor::wallUs() const {
  return state_->wallUs;
}

TimerWheel& Reactor::timers() {
  return state_->timers;
}

}  // namespace orbit::net
