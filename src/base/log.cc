#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <string>

#include "base/clock.h"

namespace orbit {
namespace {
std::atomic<Level> lowest{Level::kInfo};
}

void setLogLevel(Level level) {
  lowest = level;
}

void log(Level level, std::string_view room, std::string_view message) {
  if (level < lowest.load(std::memory_order_relaxed)) return;
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  std::string line = wallText(SystemClock().wallUs());
  line.append(" ").append(kNames[static_cast<int>(level)]).append(" ").append(room).append(" ");
  // A message never breaks out of its line.
  for (char c : message) line.push_back(c == '\n' || c == '\r' ? ' ' : c);
  line.push_back('\n');
  // Nowhere to report a failed write of the log itself.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace orbit
