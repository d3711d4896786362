#include "base/clock.h"

#include <fmt/format.h>
#include <time.h>

namespace orbit {

Instant SystemClock::now() const {
  return std::chrono::steady_clock::now();
}

std::int64_t SystemClock::wallUs() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

void FakeClock::advance(Duration by) {
  elapsed_ += by;
  wallUs_ += std::chrono::duration_cast<std::chrono::microseconds>(by).count();
}

std::string wallText(std::int64_t wallUs) {
  std::int64_t seconds = wallUs / 1'000'000;
  std::int64_t micros = wallUs % 1'000'000;
  if (micros < 0) {
    micros += 1'000'000;
    --seconds;
  }
  const auto time = static_cast<time_t>(seconds);
  tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, micros);
}

std::string spanText(Duration span) {
  const double seconds = std::chrono::duration<double>(span).count();
  if (seconds < 0.9995) return fmt::format("{:.0f}ms", seconds * 1000);
  if (seconds < 59.95) return fmt::format("{:.1f}s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}m {}s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{}h {}m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{}d {}h", whole / 86400, whole % 86400 / 3600);
}

}  // namespace orbit
