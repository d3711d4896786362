// Whether a share of requests is certainly beyond a threshold, or only seems so. Private to alert. Thread rules: pure.
#pragma once
#include <cstdint>

namespace orbit::alert {

// The chance of at least `bad` of `all` where each is bad with probability `share`: the binomial's upper tail. That it
// is below 1e-5 says the same as that the lower Clopper-Pearson bound (at 1 - 1e-5) is above `share`.
double chanceOf(std::uint64_t bad, std::uint64_t all, double share);

// Enough requests and failures, of enough clients, and no chance finding. `clients` failed among `seen` that asked at
// all; 0: not known.
bool certainlyBeyond(std::uint64_t bad, std::uint64_t all, double share, unsigned clients, unsigned seen);

}  // namespace orbit::alert
