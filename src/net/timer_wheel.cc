#include "net/timer_wheel.h"

#include <bit>

namespace orbit::net {
namespace {

constexpr std::int64_t kTickNs = 32'000'000;

std::uint64_t tickBefore(Instant instant) {
  return static_cast<std::uint64_t>(instant.time_since_epoch().count() / kTickNs);
}

// The first tick at which `due` has passed.
std::uint64_t tickAfter(Instant due) {
  const std::int64_t ns = due.time_since_epoch().count();
  return static_cast<std::uint64_t>(ns / kTickNs + (ns % kTickNs != 0 ? 1 : 0));
}

}  // namespace

Timer::~Timer() {
  cancel();
}

void Timer::cancel() {
  if (wheel_ != nullptr) wheel_->unlink(*this);
}

TimerWheel::TimerWheel(Instant now) : tick_(tickBefore(now)) {}

TimerWheel::~TimerWheel() {
  for (Timer*& slot : slots_) {
    while (slot != nullptr) unlink(*slot);
  }
}

void TimerWheel::arm(Timer& timer, Instant due) {
  if (timer.wheel_ != nullptr) {
    const bool later = due >= timer.due_;
    timer.due_ = due;
    if (later) return;
    unlink(timer);
  }
  timer.due_ = due;
  const std::uint64_t tick = tickAfter(due);
  link(timer, (tick > tick_ ? tick : tick_ + 1) % kSlots);
}

void TimerWheel::link(Timer& timer, std::size_t slot) {
  timer.wheel_ = this;
  timer.slot_ = static_cast<std::uint16_t>(slot);
  timer.previous_ = nullptr;
  timer.next_ = slots_[slot];
  if (timer.next_ != nullptr) timer.next_->previous_ = &timer;
  slots_[slot] = &timer;
  if (slot < kSlots) used_[slot / 64] |= 1ULL << (slot % 64);
}

void TimerWheel::unlink(Timer& timer) {
  const std::size_t slot = timer.slot_;
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  if (timer.previous_ != nullptr) {
    timer.previous_->next_ = timer.next_;
  } else {
    slots_[slot] = timer.next_;
    if (timer.next_ == nullptr && slot < kSlots) used_[slot / 64] &= ~(1ULL << (slot % 64));
  }
  timer.wheel_ = nullptr;
}

void TimerWheel::advance(Instant now) {
  const std::uint64_t target = tickBefore(now);
  if (target <= tick_) return;
  // After a long pause every slot once is enough: what is due fires whatever slot it is in.
  if (target - tick_ > kSlots) tick_ = target - kSlots;
  Timer*& looking = slots_[kSlots];
  while (tick_ < target) {
    const std::size_t slot = ++tick_ % kSlots;
    while (Timer* timer = slots_[slot]) {
      unlink(*timer);
      link(*timer, kSlots);
    }
    while (Timer* timer = looking) {
      unlink(*timer);
      const std::uint64_t due = tickAfter(timer->due_);
      if (due <= target) {
        timer->onTimer();
      } else {
        link(*timer, due % kSlots);
      }
    }
  }
}

Instant TimerWheel::next() const {
  const std::size_t begin = (tick_ + 1) % kSlots;
  for (std::size_t word = 0; word <= used_.size(); ++word) {
    const std::size_t at = (begin / 64 + word) % used_.size();
    std::uint64_t bits = used_[at];
    // The word of the next tick is looked at twice: first what comes in it, last what has wrapped around.
    if (word == 0) bits &= ~0ULL << (begin % 64);
    if (word == used_.size()) bits &= ~(~0ULL << (begin % 64));
    if (bits == 0) continue;
    const std::size_t slot = at * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    const std::uint64_t tick = tick_ + 1 + (slot + kSlots - begin) % kSlots;
    return Instant(Duration(static_cast<std::int64_t>(tick) * kTickNs));
  }
  return Instant::max();
}

}  // namespace orbit::net
