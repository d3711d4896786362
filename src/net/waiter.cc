#include "net/waiter.h"

#include "net/loop_state.h"

namespace orbit::net {
namespace {

Error timeoutError() {
  return {Code::kTimeout, "the deadline passed"};
}

Error cancelledError() {
  return {Code::kCancelled, "cancelled"};
}

}  // namespace

void Link::unlink() {
  previous->next = next;
  next->previous = previous;
  previous = next = this;
}

void Link::appendTo(Link& head) {
  unlink();
  previous = head.previous;
  next = &head;
  previous->next = this;
  head.previous = this;
}

void Waiter::arm(Wait wait) {
  if (wait.cancel != nullptr && wait.cancel->requested()) return wake(Wake::kCancelled);
  if (wait.deadline != Instant::max()) {
    if (wait.deadline <= loop_.clock->now()) return wake(Wake::kTimeout);
    armTimer(wait.deadline);
  }
  if (wait.cancel != nullptr) cancel_ = Cancel::Registration(wait.cancel, [this] { wake(Wake::kCancelled); });
}

void Waiter::armTimer(Instant at) {
  timer_ = loop_.timers.emplace(at, this);
  timed_ = true;
}

void Waiter::disarm() {
  if (timed_) loop_.timers.erase(timer_);
  timed_ = false;
  cancel_.reset();
}

void Waiter::wake(Wake why) {
  if (wake_ != Wake::kNone) return;
  wake_ = why;
  disarm();
  unlink();
  if (handle_) appendTo(loop_.ready);
}

Status Waiter::status() const {
  if (wake_ == Wake::kTimeout) return timeoutError();
  if (wake_ == Wake::kCancelled) return cancelledError();
  return {};
}

Status checkWait(const Clock& clock, const Wait& wait) {
  if (wait.cancel != nullptr && wait.cancel->requested()) return cancelledError();
  if (wait.deadline != Instant::max() && wait.deadline <= clock.now()) return timeoutError();
  return {};
}

}  // namespace orbit::net
