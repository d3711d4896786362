#include "signal/signal.h"

namespace orbit::signal {
namespace {

// Calls each(a's counter, b's counter) for all of them.
template <class Ours, class Each>
void pairs(Ours& a, const Counters& b, Each each) {
  for (std::size_t at = 0; at < a.byClass.size(); ++at) each(a.byClass[at], b.byClass[at]);
  for (std::size_t at = 0; at < kOutcomes; ++at) each(a.byOutcome[at], b.byOutcome[at]);
  each(a.errors, b.errors);
  each(a.overThreshold, b.overThreshold);
  each(a.bytesIn, b.bytesIn);
  each(a.bytesOut, b.bytesOut);
  each(a.latencySumUs, b.latencySumUs);
  each(a.probes, b.probes);
}

}  // namespace

std::uint64_t Counters::count() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t one : byClass) sum += one;
  return sum;
}

void Counters::merge(const Counters& other) {
  pairs(*this, other, [](std::uint64_t& ours, std::uint64_t theirs) { ours += theirs; });
}

Counters Counters::since(const Counters& earlier) const {
  Counters added = *this;
  pairs(added, earlier, [](std::uint64_t& now, std::uint64_t before) { now = now > before ? now - before : 0; });
  return added;
}

}  // namespace orbit::signal
