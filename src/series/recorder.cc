// From snapshots to periods, in memory; what of it goes to disk is in recorder_disk.cc.
#include <algorithm>

#include "series/limits.h"
#include "series/series.h"

namespace orbit::series {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::size_t kMarksMax = 1'000;

std::int64_t msOf(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

constexpr std::int64_t kStallMostMs = std::chrono::milliseconds(kStallMost).count();
constexpr std::int64_t kStepLeastMs = std::chrono::milliseconds(kStepLeast).count();

}  // namespace

void Recorder::problem(std::string text) {
  log(Level::kWarning, "series", text);
  problems_.push_back(std::move(text));
  if (problems_.size() > kProblemsMax) problems_.pop_front();
}

void Recorder::mark(Mark mark) {
  marks_.push_back(mark);
  newMarks_.push_back(mark);
  if (marks_.size() > kMarksMax) marks_.pop_front();
  if (newMarks_.size() > kMarksMax) newMarks_.pop_front();
}

void Recorder::take(const signal::Snapshot& snapshot) {
  if (fresh_) return ledger_.skip(snapshot);
  if (!ledger_.take(snapshot, open_, items_)) ++open_.samplesDropped;
}

void Recorder::add(const Key& key, const Value& value) {
  if (value.empty()) return;
  open_.at(key).merge(value);
  items_.number(static_cast<std::uint64_t>(Item::kValue));
  items_.key(key);
  items_.value(value);
}

void Recorder::gauge(const Key& key, std::int64_t value) {
  Value added;
  added.gauge.add(value);
  add(key, added);
}

void Recorder::tick(std::int64_t wallUs, Instant now) {
  if (!ticked_) {
    // Killed and started again at once is no gap: the edge counted on, and nothing is in the wrong period for long.
    const std::int64_t downMs = lastWallUs_ == 0 ? 0 : (wallUs - lastWallUs_) / 1000;
    if (downMs > kStallMostMs || lastWallUs_ == 0)
      mark({Mark::Kind::kStart, wallUs, std::max<std::int64_t>(downMs, 0)});
    const std::int64_t missedMs = std::max<std::int64_t>(downMs, 0);
    (downMs > kStallMostMs ? open_.unobservedMs : open_.observedMs) += static_cast<std::uint64_t>(missedMs);
  } else {
    const std::int64_t elapsedMs = msOf(now - lastTick_), stepMs = (wallUs - lastWallUs_) / 1000 - elapsedMs;
    const auto passed = static_cast<std::uint64_t>(std::max<std::int64_t>(elapsedMs, 0));
    (elapsedMs > kStallMostMs ? open_.unobservedMs : open_.observedMs) += passed;
    if (std::abs(stepMs) >= kStepLeastMs) mark({Mark::Kind::kStep, wallUs, stepMs});
  }
  ticked_ = true;
  fresh_ = false;
  lastTick_ = now;
  lastWallUs_ = wallUs;
  const std::int64_t minute = wallUs / kMinuteUs;
  if (open_.minute == 0) open_.minute = minute;
  if (minute != open_.minute) closeMinute(minute);
  if (now - lastSync_ >= std::chrono::seconds(10)) {
    syncDue_ = true;
    lastSync_ = now;
  }
}

void Recorder::stop(std::int64_t wallUs) {
  mark({Mark::Kind::kStop, wallUs, 0});
}

// What was told since, as one record of "progress"; with it, how far the time has come.
void Recorder::endPayload() {
  items_.number(static_cast<std::uint64_t>(Item::kHeartbeat));
  items_.signedNumber(lastWallUs_);
  items_.number(open_.observedMs);
  items_.number(open_.unobservedMs);
  if (!needsCheckpoint_) untold_.push_back({open_.sequence, open_.minute, std::move(items_.bytes())});
  items_ = Packer();
}

void Recorder::closeMinute(std::int64_t minute) {
  endPayload();
  const std::uint64_t next = open_.sequence + 1;
  addToSums(open_);
  addToTotals(open_, totals_);
  wait(kMinutes, std::move(open_));
  open_ = Span();
  open_.sequence = next;
  open_.minute = minute;
}

void Recorder::addToTotals(const Span& span, Span& totals) {
  totals.samplesDropped += span.samplesDropped;
  for (const auto& [key, value] : span.values) {
    if (key.kind != Kind::kRequests) continue;
    totals.at({Kind::kRequests, "", key.project, key.environment, key.service, "", "", ""}).merge(value);
  }
}

Span Recorder::totals() const {
  Span all = totals_;
  addToTotals(open_, all);
  return all;
}

void Recorder::addToSums(const Span& span) {
  for (std::size_t tier = kFives; tier < kTiers; ++tier) {
    const std::int64_t period = span.minute - span.minute % kAllTiers[tier].minutes;
    if (span.sequence <= lastSequence_[tier]) continue;  // summed before, by an earlier process
    Span& sum = sums_[tier];
    if (sum.sequence != 0 && sum.minute != period) {
      wait(tier, std::move(sum));
      sum = Span();
    }
    sum.minute = period;
    sum.merge(span, kAllTiers[tier]);
  }
}

void Recorder::wait(std::size_t tier, Span span) {
  waiting_[tier].push_back(std::make_shared<const Span>(std::move(span)));
  // The front one may be under way to the disk just now.
  if (waiting_[tier].size() > kPendingMax && !inFlight_) {
    waiting_[tier].pop_front();
    problem("a period of the series was dropped: its disk cannot be written for too long");
  }
}

bool Slot::gap() const {
  return observedMs + 1'000 < static_cast<std::uint64_t>((toUs - fromUs) / 1000) || unobservedMs > 0;
}

}  // namespace orbit::series
