#include "alert/counts.h"

#include <algorithm>
#include <limits>

#include "alert/limits.h"

namespace orbit::alert {
namespace {

struct Grain {
  std::int64_t us;
  std::int64_t kept;  // buckets
};
constexpr Grain kGrains[] = {{us(minutes(1)), 61}, {us(minutes(5)), 73}, {us(hours(1)), 73}, {us(hours(24)), 31}};

constexpr std::size_t kParts = 4;  // of a bucket as JSON

std::uint32_t cut(std::uint64_t value) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

void Counts::add(std::int64_t atUs, std::uint64_t all, std::uint64_t bad) {
  if (all == 0) return;
  for (std::size_t i = 0; i < kTiers; ++i) {
    auto& buckets = tiers_[i].buckets;
    const std::int64_t number = atUs / kGrains[i].us;
    // The wall clock may have stepped back: what is of another time then goes into the newest bucket there is.
    if (buckets.empty() || buckets.back().number < number) buckets.push_back({number});
    buckets.back().all = cut(std::uint64_t{buckets.back().all} + all);
    buckets.back().bad = cut(std::uint64_t{buckets.back().bad} + bad);
    const auto old = std::find_if(buckets.begin(), buckets.end(), [&](const Bucket& bucket) {
      return bucket.number > buckets.back().number - kGrains[i].kept;
    });
    buckets.erase(buckets.begin(), old);
  }
}

void Counts::tell(std::int64_t atUs, std::uint64_t bad) {
  for (std::size_t i = 0; i < kTiers; ++i) {
    auto& buckets = tiers_[i].buckets;
    const std::int64_t number = atUs / kGrains[i].us;
    const auto found =
        std::find_if(buckets.begin(), buckets.end(), [&](const Bucket& bucket) { return bucket.number >= number; });
    if (found != buckets.end()) found->told = cut(std::uint64_t{found->told} + bad);
  }
}

Counts::Sum Counts::sum(std::int64_t nowUs, std::int64_t spanUs) const {
  std::size_t tier = 0;
  while (tier + 1 < kTiers && spanUs > kGrains[tier].us * (kGrains[tier].kept - 1)) ++tier;
  const std::int64_t grain = kGrains[tier].us;
  const std::int64_t first = nowUs / grain - spanUs / grain + 1;
  Sum sum;
  for (const Bucket& bucket : tiers_[tier].buckets) {
    if (bucket.number < first) continue;
    sum.all += bucket.all;
    sum.bad += bucket.bad;
    sum.told += bucket.told;
  }
  return sum;
}

format::Json Counts::json() const {
  format::Json all = format::Json::array();
  for (const Tier& tier : tiers_) {
    format::Json flat = format::Json::array();
    for (const Bucket& bucket : tier.buckets) {
      flat.push(bucket.number);
      flat.push(std::int64_t{bucket.all});
      flat.push(std::int64_t{bucket.bad});
      flat.push(std::int64_t{bucket.told});
    }
    all.push(std::move(flat));
  }
  return all;
}

Counts Counts::of(const format::Json& json) {
  Counts counts;
  const auto& tiers = json.items();
  for (std::size_t i = 0; i < std::min(tiers.size(), kTiers); ++i) {
    const auto& flat = tiers[i].items();
    for (std::size_t at = 0; at + kParts <= flat.size(); at += kParts) {
      const Bucket bucket{flat[at].asInt(), cut(static_cast<std::uint64_t>(flat[at + 1].asInt())),
                          cut(static_cast<std::uint64_t>(flat[at + 2].asInt())),
                          cut(static_cast<std::uint64_t>(flat[at + 3].asInt()))};
      counts.tiers_[i].buckets.push_back(bucket);
    }
  }
  return counts;
}

}  // namespace orbit::alert
