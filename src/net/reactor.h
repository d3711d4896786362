// The hot loop of a data-plane thread: epoll with persistent edge-triggered interest, callbacks, a timer wheel. No
// coroutines, no allocation a turn. Loop (loop.h) is for what waits politely; Reactor is for what must cost nothing.
// Thread rules: everything on the thread that runs it, but post() and stop(), which any thread may call.
#pragma once
#include <functional>
#include <memory>

#include "base/base.h"
#include "net/timer_wheel.h"

namespace orbit::net {

class Reactor {
 public:
  // Something with a descriptor. Destroyed only through retire() while the reactor runs.
  class Source {
   public:
    virtual ~Source() = default;
    // epoll's event bits. Edge-triggered: read and write until the kernel says EAGAIN or gives less than was asked for.
    virtual void onReady(unsigned events) = 0;

   private:
    friend class Reactor;
    bool retired_ = false;
  };
  // Something to be done once at the end of this turn, after all ready sources were served: flushing what they queued.
  // What is deferred from within atTurnEnd comes at the end of the next turn, which then does not wait.
  class Deferred {
   public:
    virtual void atTurnEnd() = 0;

   protected:
    virtual ~Deferred() = default;

   private:
    friend class Reactor;
    Deferred* previousDeferred_ = nullptr;
    Deferred* nextDeferred_ = nullptr;
    bool deferred_ = false;
  };

  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  void run();
  void stop();                                // from any thread
  void post(std::function<void()> callback);  // from any thread; runs on the reactor's thread

  // `events` as epoll's; EPOLLET is added, unless `exclusive`: level-triggered EPOLLEXCLUSIVE, for listeners that
  // several reactors share. Errors: kIo.
  Status add(int descriptor, Source& source, unsigned events, bool exclusive = false);
  void remove(int descriptor);
  // Frees it at the end of the turn, so that events already fetched for it fall on a live (removed) object: a retired
  // source's onReady is not called any more.
  void retire(std::unique_ptr<Source> source);
  void defer(Deferred& work);
  void forget(Deferred& work);  // takes it back: before a deferred object is destroyed

  Instant now() const;  // read twice a turn: before the ready sources, and before what was deferred
  std::int64_t wallUs() const;
  TimerWheel& timers();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orbit::net
