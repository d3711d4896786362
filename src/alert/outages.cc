// Availability by minute: what was seen of it, and what nobody could see; outages with their reasons.
#include <fmt/format.h>

#include <algorithm>

#include "alert/alert.h"
#include "alert/limits.h"
#include "alert/rules.h"

namespace orbit::alert {
namespace {

std::string secondText(std::int64_t atUs) {
  constexpr std::size_t kToSecond = 19;
  return wallText(atUs).substr(0, kToSecond) + "Z";
}

}  // namespace

// What begins, grows or ends of it is to be on disk.
void Alerts::keep(Watched& watched, Outage outage) {
  auto& all = watched.outages;
  if (!all.empty()) all.back().ongoing = false;
  all.push_back(std::move(outage));
  while (all.size() > kOutagesMax || all.back().toUs - all.front().toUs > kBudgetUs) all.pop_front();
  changed_ = true;
}

void Alerts::observeMinute(const Place& place, std::int64_t atUs, bool up, const std::string& why) {
  if (settingsOf(place) == nullptr) return;
  Watched& watched = watched_[place];
  watched.up.add(atUs, 1, up ? 0 : 1);
  if (!up) watched.downUs = atUs;
  const bool ongoing = !watched.outages.empty() && watched.outages.back().ongoing;
  if (up && !ongoing) return;
  if (up) {
    watched.outages.back().ongoing = false;
    changed_ = true;
  } else if (ongoing && atUs - watched.outages.back().toUs <= kOutageJoinUs) {
    watched.outages.back().toUs = std::max(watched.outages.back().toUs, atUs);
    changed_ = true;
  } else {
    keep(watched, {.fromUs = atUs - us(minutes(1)), .toUs = atUs, .reason = why, .ongoing = true});
  }
}

void Alerts::away(const std::vector<Place>& places, const Outage& outage, std::int64_t nowUs) {
  const std::int64_t all = (outage.toUs - outage.fromUs) / us(minutes(1));
  if (all <= 0) return;
  std::set<EnvironmentKey> told;
  for (const Place& place : places) {
    const model::ServiceAlerting* settings = settingsOf(place);
    if (settings == nullptr || !settings->routed || !settings->objectives.uptimePercent.on) continue;
    Watched& watched = watched_[place];
    keep(watched, outage);
    if (!outage.known) continue;
    // Minutes for as far back as they are counted by the minute or by five, hours before.
    std::int64_t atUs = std::max(outage.fromUs, outage.toUs - kBudgetUs);
    while (outage.toUs - atUs >= us(minutes(1))) {
      const std::int64_t stepUs = outage.toUs - atUs > us(hours(8)) ? us(hours(1)) : us(minutes(1));
      const auto minutesOf = static_cast<std::uint64_t>(stepUs / us(minutes(1)));
      watched.up.add(atUs, minutesOf, minutesOf);
      atUs += stepUs;
    }
    if (isTooLong(all, settings->objectives.uptimePercent)) told.insert({place.project, place.environment});
  }
  for (const auto& [project, environment] : told) {
    happened({Happening::Kind::kAway,
              {project, environment, ""},
              "",
              fmt::format("{} from {} to {}; {} minutes count as down", outage.reason, secondText(outage.fromUs),
                          secondText(outage.toUs), all)},
             nowUs);
  }
}

}  // namespace orbit::alert
