// Result<T>: the value of an operation that is expected to fail sometimes, or an Error that says what, where,
// what was expected and what to do. Broken invariants are not errors: ORBIT_CHECK ends the process.
// Thread rules: plain values.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace orbit {

// What kind of failure, so that callers decide without reading texts.
enum class Code {
  kInvalid,      // the input is wrong; the user mends it
  kNotFound,     // the named thing does not exist
  kConflict,     // the thing exists already, or its state forbids this
  kDenied,       // permission
  kUnavailable,  // the peer is not there or went away
  kTimeout,      // the deadline passed
  kCancelled,    // the caller asked to stop
  kLimit,        // one of our named limits was reached
  kNoSpace,      // disk full
  kIo,           // the operating system refused
  kProtocol,     // the peer answered something the protocol does not allow
  kUnsupported,  // valid, but not done by this version or this engine
  kStale,        // remains of something broken stand in the way; it can only be made anew
  kInternal,     // a bug of ours
};

// The stable lower-case name of a code ("not_found"), as the API prints it.
std::string_view codeName(Code code);

// A place in a user's file. line and column count from 1; 0 means unknown.
struct Location {
  std::string file;
  int line = 0;
  int column = 0;
  bool known() const { return !file.empty(); }
  // "file:line:column", "file:line" or "file".
  std::string text() const;
  bool operator==(const Location&) const = default;
};

// One failure. `message` is a full sentence without a final full stop and never holds a secret; `hint` says what to do.
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::string hint = {};
  Location at = {};
  bool retrySafe = false;  // nothing was changed by the failed attempt; trying again cannot do harm

  // "file:line:column: message (hint)" on one line, for logs.
  std::string text() const;
  // The same failure with "context: " before its message.
  Error within(std::string_view context) &&;
};

// A value or an Error. Ask ok() first; value() of a failure ends the process.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;

[[noreturn]] void checkFailed(const char* expression, const char* file, int line);

}  // namespace orbit

// A broken invariant is a bug: the process ends here, and the design makes that safe. Stays on in release builds.
#define ORBIT_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::orbit::checkFailed(#expression, __FILE__, __LINE__))

// `ORBIT_TRY(auto x, f());` gives x the value of f() or returns its error. In a coroutine: ORBIT_CO_TRY.
#define ORBIT_CONCAT_(a, b) a##b
#define ORBIT_CONCAT(a, b) ORBIT_CONCAT_(a, b)
#define ORBIT_TRY_(name, declaration, ret, ...) \
  auto name = __VA_ARGS__;                      \
  if (!name.ok()) ret std::move(name).error();  \
  declaration = std::move(name).value()
#define ORBIT_TRY(declaration, ...) ORBIT_TRY_(ORBIT_CONCAT(result_, __LINE__), declaration, return, __VA_ARGS__)
#define ORBIT_CO_TRY(declaration, ...) ORBIT_TRY_(ORBIT_CONCAT(result_, __LINE__), declaration, co_return, __VA_ARGS__)
#define ORBIT_TRY_STATUS_(name, ret, ...) \
  auto name = __VA_ARGS__;                \
  if (!name.ok()) ret std::move(name).error()
// The same for a Status.
#define ORBIT_TRY_STATUS(...) ORBIT_TRY_STATUS_(ORBIT_CONCAT(status_, __LINE__), return, __VA_ARGS__)
#define ORBIT_CO_TRY_STATUS(...) ORBIT_TRY_STATUS_(ORBIT_CONCAT(status_, __LINE__), co_return, __VA_ARGS__)
