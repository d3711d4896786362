// The event loop: one thread, epoll, timers, and a few worker threads for what must block (disk, DNS). A simulated loop
// has no descriptors and a FakeClock that it moves itself to the next timer, so hours run in milliseconds and a seed
// replays exactly. Thread rules: everything on the loop's thread, but post() and stop(), which any thread may call.
#pragma once
#include <functional>
#include <memory>

#include "base/base.h"
#include "net/cancel.h"
#include "net/task.h"

namespace orbit::net {

class Loop {
 public:
  Loop();                           // real: epoll and the steady clock
  explicit Loop(FakeClock& clock);  // simulated: time jumps to the next timer when nothing else is ready
  ~Loop();                          // destroys the tasks still spawned
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(), or (simulated, or runUntilIdle) until nothing is left to do.
  void run();
  void stop();
  // Runs `task` to its end and returns; the loop serves everything else meanwhile. For main, tests and the CLI.
  template <class T>
  T runTask(Task<T> task);

  void post(std::function<void()> callback);  // from any thread
  // Starts a task that nobody awaits; the loop owns it until it ends.
  void spawn(Task<void> task);
  const Clock& clock() const;

  Task<Status> sleep(Duration span, Wait wait = {});
  Task<Status> readable(int descriptor, Wait wait);  // not on a simulated loop
  Task<Status> writable(int descriptor, Wait wait);
  // Runs `work` on a worker thread (simulated: at once) and resumes on the loop. `work` must not touch what the loop
  // owns.
  Task<void> offload(std::function<void()> work);
  // Calls back on the loop for each arrival of a signal (blocked in all threads from here on).
  void onSignal(int signal, std::function<void(int)> callback);

  struct State;
  State& state() { return *state_; }

 private:
  Task<void> finish(Task<void> task);
  std::unique_ptr<State> state_;
};

// Children of one task that run side by side. join() waits for all of them; destroying the group destroys them.
class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  void add(Task<void> task);  // starts it
  Task<void> join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// One-shot or repeated wake-up between tasks of a loop: wait() returns when notify() was called since its start.
class Condition {
 public:
  explicit Condition(Loop& loop);
  ~Condition();
  void notifyAll();
  Task<Status> wait(Wait wait = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

template <class T>
T Loop::runTask(Task<T> task) {
  std::optional<T> result;
  auto body = [](Loop* loop, Task<T> inner, std::optional<T>* out) -> Task<void> {
    out->emplace(co_await inner);
    loop->stop();
  };
  spawn(body(this, std::move(task), &result));
  if (!result) run();
  ORBIT_CHECK(result.has_value());
  return std::move(*result);
}

}  // namespace orbit::net
