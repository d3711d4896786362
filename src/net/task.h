// Task<T>: a coroutine that starts when awaited and gives its T to the one who awaits it. Everything runs on the thread
// of one Loop, so the control plane has no locks. A Task that is destroyed before it finished frees its frame and all
// it awaits (the waits unregister themselves); a task must not destroy itself. An exception that escapes ends the
// process.
//
// House rules, because g++ 12 miscompiles some of it: never pass a braced initialiser or an aggregate temporary as an
// argument inside a co_await expression (name it first); never `co_await` inside `?:` or a condition with temporaries;
// coroutine parameters are taken by value or refer to what outlives the task; no coroutine lambda with captures that is
// not kept alive for as long as the task.
#pragma once
#include <coroutine>
#include <optional>
#include <utility>

#include "base/result.h"

namespace orbit::net {

template <class T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> awaiter;
  std::suspend_always initial_suspend() noexcept { return {}; }
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) noexcept {
      auto next = self.promise().awaiter;
      return next ? next : std::coroutine_handle<>(std::noop_coroutine());
    }
    void await_resume() noexcept {}
  };
  Final final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { checkFailed("exception escaped a task", __FILE__, __LINE__); }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object();
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  Task() = default;  // nothing to await yet
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~Task() { reset(); }

  // Awaiting starts the task; its value is moved out. Await once.
  auto operator co_await() noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> handle;
      bool await_ready() noexcept { return false; }
      // Not by symmetric transfer: without tail calls (-O0, sanitizers) a loop over tasks that finish at once would
      // grow the stack with each. So the child runs nested, and does not resume us if it ended before it returned.
      bool await_suspend(std::coroutine_handle<> awaiter) noexcept {
        handle.resume();
        if (handle.done()) return false;
        handle.promise().awaiter = awaiter;
        return true;
      }
      T await_resume() { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

  // For the Loop: starts the task without an awaiter; done() tells when it finished.
  void start() { handle_.resume(); }
  bool done() const { return !handle_ || handle_.done(); }

 private:
  void reset() {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace orbit::net
