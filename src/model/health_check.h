// A healthcheck as the Compose Specification has it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace orbit::model {

struct HealthCheck {
  bool disabled = false;          // `disable: true` or test ["NONE"]
  std::vector<std::string> test;  // {"CMD", …} or {"CMD-SHELL", line}; empty: the image's test with these timings
  std::optional<Duration> interval, timeout, startPeriod, startInterval;
  std::optional<int> retries;
  bool operator==(const HealthCheck&) const = default;
};

}  // namespace orbit::model
