#include "cert/core/schedule.h"

#include <algorithm>

namespace orbit::cert {
namespace {

constexpr std::chrono::hours kRetryAfterMax{7 * 24};
constexpr int kDoublingsMax = 20;

// FNV-1a: stable from run to run.
std::uint64_t hashOf(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

std::int64_t renewAtUs(std::int64_t notBeforeUs, std::int64_t notAfterUs, const std::string& host) {
  const std::int64_t third = std::max<std::int64_t>((notAfterUs - notBeforeUs) / 3, 0);
  const std::int64_t spread = third / 10;
  const std::int64_t earlier =
      spread > 0 ? static_cast<std::int64_t>(hashOf(host) % static_cast<std::uint64_t>(spread)) : 0;
  return notAfterUs - third - earlier;
}

Duration retryDelay(const BackOff& backOff, int failures, bool refused, Duration retryAfter, Random& random) {
  Duration delay = refused ? backOff.firstRefused : backOff.first;
  for (int i = 1; i < std::min(failures, kDoublingsMax) && delay < backOff.most; ++i) delay *= 2;
  delay = std::min(delay, std::max(backOff.most, backOff.first));
  const auto quarter = static_cast<std::uint64_t>(std::max<Duration::rep>(delay.count() / 4, 1));
  delay += Duration(static_cast<Duration::rep>(random.below(2 * quarter)) - static_cast<Duration::rep>(quarter));
  return std::max(delay, std::min<Duration>(retryAfter, kRetryAfterMax));
}

}  // namespace orbit::cert
