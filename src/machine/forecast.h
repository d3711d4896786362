// When a disk will be full, if it goes on as it did: a straight line through what was used lately. Part of machine's
// door. Thread rules: a plain value.
#pragma once
#include <cstdint>
#include <deque>

namespace orbit::machine {

class Forecast {
 public:
  // Samples may come as often as they like; one in five minutes is kept, of the last 24 hours.
  void add(std::int64_t wallUs, std::uint64_t usedBytes);

  struct Outlook {
    enum class Kind : std::uint8_t {
      kNotEnough,   // less than half an hour was seen
      kNotFilling,  // it shrinks, stays, or would take more than a year
      kUnsteady,    // it grows, but not in a line that could be followed: less than half of it is explained
      kFilling,
    } kind = Kind::kNotEnough;
    std::int64_t fullInSeconds = 0;  // kFilling
    double confidence = 0;           // the share of the movement that the line explains (R squared)
    double bytesPerHour = 0;
  };
  Outlook outlook(std::uint64_t sizeBytes) const;

 private:
  struct Sample {
    std::int64_t wallUs = 0;
    std::uint64_t usedBytes = 0;
  };
  std::deque<Sample> samples_;
};

}  // namespace orbit::machine
