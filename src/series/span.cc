#include "series/span.h"

#include <algorithm>
#include <array>

#include "series/limits.h"

namespace orbit::series {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kRunGapMax = 2;  // zeros that are cheaper written than a new run

template <class OfKey>
auto partsOf(OfKey& key) {
  return std::array{&key.metric, &key.project, &key.environment, &key.service, &key.route, &key.release, &key.instance};
}

std::string packedText(const Key& key) {
  std::string text(1, static_cast<char>(key.kind));
  for (const std::string* part : partsOf(key)) {
    const std::string_view cut = std::string_view(*part).substr(0, kKeyPartBytesMax);
    for (const char c : cut) text.push_back(c == '\0' ? ' ' : c);
    text.push_back('\0');
  }
  return text;
}

bool readText(std::string_view text, Key& key) {
  if (text.empty() || static_cast<unsigned char>(text.front()) > static_cast<unsigned char>(Kind::kTimes)) return false;
  key.kind = static_cast<Kind>(text.front());
  text.remove_prefix(1);
  for (std::string* part : partsOf(key)) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos || end > kKeyPartBytesMax) return false;
    *part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return text.empty();
}

// Calls each(word) for all plain numbers of a value, in the order of the format.
template <class OfValue, class Each>
void words(OfValue& value, Each each) {
  for (auto& one : value.counters.byClass) each(one);
  for (auto& one : value.counters.byOutcome) each(one);
  each(value.counters.errors);
  each(value.counters.overThreshold);
  each(value.counters.bytesIn);
  each(value.counters.bytesOut);
  each(value.counters.latencySumUs);
  each(value.counters.probes);
  each(value.gauge.samples);
}

template <class OfGauge, class Each>
void signedWords(OfGauge& gauge, Each each) {
  each(gauge.sum);
  each(gauge.least);
  each(gauge.most);
  each(gauge.last);
}

constexpr unsigned kWords = 6 + signal::kOutcomes + 7;
constexpr unsigned kHistogramBit = kWords + 4;

std::size_t sharedWith(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

}  // namespace

Value& Span::at(const Key& key) {
  const auto found = values.find(key);
  if (found != values.end()) return found->second;
  if (values.size() < kKeysMax) return values[key];
  Key other;
  other.kind = key.kind;
  other.metric = key.metric;
  other.route = "(others)";
  return values[other];
}

void Span::merge(const Span& later, const Tier& tier) {
  sequence = later.sequence;
  observedMs += later.observedMs;
  unobservedMs += later.unobservedMs;
  samplesDropped += later.samplesDropped;
  latenciesDropped += later.latenciesDropped;
  for (const auto& [key, value] : later.values) {
    Value& ours = at(key);
    ours.counters.merge(value.counters);
    ours.gauge.merge(value.gauge);
    if (key.kind == Kind::kAttempts && !tier.byInstance) continue;
    ours.latency.merge(tier.coarse ? coarse(value.latency) : value.latency);
  }
}

void Packer::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
  bytes_.push_back(static_cast<char>(value));
}

void Packer::signedNumber(std::int64_t value) {
  number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

void Packer::text(std::string_view value) {
  number(value.size());
  bytes_.append(value);
}

// Runs of buckets: how many are passed over, how many follow, their counts.
void Packer::histogram(const signal::Histogram& histogram) {
  std::vector<std::pair<unsigned, std::uint64_t>> cells;
  histogram.each([&cells](unsigned bucket, std::uint64_t count) { cells.emplace_back(bucket, count); });
  unsigned end = 0;
  for (std::size_t at = 0; at < cells.size();) {
    std::size_t last = at;
    while (last + 1 < cells.size() && cells[last + 1].first - cells[last].first <= kRunGapMax + 1) ++last;
    const unsigned first = cells[at].first, size = cells[last].first - first + 1;
    number(size);
    number(first - end);
    for (unsigned bucket = first; bucket < first + size; ++bucket) {
      const bool is = cells[at].first == bucket;
      number(is ? cells[at++].second : 0);
    }
    end = first + size;
  }
  number(0);
}

void Packer::value(const Value& value) {
  std::uint64_t mask = 0;
  unsigned bit = 0;
  words(value, [&](std::uint64_t word) { mask |= std::uint64_t{word != 0} << bit++; });
  signedWords(value.gauge, [&](std::int64_t word) { mask |= std::uint64_t{word != 0} << bit++; });
  mask |= std::uint64_t{value.latency.count() != 0} << bit;
  number(mask);
  words(value, [this](std::uint64_t word) {
    if (word != 0) number(word);
  });
  signedWords(value.gauge, [this](std::int64_t word) {
    if (word != 0) signedNumber(word);
  });
  if (value.latency.count() != 0) histogram(value.latency);
}

void Packer::key(const Key& key) {
  text(packedText(key));
}

void Unpacker::fail() {
  ok_ = false;
  rest_ = {};
}

std::uint64_t Unpacker::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  fail();
  return 0;
}

