// TaskGroup and Condition.
#include <vector>

#include "net/loop.h"
#include "net/loop_state.h"

namespace orbit::net {

struct Condition::State {
  explicit State(Loop::State& owner) : loop(owner) {}
  Loop::State& loop;
  Link waiters;
};

Condition::Condition(Loop& loop) : state_(std::make_shared<State>(loop.state())) {}
Condition::~Condition() = default;

void Condition::notifyAll() {
  while (state_->waiters.linked()) static_cast<Waiter&>(*state_->waiters.next).wake(Waiter::Wake::kReady);
}

Task<Status> Condition::wait(Wait wait) {
  const auto state = state_;  // the Condition may go first
  Waiter waiter(state->loop);
  waiter.arm(wait);
  if (!waiter.await_ready()) waiter.appendTo(state->waiters);
  co_await waiter;
  co_return waiter.status();
}

struct TaskGroup::State {
  explicit State(Loop& loop) : changed(loop) {}

  // Runs one child; its frame's contents are freed at its end, the shell at the next add() or with the group.
  static Task<void> child(State* state, Task<void> task, std::list<Task<void>>::iterator self) {
    {
      Task<void> owned = std::move(task);
      co_await owned;
    }
    state->ended.push_back(self);
    --state->running;
    if (state->running == 0) state->changed.notifyAll();
  }

  void reap() {
    for (const auto& child : ended) children.erase(child);
    ended.clear();
  }

  Condition changed;
  std::size_t running = 0;
  std::list<Task<void>> children;
  std::vector<std::list<Task<void>>::iterator> ended;
};

TaskGroup::TaskGroup(Loop& loop) : state_(std::make_shared<State>(loop)) {}

TaskGroup::~TaskGroup() {
  state_->ended.clear();
  state_->children.clear();
  state_->running = 0;
  state_->changed.notifyAll();
}

void TaskGroup::add(Task<void> task) {
  State& state = *state_;
  // Not those that may still be on the stack: a child that adds its sibling is not among the ended.
  state.reap();
  ++state.running;
  const auto at = state.children.insert(state.children.end(), Task<void>());
  *at = State::child(&state, std::move(task), at);
  at->start();
}

Task<void> TaskGroup::join() {
  const auto state = state_;
  while (state->running > 0) {
    const Status woken = co_await state->changed.wait();
    if (!woken.ok()) break;
  }
}

std::size_t TaskGroup::running() const {
  return state_->running;
}

}  // namespace orbit::net
