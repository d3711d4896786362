// What a watch is held against: the fixed-sample test that knows both rates. It has the same unit of evidence, how hits
// split between the releases, and the same margin, and looks once, at the end. Thread rules: pure functions.
#pragma once

namespace orbit::verdict {

// Hits expected at both releases in one stage of a watch, and the odds for a hit to be the new release's: as they are,
// and as they would be for a release on the margin.
struct Expected {
  double fresh = 0, old = 0;
  double marginOdds = 1;
};

// The power of the one-sided conditional binomial test at false-alarm rate `alpha`.
double fixedSamplePower(const Expected& expected, double alpha);

}  // namespace orbit::verdict
