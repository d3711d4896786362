// Many coarse deadlines at no cost: arming, moving and cancelling one is a few stores. Fires at most one tick (32 ms)
// late and never early. Sans-I/O: driven by advance(). Thread rules: one thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/base.h"

namespace orbit::net {

class TimerWheel;

// One deadline, embedded in what it belongs to; destruction cancels it.
class Timer {
 public:
  Timer() = default;
  virtual ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual void onTimer() = 0;
  bool armed() const { return wheel_ != nullptr; }
  void cancel();

 private:
  friend class TimerWheel;
  Timer* previous_ = nullptr;
  Timer* next_ = nullptr;
  TimerWheel* wheel_ = nullptr;
  Instant due_{};
  std::uint16_t slot_ = 0;
};

class TimerWheel {
 public:
  explicit TimerWheel(Instant now);
  ~TimerWheel();  // what is still armed is let go
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  // (Re)arms for `due`. Moving an armed timer to a later time is two stores: it stays in its slot until that comes up.
  void arm(Timer& timer, Instant due);
  // Fires what is due at `now`. A fired timer is unarmed before onTimer(), which may arm, cancel or destroy any timer.
  void advance(Instant now);
  // When advance() has something to look at next, or Instant::max(). May be early, never late.
  Instant next() const;

 private:
  friend class Timer;
  static constexpr std::size_t kSlots = 512;
  void link(Timer& timer, std::size_t slot);
  void unlink(Timer& timer);
  // One list a slot, and one of those being looked at.
  std::array<Timer*, kSlots + 1> slots_{};
  std::array<std::uint64_t, kSlots / 64> used_{};  // a bit for each slot that has timers
  std::uint64_t tick_ = 0;                         // the last one looked at
};

}  // namespace orbit::net
