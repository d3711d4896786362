#include "cli/request_line.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kDurationColumns = 7;
constexpr std::size_t kMethodColumns = 6;

Color colorOf(const RequestEvent& event) {
  if (event.status >= 500 || event.status == 0 || event.outcome == "broken") return Color::kRed;
  if (event.status >= 400) return Color::kYellow;
  return event.status >= 300 ? Color::kCyan : Color::kGreen;
}

std::string duration(std::int64_t durationUs) {
  const std::string text =
      durationUs < 1000 ? std::to_string(durationUs) + "us" : spanText(std::chrono::microseconds(durationUs));
  return std::string(kDurationColumns - std::min(kDurationColumns, text.size()), ' ') + text;
}

}  // namespace

std::string requestLine(const RequestEvent& event, const Style& style) {
  const std::string time = wallText(event.timeUs).substr(11, 12);
  std::string line = style.paint(Color::kDim, time) + "  ";
  const std::string status = event.status == 0 ? "---" : std::to_string(event.status);
  line += style.paint(colorOf(event), status) + "  " + duration(event.durationUs) + "  ";
  line += padded(printable(event.method), kMethodColumns) + "  " + printable(event.host) + printable(event.path);
  if (!event.service.empty()) line += "  " + printable(event.service);
  if (!event.release.empty()) line += " " + printable(event.release);
  line += "  " + style.paint(Color::kDim, printable(event.client));
  if (event.outcome != "answered") line += "  " + style.paint(Color::kRed, printable(event.outcome));
  return line + "\n";
}

}  // namespace orbit::cli
