#include "series/tier.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "base/base.h"

namespace orbit::series {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kHourMinutes = 60, kDayMinutes = 24 * 60;
constexpr std::string_view kSuffix = ".series";
constexpr std::size_t kDigits = 10;  // year, month, day, hour

std::optional<TierFile> rangeOf(std::size_t tier, std::string_view digits) {
  unsigned number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = failed == std::errc() && end == digits.data() + digits.size() && digits.size() == kDigits;
  const unsigned day = number / 100, hour = number % 100;
  const year_month_day date{std::chrono::year(static_cast<int>(day / 10'000)), std::chrono::month(day / 100 % 100),
                            std::chrono::day(day % 100)};
  if (!whole || !date.ok() || hour > 23) return {};
  const std::int64_t from = sys_days(date).time_since_epoch().count() * kDayMinutes + hour * kHourMinutes;
  if (from < 0 || from % kAllTiers[tier].fileMinutes != 0) return {};
  return TierFile{tier, from, from + kAllTiers[tier].fileMinutes};
}

}  // namespace

std::string fileOf(const Tier& tier, std::int64_t minute) {
  const std::int64_t from = minute - minute % tier.fileMinutes;
  const year_month_day date{sys_days(days(from / kDayMinutes))};
  return fmt::format("{}-{:04}{:02}{:02}{:02}{}", tier.name, static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     from % kDayMinutes / kHourMinutes, kSuffix);
}

std::optional<TierFile> tierFileOf(std::string_view name) {
  if (!endsWith(name, kSuffix)) return {};
  name.remove_suffix(kSuffix.size());
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    const std::string_view prefix = kAllTiers[tier].name;
    if (!startsWith(name, prefix) || name.size() <= prefix.size() || name[prefix.size()] != '-') continue;
    return rangeOf(tier, name.substr(prefix.size() + 1));
  }
  return {};
}

}  // namespace orbit::series
