// Seeded random numbers (xoshiro256**, Blackman and Vigna 2018): the same seed replays the same run, on every machine.
// Not for secrets. Thread rules: one owner.
#pragma once
#include <array>
#include <cstdint>

namespace orbit {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  // A generator seeded by the operating system.
  static Random fromSystem();
  std::uint64_t next();
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  // True with the given probability.
  bool chance(double probability);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace orbit
