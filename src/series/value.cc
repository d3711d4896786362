#include "series/value.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/base.h"

namespace orbit::series {
namespace {

using signal::Histogram;

constexpr double kCoarseError = 0.05;

double middleOf(unsigned bucket) {
  const std::uint64_t low = Histogram::lowest(bucket), high = Histogram::highest(bucket);
  return static_cast<double>(low + (high - low) / 2);
}

// Whether the middle of bucket `at` stands for every value of the buckets from `first` to `last`.
bool standsFor(unsigned at, unsigned first, unsigned last) {
  const double middle = middleOf(at);
  const auto lowest = static_cast<double>(Histogram::lowest(first)),
             highest = static_cast<double>(Histogram::highest(last));
  return middle - lowest <= kCoarseError * lowest && highest - middle <= kCoarseError * highest;
}

// Of each bucket the one that stands for it: groups as wide as the error allows.
std::array<std::uint16_t, Histogram::kBuckets> representatives() {
  std::array<std::uint16_t, Histogram::kBuckets> table{};
  for (unsigned first = 0; first < Histogram::kBuckets;) {
    unsigned best = first, end = first + 1;
    for (unsigned at = first; at < Histogram::kBuckets && standsFor(at, first, at); ++at) {
      while (end < Histogram::kBuckets && standsFor(at, first, end)) ++end;
      best = at;
    }
    for (unsigned bucket = first; bucket < end; ++bucket) table[bucket] = static_cast<std::uint16_t>(best);
    first = end;
  }
  return table;
}

Kind kindOf(signal::Key::Kind kind) {
  switch (kind) {
    case signal::Key::Kind::kRequest:
      return Kind::kRequests;
    case signal::Key::Kind::kAttempt:
      return Kind::kAttempts;
    case signal::Key::Kind::kVital:
      break;
  }
  return Kind::kTimes;
}

std::string_view takePart(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view part = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return part;
}

}  // namespace

Key keyOf(const signal::Key& key) {
  Key ours;
  ours.kind = kindOf(key.kind);
  ours.service = key.service;
  if (std::count(key.service.begin(), key.service.end(), '.') >= 2) {
    std::string_view rest = key.service;
    ours.project = takePart(rest);
    ours.environment = takePart(rest);
    ours.service = rest;
  }
  ours.release = key.release;
  if (ours.kind == Kind::kRequests) ours.route = key.route;
  if (ours.kind == Kind::kAttempts) ours.instance = key.instance;
  if (ours.kind == Kind::kTimes) {
    const signal::VitalName name = signal::vitalNameOf(key.instance);
    ours.metric = std::string(name.metric) + (name.fromCache ? " from cache" : "");
    ours.instance = name.page;
  }
  return ours;
}

void Gauge::add(std::int64_t value) {
  least = samples == 0 ? value : std::min(least, value);
  most = samples == 0 ? value : std::max(most, value);
  ++samples;
  sum += value;
  last = value;
}

void Gauge::merge(const Gauge& later) {
  if (later.samples == 0) return;
  least = samples == 0 ? later.least : std::min(least, later.least);
  most = samples == 0 ? later.most : std::max(most, later.most);
  samples += later.samples;
  sum += later.sum;
  last = later.last;
}

void Value::merge(const Value& later) {
  counters.merge(later.counters);
  latency.merge(later.latency);
  gauge.merge(later.gauge);
}

bool Value::empty() const {
  return counters == signal::Counters{} && latency.count() == 0 && gauge.samples == 0;
}

Histogram coarse(const Histogram& fine) {
  static const auto table = representatives();
  Histogram result;
  fine.each([&result](unsigned bucket, std::uint64_t count) { result.addBucket(table[bucket], count); });
  return result;
}

}  // namespace orbit::series
