// One simulated watch: what it is made of, how it is run, what came out. Thread rules: pure functions.
#pragma once
#include <cstdint>
#include <string>

#include "verdict/world.h"

namespace orbit::verdict {

enum class Badness : std::uint8_t { kSomeFail, kAllFail, kOneRouteFails, kSlow, kSlowTail };
inline constexpr std::size_t kBadnesses = 5;
const char* badnessName(Badness badness);

// A good release: as good as the old one, better, or worse within the margin, a fifth of them right on it.
Truth goodTruth(std::uint64_t number, Chance& chance);
// A bad one: failures at least max(3 x old, old + 1 point), or p99 at least 1.5 x, from some moment on for ever.
Truth badTruth(std::uint64_t number, Chance& chance);
Badness badnessOf(std::uint64_t number);

struct Seen {
  bool takenBack = false, promoted = false;
  double atS = 0, promotedAtS = 0;
  std::uint64_t failures = 0;  // of the new release until then
  bool sharedFault = false;
  std::string why;
  Confidence confidence = Confidence::kNotJudged;
};
Seen watch(const Truth& truth, Chance& chance, const Policy& policy);

// The power of the fixed-sample test for the release, over a whole watch from the moment it turned bad: the larger of
// that of either stage, of any route and signal.
double powerFor(const Truth& truth, const World& world, const Policy& policy);

}  // namespace orbit::verdict
