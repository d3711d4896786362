// What is kept of one series in one period, and its name. Thread rules: plain values.
#pragma once
#include <compare>
#include <cstdint>
#include <string>

#include "signal/signal.h"

namespace orbit::series {

enum class Kind : std::uint8_t {
  kRequests = 0,  // by project, environment, service, route, release; what the edge answered itself has no release
  kAttempts = 1,  // by project, environment, service, release, instance
  kGauge = 2,     // `metric` of something at moments: a container's memory, the host's load
  kSum = 3,       // `metric` as something that adds up: seconds of a processor, bytes, kills
  // `metric` as a distribution that visitors measured: "LCP", "LCP from cache"; by project, environment, service,
  // release, and the page as `instance`.
  kTimes = 4,
};

struct Key {
  Kind kind = Kind::kRequests;
  std::string metric;                         // "" for requests and attempts
  std::string project, environment, service;  // of no project: "", "", the name in the edge's table
  std::string route, release, instance;
  auto operator<=>(const Key&) const = default;
};

// A series of the edge by its name here: "shop.production.web" is taken apart.
Key keyOf(const signal::Key& key);

// A value at moments of a period, in the metric's unit.
struct Gauge {
  std::uint64_t samples = 0;
  std::int64_t sum = 0, least = 0, most = 0, last = 0;
  void add(std::int64_t value);
  void merge(const Gauge& later);
  double mean() const { return samples == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(samples); }
  bool operator==(const Gauge&) const = default;
};

struct Value {
  signal::Counters counters;  // kRequests, kAttempts; of kTimes the views
  signal::Histogram latency;  // us; of kTimes the metric's own unit: of CLS millionths
  Gauge gauge;                // kGauge; of kSum `sum` is what was added
  void merge(const Value& later);
  bool empty() const;
  bool operator==(const Value&) const = default;
};

// The same counts in buckets of at most 5 % error. Coarse ones stay as they are, so it may be done again and again.
signal::Histogram coarse(const signal::Histogram& fine);

}  // namespace orbit::series
