// One client's retries of one path count once: tells which failures repeat an earlier one, from signal records in the
// order they came. A failure repeats if the same client's last attempt at the same path, at either release, failed as
// well and was less than a minute ago. So a client that tries again until it works counts once, a load generator whose
// failures come between answers counts each time, and a path that fails at both releases for a client is one failure.
// Bounded; when full it forgets the oldest. Thread rules: a plain value.
#pragma once
#include <cstdint>
#include <unordered_map>

#include "signal/signal.h"

namespace orbit::verdict {

class Repeats {
 public:
  // Each record of an attempt at the service, both releases; true if it is a failure that repeats one.
  bool add(const signal::Record& record);

 private:
  static constexpr std::size_t kClientsMax = 16'384;
  static constexpr std::int64_t kForgetUs = 60'000'000;
  void forget(std::int64_t nowUs);

  std::unordered_map<std::uint64_t, std::int64_t> failing_;  // client and path → wall time of the last failure
};

}  // namespace orbit::verdict
