#include <charconv>
#include <cmath>

#include "base/text.h"
#include "edge/routing/field_text.h"
#include "edge/vitals/vitals.h"
#include "edge/worker/limits.h"

namespace orbit::edge {
namespace {

constexpr std::size_t kVitalsMax = 12;        // of one beacon
constexpr std::size_t kSegmentsMax = 6;       // of a page
constexpr std::size_t kSegmentBytesMax = 32;  // longer ones are ids,
constexpr std::size_t kWordBytesMax = 16;     // and so are those with a longer word
constexpr double kMsMax = 600'000, kShiftMax = 100;

struct Known {
  std::string_view name;
  double max, times;
};
constexpr std::array<Known, 3> kKnown = {Known{"LCP", kMsMax, 1000}, Known{"INP", kMsMax, 1000},
                                         Known{"CLS", kShiftMax, 1'000'000}};

std::string_view takeUntil(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

bool readVital(std::string_view line, Vital& vital) {
  const std::string_view name = takeUntil(line, ' '), number = takeUntil(line, ' ');
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& one) { return one.name == name; });
  double value = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (known == kKnown.end() || fault != std::errc() || end != number.data() + number.size()) return false;
  if (!(value >= 0 && value <= known->max)) return false;
  vital.name = known->name;
  vital.value = static_cast<std::uint64_t>(std::llround(value * known->times));
  vital.fromCache = line == "back-forward-cache";
  return true;
}

// Words are short, have few digits, and no signs but these.
bool isWord(std::string_view segment) {
  if (segment.size() > kSegmentBytesMax) return false;
  std::size_t digits = 0, run = 0;
  for (const char c : segment) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = lowerChar(c) >= 'a' && lowerChar(c) <= 'z';
    if (!digit && !letter && c != '-' && c != '_' && c != '.') return false;
    run = digit || letter ? run + 1 : 0;
    if (run > kWordBytesMax) return false;
    digits += digit ? 1 : 0;
  }
  return digits <= 2 && digits < segment.size();
}

}  // namespace

bool readBeacon(std::string_view text, Beacon& beacon) {
  if (text.size() > kBeaconBytesMax) return false;
  std::string_view head = takeUntil(text, '\n');
  if (takeUntil(head, ' ') != "1") return false;
  beacon.release = takeUntil(head, ' ');
  if (!startsWith(head, "/")) return false;
  beacon.page = pageOf(head);
  beacon.vitals.clear();
  while (!text.empty()) {
    Vital vital;
    if (beacon.vitals.size() == kVitalsMax || !readVital(takeUntil(text, '\n'), vital)) return false;
    beacon.vitals.push_back(vital);
  }
  return !beacon.vitals.empty();
}

std::string pageOf(std::string_view path) {
  std::string page;
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  for (std::size_t segments = 0; !path.empty(); ++segments) {
    if (segments == kSegmentsMax) return page + "/...";
    const std::string_view segment = takeUntil(path, '/');
    page.append("/").append(isWord(segment) ? segment : std::string_view(segment.empty() ? "" : ":id"));
  }
  return page.empty() ? "/" : page;
}

bool VitalNames::take(const std::string& name, Instant now) {
  if (known_.contains(name)) return true;
  const auto more = static_cast<std::size_t>((now - refilled_) / kVitalNamesGap);
  if (more > 0) {
    used_ -= std::min(used_, more);
    refilled_ = now;
  }
  if (used_ >= kVitalNamesBurst || known_.size() >= kVitalNamesMax) return false;
  ++used_;
  known_.insert(name);
  return true;
}

}  // namespace orbit::edge
