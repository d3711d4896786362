// Waiter: one suspended wait of one coroutine. It lives in the coroutine's frame and unregisters itself from wherever
// it is linked (ready queue, descriptor, condition), from the timers and from its Cancel when the frame is destroyed.
// Thread rules: the loop's thread.
#pragma once
#include <coroutine>
#include <map>

#include "net/loop.h"

namespace orbit::net {

// A node of a circular list that leaves it by itself when destroyed. A head is a Link too.
struct Link {
  Link* previous = this;
  Link* next = this;
  Link() = default;
  ~Link() { unlink(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  bool linked() const { return next != this; }
  void unlink();
  void appendTo(Link& head);  // leaves its list first
};

class Waiter : public Link {
 public:
  enum class Wake { kNone, kReady, kTimeout, kCancelled };
  explicit Waiter(Loop::State& loop) : loop_(loop) {}
  ~Waiter() { disarm(); }

  // Sets the timer and the cancellation; when one of them is already due, awaiting does not suspend.
  void arm(Wait wait);
  // A timer that always suspends, even when due.
  void armTimer(Instant at);
  // The first wake counts; resumption comes from the loop, never from inside this call.
  void wake(Wake why);
  // As a Status: ok, kTimeout or kCancelled.
  Status status() const;

  bool await_ready() const { return wake_ != Wake::kNone; }
  void await_suspend(std::coroutine_handle<> handle) { handle_ = handle; }
  Wake await_resume() const { return wake_; }

  void resume() { handle_.resume(); }
  unsigned events = 0;  // of a descriptor's waiter: what it waits for (epoll's bits)

 private:
  friend struct Loop::State;
  void disarm();

  Loop::State& loop_;
  std::coroutine_handle<> handle_;
  Wake wake_ = Wake::kNone;
  bool timed_ = false;
  std::multimap<Instant, Waiter*>::iterator timer_;
  Cancel::Registration cancel_;
};

// kCancelled or kTimeout when `wait` is over already.
Status checkWait(const Clock& clock, const Wait& wait);

}  // namespace orbit::net
