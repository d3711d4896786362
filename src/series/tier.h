// The tiers: how fine, how exact, for how long, in which files. Private to series (its door shows it). Thread rules:
// pure functions.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orbit::series {

struct Tier {
  std::string_view name;
  std::int64_t minutes = 1;  // of a period
  std::int64_t keepMinutes = 0;
  std::int64_t fileMinutes = 0;  // a file holds so many, and is dropped when the last of them is old enough
  bool coarse = false;           // quantiles within 5 % instead of 0.78 %
  bool byInstance = true;        // latencies of single instances, too; counts always
};

inline constexpr std::size_t kMinutes = 0, kFives = 1, kHours = 2, kTiers = 3;
inline constexpr std::array<Tier, kTiers> kAllTiers = {{
    {"minutes", 1, 48 * 60, 6 * 60, false, true},
    {"fives", 5, 14 * 24 * 60, 24 * 60, true, true},
    {"hours", 60, 365 * 24 * 60, 7 * 24 * 60, true, false},
}};

// "minutes-2026112806.series", by the UTC hour with which its file begins.
std::string fileOf(const Tier& tier, std::int64_t minute);
// Which tier a file is of, and the minute with which it begins and ends.
struct TierFile {
  std::size_t tier = 0;
  std::int64_t fromMinute = 0, toMinute = 0;
};
std::optional<TierFile> tierFileOf(std::string_view name);

}  // namespace orbit::series
