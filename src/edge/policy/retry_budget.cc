#include "edge/policy/service.h"

namespace orbit::edge {

RetryBudget::Second& RetryBudget::second(Instant now) {
  const std::int64_t number = now.time_since_epoch().count() / 1'000'000'000;
  Second& at = seconds_[static_cast<std::uint64_t>(number) % kSeconds];
  if (at.number != number) at = Second{number, 0, 0};
  return at;
}

void RetryBudget::onRequest(Instant now) {
  ++second(now).requests;
}

bool RetryBudget::take(const model::TableService& config, Instant now) {
  Second& current = second(now);
  std::uint64_t requests = 0, retries = 0;
  for (const Second& one : seconds_) {
    if (one.number <= current.number - kSeconds || one.number > current.number) continue;
    requests += one.requests;
    retries += one.retries;
  }
  const bool within = (retries + 1) * 100 <= requests * config.retryBudgetPercent;
  if (!within && current.retries >= kAlwaysPerSecond) return false;
  ++current.retries;
  return true;
}

}  // namespace orbit::edge
