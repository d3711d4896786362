// One at a time. Private to deploy. Thread rules: the thread of the Loop.
#pragma once
#include "net/net.h"

namespace orbit::deploy {

class Turns {
 public:
  explicit Turns(net::Loop& loop) : freed_(loop) {}
  bool taken() const { return taken_; }

 private:
  friend class Turn;
  bool taken_ = false;
  net::Condition freed_;
};

// Has the turn from take() until give() or its end.
class Turn {
 public:
  explicit Turn(Turns& turns) : turns_(turns) {}
  ~Turn() { give(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  // Errors: kCancelled, kTimeout.
  net::Task<Status> take(net::Wait wait) {
    while (turns_.taken_) {
      ORBIT_CO_TRY_STATUS(co_await turns_.freed_.wait(wait));
    }
    turns_.taken_ = mine_ = true;
    co_return Status();
  }
  void give() {
    if (!mine_) return;
    turns_.taken_ = mine_ = false;
    turns_.freed_.notifyAll();
  }

 private:
  Turns& turns_;
  bool mine_ = false;
};

}  // namespace orbit::deploy
