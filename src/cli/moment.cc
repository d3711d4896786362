#include "cli/moment.h"

#include "base/base.h"
#include "format/quantity.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

// Fixed-width digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  const char* end = text.data() + at + count;
  const auto [read, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && read == end ? value : -1;
}

bool has(std::string_view text, std::size_t at, char c) {
  return at < text.size() && text[at] == c;
}

// The zone at the end of an RFC 3339 time, in seconds east of UTC.
std::optional<std::int64_t> zoneSeconds(std::string_view zone) {
  if (zone.empty() || zone == "Z" || zone == "z") return 0;
  const int hours = digits(zone, 1, 2);
  const int minutes = digits(zone, 4, 2);
  if (zone.size() != 6 || zone[3] != ':' || hours < 0 || minutes < 0) return std::nullopt;
  const std::int64_t span = hours * 3600 + minutes * 60;
  if (zone[0] == '+') return span;
  return zone[0] == '-' ? std::optional<std::int64_t>(-span) : std::nullopt;
}

std::optional<std::int64_t> parseDate(std::string_view text) {
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  if (year < 1970 || month < 1 || day < 1 || !has(text, 4, '-') || !has(text, 7, '-')) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  if (text.size() == 10) return days * 86'400 * kSecondUs;
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 || !has(text, 13, ':') ||
      !has(text, 16, ':')) {
    return std::nullopt;
  }
  std::size_t at = 19;
  std::int64_t fraction = 0;
  if (has(text, at, '.')) {
    std::int64_t unit = kSecondUs / 10;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10)
      fraction += (text[at] - '0') * unit;
  }
  const auto zone = zoneSeconds(text.substr(at));
  if (!zone) return std::nullopt;
  return (days * 86'400 + hour * 3600 + minute * 60 + second - *zone) * kSecondUs + fraction;
}

}  // namespace

Result<std::int64_t> parseMoment(const std::string& text, std::int64_t nowUs) {
  if (const auto date = parseDate(text)) return *date;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && seconds >= 0 && seconds < 1e12) {
    return static_cast<std::int64_t>(seconds * static_cast<double>(kSecondUs));
  }
  const auto span = format::parseDuration(text);
  if (span.ok()) return nowUs - std::chrono::duration_cast<std::chrono::microseconds>(*span).count();
  return Error{.code = Code::kInvalid,
               .message = "'" + text + "' is no time",
               .hint = "Write a span such as 42m or 1h30m, or a time such as 2026-11-24T08:00:00Z"};
}

}  // namespace orbit::cli
