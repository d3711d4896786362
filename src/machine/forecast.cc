#include "machine/forecast.h"

#include <algorithm>
#include <cmath>

namespace orbit::machine {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kEveryUs = 5 * 60 * kSecondUs;
constexpr std::int64_t kKeepUs = 24 * 3600 * kSecondUs;
constexpr std::int64_t kLeastUs = 30 * 60 * kSecondUs;
constexpr double kLeastExplained = 0.5;
constexpr double kMostSeconds = 365.0 * 24 * 3600;

}  // namespace

void Forecast::add(std::int64_t wallUs, std::uint64_t usedBytes) {
  // A clock that was set back begins anew.
  if (!samples_.empty() && wallUs < samples_.back().wallUs) samples_.clear();
  if (!samples_.empty() && wallUs - samples_.back().wallUs < kEveryUs) return;
  samples_.push_back({wallUs, usedBytes});
  while (wallUs - samples_.front().wallUs > kKeepUs) samples_.pop_front();
}

// Least squares, around the means so that large numbers lose nothing.
Forecast::Outlook Forecast::outlook(std::uint64_t sizeBytes) const {
  Outlook outlook;
  if (samples_.size() < 3 || samples_.back().wallUs - samples_.front().wallUs < kLeastUs) return outlook;
  const auto count = static_cast<double>(samples_.size());
  double meanTime = 0, meanUsed = 0;
  for (const Sample& sample : samples_) {
    meanTime += static_cast<double>(sample.wallUs - samples_.front().wallUs) / kSecondUs / count;
    meanUsed += static_cast<double>(sample.usedBytes) / count;
  }
  double timeSquares = 0, usedSquares = 0, both = 0;
  for (const Sample& sample : samples_) {
    const double time = static_cast<double>(sample.wallUs - samples_.front().wallUs) / kSecondUs - meanTime;
    const double used = static_cast<double>(sample.usedBytes) - meanUsed;
    timeSquares += time * time;
    usedSquares += used * used;
    both += time * used;
  }
  const double slope = both / timeSquares;  // bytes a second
  outlook.bytesPerHour = slope * 3600;
  outlook.confidence = usedSquares > 0 ? both * both / timeSquares / usedSquares : 0;
  const std::uint64_t used = samples_.back().usedBytes;
  const double seconds = slope > 0 ? static_cast<double>(sizeBytes - std::min(sizeBytes, used)) / slope : kMostSeconds;
  outlook.kind = Outlook::Kind::kNotFilling;
  if (seconds >= kMostSeconds) return outlook;
  outlook.kind = Outlook::Kind::kUnsteady;
  if (outlook.confidence < kLeastExplained) return outlook;
  outlook.kind = Outlook::Kind::kFilling;
  outlook.fullInSeconds = std::llround(seconds);
  return outlook;
}

}  // namespace orbit::machine
