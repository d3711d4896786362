// Time comes in through a constructor, never from a global: decisions use the steady clock, records carry wall time in
// UTC microseconds (decision 5). Thread rules: SystemClock is safe everywhere; FakeClock belongs to its test's thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace orbit {

using Duration = std::chrono::nanoseconds;
// A point on the steady clock.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;          // steady
  virtual std::int64_t wallUs() const = 0;  // microseconds since 1970, UTC
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  std::int64_t wallUs() const override;
};

// A clock that moves only when told to.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return Instant(elapsed_); }
  std::int64_t wallUs() const override { return wallUs_; }
  void advance(Duration by);
  void stepWall(std::int64_t byUs) { wallUs_ += byUs; }

 private:
  Duration elapsed_{std::chrono::hours(1)};
  std::int64_t wallUs_ = 1'800'000'000'000'000;
};

// "2026-11-24T08:15:30.123456Z" (RFC 3339).
std::string wallText(std::int64_t wallUs);
// "850ms", "4.2s", "3m 5s", "2h 4m": a span as a person reads it.
std::string spanText(Duration span);

}  // namespace orbit
