#include <algorithm>
#include <array>
#include <bit>

#include "observe/observe.h"

namespace orbit::observe {
namespace {

// Ticks summed beforehand, so that an hour is 60 sums and not 3,600.
constexpr std::uint64_t kBlock = 60;
constexpr std::size_t kMissedMax = 600;
constexpr std::size_t kGenerationsMax = 32;

// A bucket and a count in 32 bits; larger counts take several.
constexpr unsigned kCountBits = 21;
constexpr std::uint32_t kCountMax = (1U << kCountBits) - 1;
static_assert(signal::Histogram::kBuckets <= 1U << (32 - kCountBits));

using Numbers = std::array<std::uint64_t, sizeof(signal::Counters) / sizeof(std::uint64_t)>;
static_assert(Numbers().size() <= 32);

std::string packed(const signal::Key& key) {
  std::string text(1, static_cast<char>(key.kind));
  for (const std::string* part : {&key.route, &key.service, &key.release, &key.instance}) {
    text.append(*part).push_back('\0');
  }
  return text;
}

bool wentBack(const signal::Counters& now, const signal::Counters& before) {
  return now.count() < before.count() || now.probes < before.probes;
}

}  // namespace

std::size_t Windows::Span::bytes() const {
  return sizeof *this + entries.capacity() * sizeof(Entry) + cells.capacity() * sizeof(std::uint32_t) +
         numbers.capacity() * sizeof(std::uint64_t);
}

template <class Visit>
void Windows::Span::each(Visit&& visit) const {
  std::size_t cell = 0, number = 0;
  for (const Entry& entry : entries) {
    Numbers counters{};
    for (std::uint32_t left = entry.present; left != 0; left &= left - 1) {
      counters[static_cast<std::size_t>(std::countr_zero(left))] = numbers[number++];
    }
    visit(entry, std::bit_cast<signal::Counters>(counters), cell);
    cell = entry.cellsEnd;
  }
}

Windows::Windows(Limits limits) : limits_(limits) {}

std::uint32_t Windows::indexOf(const signal::Key& key, bool& known) {
  std::string text = packed(key);
  const auto found = indexOf_.find(text);
  known = found != indexOf_.end() || indexOf_.size() < limits_.seriesMax;
  if (found != indexOf_.end()) return found->second;
  if (!known) return 0;
  std::uint32_t index = static_cast<std::uint32_t>(keys_.size());
  if (freeKeys_.empty()) {
    keys_.push_back(key);
    uses_.push_back(0);
  } else {
    index = freeKeys_.back();
    freeKeys_.pop_back();
    keys_[index] = key;
  }
  indexOf_.emplace(std::move(text), index);
  return index;
}

void Windows::add(const signal::SeriesTotals& now, const signal::SeriesTotals* before) {
  if (now.counters == (before == nullptr ? signal::Counters{} : before->counters)) return;
  if (before != nullptr && wentBack(now.counters, before->counters)) {
    openGap_ = true;
    before = nullptr;
  }
  bool known = false;
  const std::uint32_t index = indexOf(now.key, known);
  if (!known) {
    openGap_ = true;
    return;
  }
  Sum& sum = open_[index];
  sum.counters.merge(before == nullptr ? now.counters : now.counters.since(before->counters));
  sum.latency.merge(before == nullptr ? now.latency : now.latency.since(before->latency));
}

void Windows::take(signal::Snapshot snapshot) {
  const auto found = generations_.find(snapshot.generation);
  if (found == generations_.end()) {
    if (generations_.size() >= kGenerationsMax) {
      openGap_ = true;
      return;
    }
    if (begun_) {
      for (const signal::SeriesTotals& one : snapshot.series) add(one, nullptr);
      openGap_ = openGap_ || snapshot.samplesDropped > 0 || snapshot.latenciesDropped > 0;
    }  // else its past
    const std::uint64_t generation = snapshot.generation;
    generations_.emplace(generation, Generation{std::move(snapshot), 0});
    return;
  }
  Generation& generation = found->second;
  const signal::Snapshot& last = generation.last;
  for (std::size_t at = 0; begun_ && at < snapshot.series.size(); ++at) {
    // They keep their places (signal.h); one that does not is another one.
    const bool same = at < last.series.size() && last.series[at].key == snapshot.series[at].key;
    if (at < last.series.size() && !same) openGap_ = true;
    add(snapshot.series[at], same ? &last.series[at] : nullptr);
  }
  const bool dropped = snapshot.samplesDropped > last.samplesDropped ||
                       snapshot.latenciesDropped > last.latenciesDropped || snapshot.series.size() < last.series.size();
  openGap_ = openGap_ || dropped || generation.missed > 1;
  generation.last = std::move(snapshot);
  generation.missed = 0;
}

bool Windows::unchanged(std::uint64_t generation) {
  const auto found = generations_.find(generation);
  if (found == generations_.end()) return false;
  openGap_ = openGap_ || found->second.missed > 1;
  found->second.missed = 0;
  return true;
}

void Windows::forget(std::uint64_t generation) {
  generations_.erase(generation);
}

void Windows::close(std::map<std::uint32_t, Sum>& sums, Span& span) const {
  span.entries.reserve(sums.size());
  for (auto& [series, sum] : sums) {
    sum.latency.each([&span](unsigned bucket, std::uint64_t count) {
      for (; count > 0; count -= std::min<std::uint64_t>(count, kCountMax)) {
        span.cells.push_back(bucket << kCountBits |
                             static_cast<std::uint32_t>(std::min<std::uint64_t>(count, kCountMax)));
      }
    });
    const auto counters = std::bit_cast<Numbers>(sum.counters);
    std::uint32_t present = 0;
    for (std::size_t at = 0; at < counters.size(); ++at) {
      if (counters[at] == 0) continue;
      present |= 1U << at;
      span.numbers.push_back(counters[at]);
    }
    span.entries.push_back({series, static_cast<std::uint32_t>(span.cells.size()), present});
  }
  span.cells.shrink_to_fit();
  span.numbers.shrink_to_fit();
  sums.clear();
}

void Windows::endTick(std::int64_t wallUs) {
  for (auto it = generations_.begin(); it != generations_.end();) {
    Generation& generation = it->second;
    const bool missing = ++generation.missed > 1 && !generation.last.finished;
    openGap_ = openGap_ || missing;
    it = generation.missed > kMissedMax || (generation.last.finished && generation.missed > 1) ? generations_.erase(it)
                                                                                               : std::next(it);
  }
  if (!begun_) {
    begun_ = true;
    lastEndUs_ = wallUs;
    open_.clear();
    openGap_ = false;
    return;
  }
  Span tick;
  tick.fromUs = lastEndUs_;
  tick.toUs = std::max(lastEndUs_, wallUs);
  tick.gap = openGap_;
  for (const auto& [series, sum] : open_) ++uses_[series];
  close(open_, tick);
  openGap_ = false;
  lastEndUs_ = wallUs;
  bytes_ += tick.bytes();
  ticks_.push_back(std::move(tick));
  if ((firstTick_ + ticks_.size()) % kBlock == 0 && ticks_.size() >= kBlock) sumBlock();
  while (ticks_.size() > limits_.ticksMax || (bytes_ > limits_.bytesMax && !ticks_.empty())) dropOldest();
}

// The last kBlock ticks are a whole block now.
void Windows::sumBlock() {
  std::map<std::uint32_t, Sum> sums;
  Span block;
  block.fromUs = ticks_[ticks_.size() - kBlock].fromUs;
  block.toUs = ticks_.back().toUs;
  for (std::size_t at = ticks_.size() - kBlock; at < ticks_.size(); ++at) {
    const Span& tick = ticks_[at];
    block.gap = block.gap || tick.gap;
    tick.each([&](const Span::Entry& entry, const signal::Counters& counters, std::size_t cell) {
      Sum& sum = sums[entry.series];
      sum.counters.merge(counters);
      for (; cell < entry.cellsEnd; ++cell) {
        sum.latency.addBucket(tick.cells[cell] >> kCountBits, tick.cells[cell] & kCountMax);
      }
    });
  }
  close(sums, block);
  if (blocks_.empty()) firstBlock_ = (firstTick_ + ticks_.size()) / kBlock - 1;
  bytes_ += block.bytes();
  blocks_.push_back(std::move(block));
}

void Windows::dropOldest() {
  const Span& oldest = ticks_.front();
  for (const Span::Entry& entry : oldest.entries) {
    if (--uses_[entry.series] > 0) continue;
    indexOf_.erase(packed(keys_[entry.series]));
    keys_[entry.series] = {};
    freeKeys_.push_back(entry.series);
  }
  bytes_ -= oldest.bytes();
  ticks_.pop_front();
  ++firstTick_;
  // A block whose first tick is gone can be part of no sum.
  if (!blocks_.empty() && firstBlock_ * kBlock < firstTick_) {
    bytes_ -= blocks_.front().bytes();
    blocks_.pop_front();
    ++firstBlock_;
  }
}

void Windows::addSpan(const Span& span, const std::vector<std::int32_t>& groups, std::vector<Window>& windows,
                      std::vector<std::uint8_t>& seen) {
  span.each([&](const Span::Entry& entry, const signal::Counters& counters, std::size_t cell) {
    const std::int32_t group = groups[entry.series];
    if (group == kNoGroup) return;
    Window& window = windows[static_cast<std::size_t>(group)];
    seen[static_cast<std::size_t>(group)] = 1;
    window.counters.merge(counters);
    for (; cell < entry.cellsEnd; ++cell) {
      window.latency.addBucket(span.cells[cell] >> kCountBits, span.cells[cell] & kCountMax);
    }
  });
}

std::vector<std::uint8_t> Windows::collect(std::size_t ticks, const std::vector<std::int32_t>& groups,
                                           std::vector<Window>& windows) const {
  std::vector<std::uint8_t> seen(windows.size());
  const std::uint64_t end = firstTick_ + ticks_.size();
  std::uint64_t at = end - std::min<std::uint64_t>(ticks, ticks_.size());
  const std::int64_t fromUs = at < end ? ticks_[at - firstTick_].fromUs : lastEndUs_;
  const std::int64_t toUs = at < end ? ticks_.back().toUs : lastEndUs_;
  bool gap = ticks > ticks_.size();
  while (at < end) {
    const std::uint64_t block = at / kBlock;
    const bool whole =
        at % kBlock == 0 && at + kBlock <= end && block >= firstBlock_ && block - firstBlock_ < blocks_.size();
    const Span& span = whole ? blocks_[block - firstBlock_] : ticks_[at - firstTick_];
    gap = gap || span.gap;
    addSpan(span, groups, windows, seen);
    at += whole ? kBlock : 1;
  }
  for (Window& window : windows) {
    window.fromUs = fromUs;
    window.toUs = toUs;
    window.gap = gap;
  }
  return seen;
}

Window Windows::sum(const Filter& filter, std::size_t ticks) const {
  std::vector<std::int32_t> groups(keys_.size(), kNoGroup);
  const auto fits = [](const std::string& wanted, const std::string& is) { return wanted.empty() || wanted == is; };
  for (std::size_t at = 0; at < keys_.size(); ++at) {
    const signal::Key& key = keys_[at];
    if (key.kind == filter.kind && fits(filter.route, key.route) && fits(filter.service, key.service) &&
        fits(filter.release, key.release) && fits(filter.instance, key.instance)) {
      groups[at] = 0;
    }
  }
  std::vector<Window> windows(1);
  windows[0].key = {filter.kind, filter.route, filter.service, filter.release, filter.instance};
  collect(ticks, groups, windows);
  return std::move(windows[0]);
}

std::vector<Window> Windows::byRelease(const std::string& service, signal::Key::Kind kind, std::size_t ticks) const {
  const NameOf nameOf = [&](const signal::Key& key) {
    return key.kind == kind && key.service == service ? key.release : std::string();
  };
  std::vector<Window> windows;
  for (auto& [release, window] : grouped(nameOf, ticks)) {
    window.key = {kind, "", service, release, ""};
    windows.push_back(std::move(window));
  }
  return windows;
}

std::map<std::string, Window> Windows::grouped(const NameOf& nameOf, std::size_t ticks) const {
  std::vector<std::int32_t> groups(keys_.size(), kNoGroup);
  std::map<std::string, std::int32_t> numbers;
  for (std::size_t at = 0; at < keys_.size(); ++at) {
    const std::string name = nameOf(keys_[at]);
    if (!name.empty()) groups[at] = numbers.emplace(name, static_cast<std::int32_t>(numbers.size())).first->second;
  }
  std::vector<Window> windows(numbers.size());
  const std::vector<std::uint8_t> seen = collect(ticks, groups, windows);
  std::map<std::string, Window> present;
  for (const auto& [name, number] : numbers) {
    const auto at = static_cast<std::size_t>(number);
    if (seen[at] != 0) present.emplace(name, std::move(windows[at]));
  }
  return present;
}

std::size_t Windows::ticksSince(std::int64_t wallUs) const {
  const auto older =
      std::find_if(ticks_.rbegin(), ticks_.rend(), [&](const Span& tick) { return tick.toUs <= wallUs; });
  return static_cast<std::size_t>(older - ticks_.rbegin());
}

}  // namespace orbit::observe