std::int64_t Unpacker::signedNumber() {
  const std::uint64_t value = number();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::string_view Unpacker::take(std::uint64_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

std::string_view Unpacker::text() {
  return take(number());
}

signal::Histogram Unpacker::histogram() {
  signal::Histogram histogram;
  std::uint64_t bucket = 0;
  for (std::uint64_t size = number(); size != 0 && ok_; size = number()) {
    const std::uint64_t gap = number();
    if (gap > signal::Histogram::kBuckets || size > signal::Histogram::kBuckets ||
        bucket + gap + size > signal::Histogram::kBuckets) {
      fail();
      break;
    }
    bucket += gap;
    for (const std::uint64_t end = bucket + size; bucket < end; ++bucket) {
      histogram.addBucket(static_cast<unsigned>(bucket), number());
    }
  }
  return histogram;
}

Value Unpacker::value() {
  Value value;
  const std::uint64_t mask = number();
  if (mask >> (kHistogramBit + 1) != 0) fail();
  unsigned bit = 0;
  words(value, [&](std::uint64_t& word) {
    if ((mask >> bit++ & 1) != 0) word = number();
  });
  signedWords(value.gauge, [&](std::int64_t& word) {
    if ((mask >> bit++ & 1) != 0) word = signedNumber();
  });
  if ((mask >> bit & 1) != 0) value.latency = histogram();
  return value;
}

Key Unpacker::key() {
  Key key;
  if (!readText(text(), key)) fail();
  return key;
}

std::string packSpan(const Span& span) {
  Packer out;
  out.number(kFormat);
  out.number(span.observedMs);
  out.number(span.unobservedMs);
  out.number(span.samplesDropped);
  out.number(span.latenciesDropped);
  out.number(span.values.size());
  std::string before;
  for (const auto& [key, value] : span.values) {
    // Neighbours share most of their names.
    const std::string text = packedText(key);
    const std::size_t shared = sharedWith(before, text);
    Packer entry;
    entry.value(value);
    out.number(shared);
    out.text(std::string_view(text).substr(shared));
    out.text(entry.bytes());
    before = text;
  }
  return std::move(out.bytes());
}

SpanReader::SpanReader(std::string_view bytes, Span& head) : in_(bytes) {
  if (in_.number() != kFormat) in_.fail();
  head.observedMs = in_.number();
  head.unobservedMs = in_.number();
  head.samplesDropped = in_.number();
  head.latenciesDropped = in_.number();
  left_ = in_.number();
}

bool SpanReader::next() {
  if (!ok() || left_ == 0) {
    if (left_ == 0 && !in_.atEnd()) in_.fail();
    return false;
  }
  --left_;
  const std::uint64_t shared = in_.number();
  const std::string_view rest = in_.text();
  if (shared > packedKey_.size()) in_.fail();
  if (!in_.ok()) return false;
  packedKey_.resize(shared);
  packedKey_ += rest;
  entry_ = in_.text();
  good_ = in_.ok() && readText(packedKey_, key_);
  return good_;
}

Value SpanReader::value() const {
  Unpacker entry(entry_);
  Value value = entry.value();
  good_ = entry.ok() && entry.atEnd();
  return value;
}

Result<Span> unpackSpan(std::string_view bytes) {
  Span span;
  ORBIT_TRY_STATUS(visitSpan(
      bytes, span, [](const Key&) { return true; },
      [&span](const Key& key, Value value) { span.at(key).merge(value); }));
  return span;
}

}  // namespace orbit::series
