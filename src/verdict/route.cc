#include "verdict/route.h"

#include <algorithm>
#include <cmath>

namespace orbit::verdict {
namespace {

constexpr double kUsualS = 300;       // how far back "usual" reaches
constexpr double kUsualCount = 200;   // of requests without hits it starts from
constexpr double kUnusualRate = 0.2;  // never a shared fault below
constexpr double kUnusualTimes = 3;   // or below so many times the usual
constexpr double kUnusualHits = 3;
constexpr double kMomentCount = 3;  // requests of either side that make a moment,
constexpr double kMomentS = 10;     // or one of either after so long;
constexpr double kMomentMaxS = 60;  // after that what was gathered is dropped
// A client that waited so many times the old p99, and so long, got no answer: a cold start is no excuse.
constexpr std::uint64_t kHungTimes = 20, kHungUs = 2'000'000;
constexpr std::uint64_t kRecentMax = 800;  // answers the marks are taken from: between this and twice this
// How many answers of the old release a mark wants.
constexpr std::array<std::uint64_t, kSlowQuantiles.size()> kKnownMin = {20, 50, 200};

std::uint64_t late(const signal::Histogram& histogram, std::uint64_t mark) {
  return histogram.count() == 0 ? 0 : histogram.above(mark).certainly;
}

void sum(Moment& into, double freshCount, double freshHits, double oldCount, double oldHits) {
  into.freshCount += freshCount;
  into.freshHits += freshHits;
  into.oldCount += oldCount;
  into.oldHits += oldHits;
}

}  // namespace

void Usual::add(double count, double hits, double seconds) {
  const double keep = std::exp(-seconds / kUsualS);
  count_ = count_ * keep + count;
  hits_ = hits_ * keep + hits;
}

bool Usual::exceeded(double count, double hits) const {
  const double usual = hits_ / (count_ + kUsualCount);
  return hits >= kUnusualHits && hits >= count * std::max(kUnusualRate, kUnusualTimes * usual);
}

void Total::add(const Side& side) {
  const std::uint64_t failed = side.failed();
  attempts += side.attempts - std::min(side.attempts, side.aborted);
  failures += failed - std::min(failed, side.repeats);
  refused += side.refused;
  aborted += side.aborted;
  good += side.good;
  for (std::size_t at = 0; at < kFailureKinds; ++at) byKind[at] += side.failures[at];
  latency.merge(side.latency);
}

Route::Route(const Policy& policy, unsigned number) : bets(policy), share(1.0 / (number * (number + 1.0))) {}

void Route::cut() {
  gathered_ = {};
  gatheredS_ = 0;
  excused_ = false;
}

void Route::newStage() {
  cut();
  fresh = {};
  old = {};
}

void Route::gather(const RouteTick& tick, const Circumstances& circumstances, const Policy& policy) {
  const auto requests = [](const Side& side) {
    return static_cast<double>(side.attempts - std::min(side.attempts, side.aborted + side.repeats));
  };
  const auto failures = [](const Side& side) {
    return static_cast<double>(side.failed()) - static_cast<double>(side.repeats);
  };
  const auto hung = [this](const Side& side) {
    if (leftMark_ == 0) return 0.0;
    return static_cast<double>(late(side.aborts, std::max(kHungUs, kHungTimes * leftMark_)));
  };
  const double freshHung = hung(tick.fresh), oldHung = hung(tick.old);
  const double asked = requests(tick.fresh), oldAsked = requests(tick.old);
  sum(gathered_[0], asked + freshHung, std::clamp(failures(tick.fresh), 0.0, asked) + freshHung, oldAsked + oldHung,
      std::clamp(failures(tick.old), 0.0, oldAsked) + oldHung);
  if (answersWell_) {
    // Of those that were answered: failures are counted already.
    const auto answers = [](const Side& side) { return static_cast<double>(side.good + side.refused); };
    sum(gathered_[1], answers(tick.fresh), static_cast<double>(tick.fresh.refused), answers(tick.old),
        static_cast<double>(tick.old.refused));
  }
  if (circumstances.warmingUp) return;
  const auto tolerated = [&](std::uint64_t mark) {
    return static_cast<std::uint64_t>(std::max(std::ceil(static_cast<double>(mark) * circumstances.slowTimes),
                                               static_cast<double>(mark) + policy.slowUs));
  };
  const auto freshLeft = static_cast<double>(late(tick.fresh.aborts, tolerated(leftMark_)));
  const auto oldLeft = static_cast<double>(late(tick.old.aborts, leftMark_));
  for (std::size_t at = 0; at < marks_.size(); ++at) {
    if (marks_[at] == 0) continue;
    sum(gathered_[2 + at], static_cast<double>(tick.fresh.latency.count()) + freshLeft,
        static_cast<double>(late(tick.fresh.latency, tolerated(marks_[at]))) + freshLeft,
        static_cast<double>(tick.old.latency.count()) + oldLeft,
        static_cast<double>(late(tick.old.latency, marks_[at])) + oldLeft);
  }
}

bool Route::whole() const {
  const Moment& all = gathered_[0];
  const double least = std::min(all.freshCount, all.oldCount);
  return least >= kMomentCount || (least >= 1 && gatheredS_ >= kMomentS);
}

Moments Route::close() {
  Moments moments = gathered_;
  const double seconds = gatheredS_;
  const auto judge = [&](Moment& moment, Usual& usual) {
    moment.shared = usual.exceeded(moment.oldCount, moment.oldHits);
    if (!moment.shared) usual.add(moment.oldCount, moment.oldHits, seconds);
  };
  judge(moments[0], usualFailures_);
  for (std::size_t at = 1; at < kSlowQuantiles.size(); ++at) judge(moments[2 + at], usualSlow_[at]);
  for (Moment& moment : moments) {
    moment.seconds = seconds;
    moment.shared = moment.shared || excused_;
  }
  cut();
  return moments;
}

// The marks move when a quarter more is known, and between moments only.
void Route::remember(const signal::Histogram& latency) {
  recent_.merge(latency);
  if (gatheredS_ > 0) return;
  const std::uint64_t known = before_.count() + recent_.count();
  if (known < kKnownMin[0] || (known >= known_ && known < known_ + known_ / 4)) return;
  known_ = known;
  signal::Histogram all = before_;
  all.merge(recent_);
  for (std::size_t at = 0; at < marks_.size(); ++at) {
    if (known < kKnownMin[at]) continue;
    marks_[at] = signal::Histogram::highest(signal::Histogram::bucketOf(all.quantile(kSlowQuantiles[at])));
  }
  leftMark_ = all.quantile(kSlowQuantiles.back());
  if (recent_.count() < kRecentMax) return;
  before_ = std::move(recent_);
  recent_ = {};
  known_ = before_.count();
}

std::optional<Moments> Route::add(const RouteTick& tick, const Circumstances& circumstances, const Policy& policy) {
  fresh.add(tick.fresh);
  old.add(tick.old);
  gather(tick, circumstances, policy);
  gatheredS_ += circumstances.seconds;
  excused_ = excused_ || circumstances.excused;
  answersWell_ = answersWell_ || tick.old.good > 0;
  std::optional<Moments> moments;
  if (whole()) {
    moments = close();
  } else if (gatheredS_ >= kMomentMaxS) {
    cut();
  }
  remember(tick.old.latency);
  return moments;
}

}  // namespace orbit::verdict
