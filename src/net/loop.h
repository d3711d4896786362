// The event loop: one thread, epoll, timers, and a few worker threads for what must block (disk, DNS). A simulated loop
// has no descriptors and a FakeClock that it moves itself to the next timer, so hours run in milliseconds and a seed
// replays exactly. Thread rules: everything on the loop's thread, but post() and stop(), which any thread may call.
#pragma once
#include <functional>
#include <memory>
#include <type_traits>

#include "base/base.h"
#include "net/cancel.h"
#include "net/task.h"

namespace orbit::net {

class Loop {
 public:
  Loop();                           // real: epoll and the steady clock
  explicit Loop(FakeClock& clock);  // simulated: time jumps to the next timer when nothing else is ready
  ~Loop();                          // destroys the tasks still spawned and waits for work on worker threads
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop() (called before: returns at once), or, simulated, until nothing is left to do.
  void run();
  void stop();
  // Runs `task` to its end and returns; the loop serves everything else meanwhile. For main, tests and the CLI; not
  // from inside a task. On a simulated loop, a task that waits for what never happens ends the process.
  template <class T>
  T runTask(Task<T> task);

  void post(std::function<void()> callback);  // from any thread
  // Starts, at once, a task that nobody awaits; the loop owns it until it ends.
  void spawn(Task<void> task);
  const Clock& clock() const;

  Task<Status> sleep(Duration span, Wait wait = {});
  Task<Status> readable(int descriptor, Wait wait);  // not on a simulated loop
  Task<Status> writable(int descriptor, Wait wait);
  // Runs `work` on a worker thread (simulated: at once) and resumes on the loop. `work` must not touch what the loop
  // owns; it may refer to the awaiting frame, whose destruction waits for it.
  Task<void> offload(std::function<void()> work);
  // Calls back on the loop for each arrival of a signal. One loop of a process; ends with it.
  void onSignal(int signal, std::function<void(int)> callback);

  struct State;
  State& state() { return *state_; }

 private:
  void runUntil(const bool& finished);
  std::unique_ptr<State> state_;
};

// Children of one task that run side by side. join() waits for all of them; destroying the group destroys them (never
// from inside one of them).
class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  void add(Task<void> task);  // starts it
  Task<void> join();
  std::size_t running() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// One-shot or repeated wake-up between tasks of a loop: wait() returns when notifyAll() was called since it was
// awaited.
class Condition {
 public:
  explicit Condition(Loop& loop);
  ~Condition();
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;
  void notifyAll();
  Task<Status> wait(Wait wait = {});

 private:
  struct State;
  std::shared_ptr<State> state_;
};

template <class T>
T Loop::runTask(Task<T> task) {
  bool finished = false;
  if constexpr (std::is_void_v<T>) {
    auto body = [](Task<void> inner, bool* done) -> Task<void> {
      co_await inner;
      *done = true;
    };
    spawn(body(std::move(task), &finished));
    if (!finished) runUntil(finished);
    ORBIT_CHECK(finished);
  } else {
    std::optional<T> result;
    auto body = [](Task<T> inner, std::optional<T>* out, bool* done) -> Task<void> {
      out->emplace(co_await inner);
      *done = true;
    };
    spawn(body(std::move(task), &result, &finished));
    if (!finished) runUntil(finished);
    ORBIT_CHECK(finished);
    return std::move(*result);
  }
}

}  // namespace orbit::net
