#include "http/pool.h"

#include "http/core/limits.h"

namespace orbit::http {

std::optional<Wire> IdlePool::take(Duration idleMax) {
  while (!idle_.empty()) {
    Idle last = std::move(idle_.back());
    idle_.pop_back();
    if (loop_.clock().now() - last.since > idleMax) {
      // The others were idle for longer, and may still do for a request that can be repeated.
      idle_.push_back(std::move(last));
      return std::nullopt;
    }
    if (last.wire.stream().quiet()) return std::move(last.wire);
  }
  return std::nullopt;
}

void IdlePool::give(Wire wire) {
  if (idle_.size() == kIdleConnectionsMax) idle_.pop_front();
  idle_.push_back({std::move(wire), loop_.clock().now()});
  if (expiring_) return;
  expiring_ = true;
  loop_.spawn(expire(weak_from_this(), loop_, idleMax_));
}

net::Task<void> IdlePool::expire(std::weak_ptr<IdlePool> pool, net::Loop& loop, Duration idleMax) {
  Duration next = idleMax;
  for (;;) {
    const Status slept = co_await loop.sleep(next);
    const std::shared_ptr<IdlePool> alive = pool.lock();
    if (!slept.ok() || alive == nullptr) co_return;
    const Instant now = loop.clock().now();
    while (!alive->idle_.empty() && now - alive->idle_.front().since >= idleMax) alive->idle_.pop_front();
    if (alive->idle_.empty()) {
      alive->expiring_ = false;
      co_return;
    }
    next = alive->idle_.front().since + idleMax - now;
  }
}

}  // namespace orbit::http
