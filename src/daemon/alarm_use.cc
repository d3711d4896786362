#include "daemon/alarm_use.h"

#include <fmt/format.h>

#include <map>

namespace orbit::daemon {
namespace {

constexpr double kPercent = 100;
constexpr double kFull = 0.90, kNearlyFull = 0.95;  // shares that are used
constexpr std::int64_t kDaySeconds = 24 * 3600, kHoursSeconds = 4 * 3600;
constexpr double kBelieved = 0.5, kForeseenFrom = 0.5;  // of a forecast: how sure, and from which share on it counts
constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

}  // namespace

void tellUse(const std::vector<api::ContainerNow>& containers, std::int64_t nowUs, alert::Alerts& alerts) {
  struct Sum {
    double cores = 0, bytes = 0;
  };
  std::map<alert::Place, Sum> services;
  for (const auto& container : containers) {
    Sum& sum = services[{container.project, container.environment, container.service}];
    sum.cores += container.cores;
    sum.bytes += static_cast<double>(container.memoryBytes);
  }
  for (const auto& [place, sum] : services) {
    alerts.measure(place, "cpu_percent", kPercent * sum.cores, nowUs);
    alerts.measure(place, "memory_bytes", sum.bytes, nowUs);
  }
}

void tellDisks(const std::vector<api::DiskNow>& disks, std::int64_t nowUs, alert::Alerts& alerts) {
  for (const auto& disk : disks) {
    if (disk.bytes == 0) continue;
    const double used = static_cast<double>(disk.usedBytes) / static_cast<double>(disk.bytes);
    const bool foreseen = disk.fullInSeconds > 0 && disk.confidence >= kBelieved && used >= kForeseenFrom;
    const bool soon = foreseen && disk.fullInSeconds < kDaySeconds;
    const bool urgent = used >= kNearlyFull || (foreseen && disk.fullInSeconds < kHoursSeconds);
    alert::Condition condition;
    condition.key = {{"", "", ""}, "disk", disk.path};
    condition.bad = used >= kFull || soon;
    condition.severity = urgent ? model::Severity::kCritical : model::Severity::kWarning;
    condition.why = fmt::format("{:.0f} % is used, {:.1f} GiB are left", kPercent * used,
                                static_cast<double>(disk.bytes - std::min(disk.bytes, disk.usedBytes)) / kGiB);
    if (soon) condition.why += "; " + disk.outlook;
    // A build may need much for a moment, and a forecast of a minute may be of that build.
    condition.hold = urgent ? std::chrono::minutes(1) : std::chrono::minutes(10);
    condition.clear = std::chrono::minutes(10);
    alerts.set(std::move(condition), nowUs);
  }
}

void DropWatch::tell(std::uint64_t droppedEver, std::int64_t nowUs, alert::Alerts& alerts) {
  const std::uint64_t fresh = droppedEver - std::min(std::exchange(known_, droppedEver), droppedEver);
  alert::Condition condition;
  condition.key = {{"", "", ""}, "signals", ""};
  condition.bad = fresh > 0;
  condition.severity = model::Severity::kWarning;
  condition.why = fmt::format("the edge could not count {} requests of the last half minute by name", fresh);
  alerts.set(std::move(condition), nowUs);
}

}  // namespace orbit::daemon
