// What a Loop is made of. Private to net. Thread rules: the loop's thread, but post() and `pool`.
#pragma once
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "net/pool.h"
#include "net/waiter.h"

namespace orbit::net {

struct Loop::State {
  explicit State(FakeClock* fakeClock);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void post(std::function<void()> callback);
  void runUntil(const bool& finished);
  // Links `waiter` to a descriptor and asks epoll for what all its waiters want.
  void watch(int descriptor, Waiter& waiter);
  // Takes one from the operations a task may do before others get their turn; false: yield first.
  bool spend() { return --budget > 0; }

  SystemClock systemClock;
  FakeClock* fake;     // null: a real loop
  const Clock* clock;  // the one in use

  std::multimap<Instant, Waiter*> timers;  // equal times fire in the order they were set
  Link ready;
  int budget = 0;
  bool running = false;
  bool stopped = false;
  bool closing = false;

  std::list<Task<void>> tasks;
  std::vector<std::list<Task<void>>::iterator> finished;  // ended tasks whose frames are to be freed

  std::map<int, std::vector<std::function<void(int)>>> signalCallbacks;
  int signalRead = -1;  // the end of the pipe that the signal handler writes to
  std::unique_ptr<Pool> pool;

  void reap();

 private:
  void runReady();
  void runPosted();
  bool pollSimulated();
  void pollReal();
  void fireTimers();
  void dispatch(int descriptor, unsigned events);
  void interest(int descriptor, const Link& waiters);
  void drainSignals();
  bool hasWork();

  int epoll_ = -1;
  int wakeUp_ = -1;
  std::unordered_map<int, Link> descriptors_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // under mutex_

  friend class Loop;
};

}  // namespace orbit::net
