#include <algorithm>

#include "notify/notify.h"

namespace orbit::notify {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr int kDayMinutes = 24 * 60;

bool inTime(const model::AlertRoute& route, std::int64_t nowUs) {
  if (route.fromMinute == route.untilMinute) return true;
  const auto minute =
      static_cast<int>(((nowUs / kMinuteUs + route.zoneMinutes) % kDayMinutes + kDayMinutes) % kDayMinutes);
  const bool overMidnight = route.fromMinute > route.untilMinute;
  if (overMidnight) return minute >= route.fromMinute || minute < route.untilMinute;
  return minute >= route.fromMinute && minute < route.untilMinute;
}

bool matches(const model::AlertRoute& route, model::Severity severity, std::int64_t nowUs) {
  return severity >= route.least && inTime(route, nowUs);
}

}  // namespace

std::vector<std::string> receiversFor(const model::Alerting& settings, const model::Notice& notice) {
  std::vector<std::string> names;
  for (const auto& receiver : settings.receivers) {
    const auto told = [&](const model::AlertRoute& route) {
      return std::find(route.to.begin(), route.to.end(), receiver.name) != route.to.end() &&
             matches(route, notice.severity, notice.atUs);
    };
    if (settings.routes.empty() || std::any_of(settings.routes.begin(), settings.routes.end(), told)) {
      names.push_back(receiver.name);
    }
  }
  return names;
}

Duration repeatAfter(const model::Alerting& settings, model::Severity severity, std::int64_t nowUs) {
  Duration least{};
  for (const auto& route : settings.routes) {
    if (route.repeat <= Duration{} || !matches(route, severity, nowUs)) continue;
    least = least == Duration{} ? route.repeat : std::min(least, route.repeat);
  }
  return least;
}

}  // namespace orbit::notify
