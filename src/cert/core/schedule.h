// When to renew and when to try again. Renewal is decided by wall clock, waiting by steady clock. Thread rules: pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/random.h"

namespace orbit::cert {

// The first try after a failure comes about `first` later, each next one twice as late, up to `most`: for ever.
struct BackOff {
  Duration first{std::chrono::minutes(1)};
  Duration most{std::chrono::hours(6)};
  // When the authority looked at the host and refused: authorities count those (5 an hour and name is usual).
  Duration firstRefused{std::chrono::minutes(10)};
};

// When a certificate is due: when a third of its life is left, and by up to a tenth of that third earlier, by host, so
// that what was obtained together is not renewed together.
std::int64_t renewAtUs(std::int64_t notBeforeUs, std::int64_t notAfterUs, const std::string& host);

// `failures` in a row, at least 1. Within a quarter either way of the plain figure, but never before `retryAfter`,
// which the authority asked for and which is obeyed up to a week.
Duration retryDelay(const BackOff& backOff, int failures, bool refused, Duration retryAfter, Random& random);

}  // namespace orbit::cert
