#include "verdict/repeats.h"

#include <algorithm>
#include <vector>

namespace orbit::verdict {

void Repeats::forget(std::int64_t nowUs) {
  std::erase_if(failing_, [&](const auto& one) { return one.second < nowUs - kForgetUs; });
  if (failing_.size() < kClientsMax) return;
  // Still full: the older half goes.
  std::vector<std::int64_t> times;
  for (const auto& one : failing_) times.push_back(one.second);
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  const std::int64_t middle = times[times.size() / 2];
  std::erase_if(failing_, [&](const auto& one) { return one.second <= middle; });
}

bool Repeats::add(const signal::Record& record) {
  using signal::Outcome;
  const signal::Sample& sample = record.sample;
  if (record.kind != signal::Key::Kind::kAttempt || sample.probe) return false;
  const std::uint64_t key = record.clientHash * 0x9e3779b97f4a7c15ULL ^ record.pathHash;
  const bool answered = sample.outcome == Outcome::kAnswered && sample.status < 500;
  if (answered) {
    failing_.erase(key);
    return false;
  }
  if (sample.outcome == Outcome::kClientAborted) return false;
  const auto [at, isNew] = failing_.try_emplace(key, record.wallUs);
  const bool repeats = !isNew && at->second >= record.wallUs - kForgetUs;
  at->second = std::max(at->second, record.wallUs);
  if (failing_.size() > kClientsMax) forget(record.wallUs);
  return repeats;
}

}  // namespace orbit::verdict
