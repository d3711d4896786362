// A result that comes by a call from another thread, as a task of the Loop. Thread rules: fromThread() on the Loop's
// thread; `start`'s argument may be called on any thread, once.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "base/result.h"
#include "net/loop.h"

namespace orbit::net {

inline Task<Status> fromThread(Loop& loop, std::function<void(std::function<void(Status)> done)> start) {
  struct Waiting {
    explicit Waiting(Loop& on) : done(on) {}
    std::optional<Status> outcome;
    Condition done;
  };
  auto waiting = std::make_shared<Waiting>(loop);
  // The last reference must go on the loop's thread, so it travels with the posted call.
  start([&loop, held = waiting](Status outcome) mutable {
    loop.post([held = std::move(held), outcome = std::move(outcome)] {
      held->outcome = outcome;
      held->done.notifyAll();
    });
  });
  while (!waiting->outcome) static_cast<void>(co_await waiting->done.wait());  // nobody cancels it
  co_return *waiting->outcome;
}

}  // namespace orbit::net
