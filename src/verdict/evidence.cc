#include "verdict/evidence.h"

#include <algorithm>

namespace orbit::verdict {

std::string_view failureText(Failure failure) {
  switch (failure) {
    case Failure::kStatus:
      return "HTTP 5xx";
    case Failure::kConnect:
      return "connection refused";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kReset:
      return "connection closed before an answer";
    case Failure::kBroken:
      return "answer cut off";
    case Failure::kOther:
      return "no answer";
  }
  return "";
}

std::uint64_t Side::failed() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t one : failures) sum += one;
  return sum;
}

void Side::merge(const Side& other) {
  attempts += other.attempts;
  for (std::size_t at = 0; at < kFailureKinds; ++at) failures[at] += other.failures[at];
  repeats += other.repeats;
  good += other.good;
  refused += other.refused;
  aborted += other.aborted;
  latency.merge(other.latency);
  aborts.merge(other.aborts);
}

Side sideOf(const signal::Counters& counters, const signal::Histogram& latency) {
  using signal::Outcome;
  const auto outcome = [&](Outcome which) { return counters.byOutcome[static_cast<std::size_t>(which)]; };
  Side side;
  side.attempts = counters.count();
  side.good = counters.byClass[2] + counters.byClass[3];
  side.refused = counters.byClass[4];
  side.aborted = outcome(Outcome::kClientAborted);
  side.latency = latency;
  // Their sum is `errors`. A cut-off 5xx is both a status and broken; a shielded failure has a status or no cause.
  std::uint64_t left = counters.errors;
  const auto take = [&](Failure failure, std::uint64_t count) {
    const std::uint64_t taken = std::min(left, count);
    side.failures[static_cast<std::size_t>(failure)] = taken;
    left -= taken;
  };
  take(Failure::kConnect, outcome(Outcome::kConnectFailed));
  take(Failure::kTimeout, outcome(Outcome::kTimeout));
  take(Failure::kReset, outcome(Outcome::kReset));
  take(Failure::kBroken, outcome(Outcome::kBroken));
  take(Failure::kStatus, counters.byClass[5]);
  take(Failure::kOther, left);
  return side;
}

}  // namespace orbit::verdict
