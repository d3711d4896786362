#include "format/quantity.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"

namespace orbit::format {
namespace {

// A decimal number at the start of `text`, which is consumed; nullopt when there is none.
std::optional<double> takeNumber(std::string_view& text) {
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  double value = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + end, value, std::chars_format::fixed);
  if (failure != std::errc() || stop != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return value;
}

Error wrong(std::string_view text, std::string_view what, std::string_view examples) {
  return {Code::kInvalid, fmt::format("\"{}\" is not {}", text, what), fmt::format("write it like {}", examples)};
}

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kTimeUnits[] = {{"ns", 1},   {"us", 1e3},   {"µs", 1e3},    {"ms", 1e6},    {"s", 1e9},
                               {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"w", 604800e9}};
constexpr double kNanosMax = 9.2e18;  // about 292 years

}  // namespace

Result<Duration> parseDuration(std::string_view text) {
  const auto error = [&] { return wrong(text, "a duration", "30s, 1m30s or 500ms"); };
  std::string_view rest = trim(text);
  const bool negative = startsWith(rest, "-");
  if (negative || startsWith(rest, "+")) rest.remove_prefix(1);
  if (rest.empty()) return error();
  double total = 0;
  bool first = true;
  while (!rest.empty()) {
    const auto number = takeNumber(rest);
    if (!number) return error();
    const auto name = rest.substr(0, rest.find_first_of("0123456789. "));
    rest.remove_prefix(name.size());
    double factor = 0;
    if (name.empty() && first && rest.empty()) factor = 1e9;
    for (const auto& unit : kTimeUnits) {
      if (unit.name == name) factor = unit.factor;
    }
    if (factor == 0) return error();
    total += *number * factor;
    first = false;
  }
  if (total > kNanosMax) return error();
  return Duration(std::llround(negative ? -total : total));
}

Result<std::int64_t> parseBytes(std::string_view text) {
  const auto error = [&] { return wrong(text, "a size in bytes", "512m, 1.5g or 1048576"); };
  std::string_view rest = trim(text);
  const auto number = takeNumber(rest);
  if (!number) return error();
  const std::string unit = lower(trim(rest));
  static constexpr std::string_view kPrefixes = "kmgtp";
  int power = 0;
  if (!unit.empty() && unit != "b") {
    const auto prefix = kPrefixes.find(unit[0]);
    const auto tail = std::string_view(unit).substr(1);
    if (prefix == std::string_view::npos || (!tail.empty() && tail != "b" && tail != "ib")) return error();
    power = static_cast<int>(prefix) + 1;
  }
  const double bytes = *number * std::pow(1024.0, power);
  if (bytes > kNanosMax) return error();
  return static_cast<std::int64_t>(bytes);
}

std::string bytesText(std::int64_t bytes) {
  static constexpr std::string_view kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  if (std::fabs(value) < 1024) return fmt::format("{}B", bytes);
  std::size_t unit = 0;
  for (value /= 1024; std::fabs(value) >= 1023.95 && unit + 1 < std::size(kUnits); value /= 1024) ++unit;
  return fmt::format("{:.1f}{}", value, kUnits[unit]);
}

}  // namespace orbit::format
