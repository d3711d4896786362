// How many were good and bad: for an hour by minute, for six hours by five minutes, for three days by hour, for 30 days
// by day. Bounded, whatever comes. Of the bad ones some are told already: a short rule fired on them. Private to alert.
// Thread rules: a plain value.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "format/json.h"

namespace orbit::alert {

class Counts {
 public:
  struct Sum {
    std::uint64_t all = 0, bad = 0, told = 0;
    std::uint64_t untold() const { return bad - std::min(bad, told); }
    double ratio() const { return all == 0 ? 0 : static_cast<double>(bad) / static_cast<double>(all); }
  };
  void add(std::int64_t atUs, std::uint64_t all, std::uint64_t bad);
  // So many of what was bad then, added before, are told.
  void tell(std::int64_t atUs, std::uint64_t bad);
  // Of about the last `spanUs` before `nowUs`, the bucket under way included: by the finest tier that reaches so far.
  Sum sum(std::int64_t nowUs, std::int64_t spanUs) const;

  format::Json json() const;
  static Counts of(const format::Json& json);

 private:
  struct Bucket {
    std::int64_t number = 0;  // of the span since 1970
    std::uint32_t all = 0, bad = 0, told = 0;
  };
  struct Tier {
    std::vector<Bucket> buckets;  // oldest first; only those with anything
  };
  static constexpr std::size_t kTiers = 4;
  std::array<Tier, kTiers> tiers_;
};

}  // namespace orbit::alert
