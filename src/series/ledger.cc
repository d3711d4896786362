#include "series/ledger.h"

#include <algorithm>

#include "series/limits.h"

namespace orbit::series {
namespace {

std::string packed(const signal::Key& key) {
  std::string text(1, static_cast<char>(key.kind));
  for (const std::string* part : {&key.route, &key.service, &key.release, &key.instance}) {
    text.append(*part).push_back('\0');
  }
  return text;
}

bool unpack(std::string_view text, signal::Key& key) {
  constexpr char kLast = static_cast<char>(signal::Key::Kind::kVital);
  if (text.empty() || text.front() < 0 || text.front() > kLast) return false;
  key.kind = static_cast<signal::Key::Kind>(text.front());
  text.remove_prefix(1);
  for (std::string* part : {&key.route, &key.service, &key.release, &key.instance}) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return false;
    *part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return text.empty();
}

std::uint64_t answered(const signal::Counters& counters) {
  return counters.byOutcome[static_cast<std::size_t>(signal::Outcome::kAnswered)];
}

void begin(Packer& out, Item item) {
  out.number(static_cast<std::uint64_t>(item));
}

}  // namespace

Ledger::Counted* Ledger::counted(std::uint64_t number, Generation& generation, const signal::SeriesTotals& now,
                                 std::size_t place, Packer& out) {
  if (place < generation.bySnapshot.size()) {
    Counted& known = generation.series[generation.bySnapshot[place]];
    if (known.key == now.key) return &known;
  }
  const std::string text = packed(now.key);
  auto found = generation.indexOf.find(text);
  if (found == generation.indexOf.end()) {
    if (series_ >= kCountedMax) return nullptr;
    ++series_;
    const auto index = static_cast<std::uint32_t>(generation.series.size());
    found = generation.indexOf.emplace(text, index).first;
    Counted& fresh = generation.series.emplace_back();
    fresh.key = now.key;
    fresh.id = static_cast<std::uint32_t>(places_.size());
    places_.emplace_back(number, index);
    begin(out, Item::kDefine);
    out.number(fresh.id);
    out.number(number);
    out.text(text);
  }
  if (place >= generation.bySnapshot.size()) generation.bySnapshot.resize(place + 1, found->second);
  generation.bySnapshot[place] = found->second;
  return &generation.series[found->second];
}

bool Ledger::takeOne(Counted& before, const signal::SeriesTotals& now, Span* span, Packer& out) {
  const bool back = now.counters.count() < before.counters.count() || now.counters.probes < before.counters.probes;
  if (back) {
    before = Counted{before.key, before.id, {}, {}, {}, true};
    begin(out, Item::kSet);
    out.number(before.id);
    out.value({});
  }
  const signal::Histogram& base = before.latency;
  Value added;
  added.counters = now.counters.since(before.counters);
  // Not more in it than came since: what was counted of it is given back.
  const bool anew = !before.seen && now.latency.count() <= answered(added.counters);
  // It may be ahead of the counters for a moment.
  if (anew) added.latency = now.latency;
  if (!anew && (!before.seen || now.latency.count() != base.count())) added.latency = now.latency.since(base);
  const bool moved = now.given.count() != before.given.count() ||
                     (!before.seen && now.latency.count() < base.count() + added.latency.count());
  if (!added.empty()) {
    begin(out, Item::kAdd);
    out.number(before.id);
    out.value(added);
    if (span != nullptr) span->at(keyOf(now.key)).merge(added);
    before.counters = now.counters;
  }
  if (!added.empty() || !before.seen) before.latency = now.latency;
  if (moved) {
    before.given = now.given;
    begin(out, Item::kHeld);
    out.number(before.id);
    out.histogram(before.held());
  }
  before.seen = true;
  return !back;
}

bool Ledger::takeAll(const signal::Snapshot& snapshot, Span* span, Packer& out) {
  if (!generations_.contains(snapshot.generation) && generations_.size() >= kGenerationsMax) return false;
  Generation& generation = generations_[snapshot.generation];
  bool whole = true;
  for (std::size_t place = 0; place < snapshot.series.size(); ++place) {
    const signal::SeriesTotals& now = snapshot.series[place];
    Counted* before = counted(snapshot.generation, generation, now, place, out);
    whole = before != nullptr && takeOne(*before, now, span, out) && whole;
  }
  const std::uint64_t samples = snapshot.samplesDropped, latencies = snapshot.latenciesDropped;
  if (samples != generation.samplesDropped || latencies != generation.latenciesDropped) {
    if (span != nullptr) {
      span->samplesDropped += samples - std::min(samples, generation.samplesDropped);
      span->latenciesDropped += latencies - std::min(latencies, generation.latenciesDropped);
    }
    generation.samplesDropped = samples;
    generation.latenciesDropped = latencies;
    begin(out, Item::kDrops);
    out.number(snapshot.generation);
    out.number(samples);
    out.number(latencies);
  }
  return whole;
}

bool Ledger::take(const signal::Snapshot& snapshot, Span& span, Packer& out) {
  return takeAll(snapshot, &span, out);
}

void Ledger::skip(const signal::Snapshot& snapshot) {
  Packer untold;
  takeAll(snapshot, nullptr, untold);
}

void Ledger::keepOnly(const std::vector<std::uint64_t>& generations) {
  const auto gone = [&](const auto& each) {
    return std::find(generations.begin(), generations.end(), each.first) == generations.end();
  };
  for (const auto& each : generations_) {
    if (gone(each)) series_ -= each.second.series.size();
  }
  std::erase_if(generations_, gone);
}

void Ledger::writeAll(Packer& out) {
  places_.clear();
  for (auto& [number, generation] : generations_) {
    for (std::uint32_t index = 0; index < generation.series.size(); ++index) {
      Counted& one = generation.series[index];
      one.id = static_cast<std::uint32_t>(places_.size());
      places_.emplace_back(number, index);
      begin(out, Item::kDefine);
      out.number(one.id);
      out.number(number);
      out.text(packed(one.key));
      begin(out, Item::kSet);
      out.number(one.id);
      out.value({one.counters, {}, {}});
      begin(out, Item::kHeld);
      out.number(one.id);
      out.histogram(one.held());
    }
    begin(out, Item::kDrops);
    out.number(number);
    out.number(generation.samplesDropped);
    out.number(generation.latenciesDropped);
  }
}

Ledger::Counted* Ledger::byId(std::uint64_t id) {
  if (id >= places_.size()) return nullptr;
  const auto found = generations_.find(places_[id].first);
  return found == generations_.end() ? nullptr : &found->second.series[places_[id].second];
}

bool Ledger::define(Unpacker& in) {
  const std::uint64_t id = in.number(), number = in.number();
  const std::string text(in.text());
  signal::Key key;
  if (!in.ok() || !unpack(text, key) || id != places_.size() || series_ >= kCountedMax) return false;
  if (!generations_.contains(number) && generations_.size() >= kGenerationsMax) return false;
  Generation& generation = generations_[number];
  const auto index = static_cast<std::uint32_t>(generation.series.size());
  if (!generation.indexOf.emplace(text, index).second) return false;
  Counted& fresh = generation.series.emplace_back();
  fresh.key = std::move(key);
  fresh.id = static_cast<std::uint32_t>(id);
  places_.emplace_back(number, index);
  ++series_;
  return true;
}

bool Ledger::replay(Item item, Unpacker& in, Span* span) {
  if (item == Item::kDefine) return define(in);
  if (item == Item::kDrops) {
    const std::uint64_t number = in.number(), samples = in.number(), latencies = in.number();
    const auto found = generations_.find(number);
    if (!in.ok()) return false;
    if (found == generations_.end()) return true;  // one without a series yet
    Generation& generation = found->second;
    if (span != nullptr) {
      span->samplesDropped += samples - std::min(samples, generation.samplesDropped);
      span->latenciesDropped += latencies - std::min(latencies, generation.latenciesDropped);
    }
    generation.samplesDropped = samples;
    generation.latenciesDropped = latencies;
    return true;
  }
  Counted* one = byId(in.number());
  if (one == nullptr) return false;
  if (item == Item::kHeld) {
    one->latency = in.histogram();
    return in.ok();
  }
  const Value value = in.value();
  if (!in.ok()) return false;
  if (item == Item::kSet) {
    one->counters = value.counters;
    one->latency = value.latency;
    return true;
  }
  if (item != Item::kAdd) return false;
  one->counters.merge(value.counters);
  one->latency.merge(value.latency);
  if (span != nullptr) span->at(keyOf(one->key)).merge(value);
  return true;
}

}  // namespace orbit::series
