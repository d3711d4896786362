// The idle connections of one Client (decision 26). Private to http. Thread rules: the thread of its Loop.
#pragma once
#include <list>
#include <memory>

#include "http/wire.h"

namespace orbit::http {

class IdlePool : public std::enable_shared_from_this<IdlePool> {
 public:
  IdlePool(net::Loop& loop, Duration idleMax) : loop_(loop), idleMax_(idleMax) {}
  // The connection used last, if it is still open and was idle for at most `idleMax`.
  std::optional<Wire> take(Duration idleMax);
  void give(Wire wire);

 private:
  // Closes what was idle for too long; runs while there is something idle.
  static net::Task<void> expire(std::weak_ptr<IdlePool> pool, net::Loop& loop, Duration idleMax);

  struct Idle {
    Wire wire;
    Instant since;
  };
  net::Loop& loop_;
  Duration idleMax_;      // then a connection is closed
  std::list<Idle> idle_;  // the one used last is last
  bool expiring_ = false;
};

}  // namespace orbit::http
