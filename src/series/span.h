// One period of one tier, as a value and as bytes. Private to series (its door shows it). Thread rules: plain values;
// pure functions.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "series/tier.h"
#include "series/value.h"

namespace orbit::series {

struct Span {
  std::uint64_t sequence = 0;      // grows from span to span, whatever the wall clock does
  std::int64_t minute = 0;         // since 1970, UTC: when the period begins
  std::uint64_t observedMs = 0;    // for how long somebody looked; no more than the period but for clock steps
  std::uint64_t unobservedMs = 0;  // before it nobody looked; what came meanwhile is in here
  std::uint64_t samplesDropped = 0, latenciesDropped = 0;  // by the edge, that it could not count
  std::map<Key, Value> values;

  // Bounded: beyond kKeysMax names their sum is kept under one.
  Value& at(const Key& key);
  // Adds it, as exact as the tier is.
  void merge(const Span& later, const Tier& tier);
  bool operator==(const Span&) const = default;
};

// Little varints and texts. Reading past the end or nonsense makes ok() false and gives zeros.
class Packer {
 public:
  void number(std::uint64_t value);
  void signedNumber(std::int64_t value);
  void text(std::string_view value);
  void histogram(const signal::Histogram& histogram);
  void value(const Value& value);
  void key(const Key& key);
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number();
  std::int64_t signedNumber();
  std::string_view text();
  std::string_view take(std::uint64_t size);
  signal::Histogram histogram();
  Value value();
  Key key();
  bool ok() const { return ok_; }
  bool atEnd() const { return rest_.empty(); }
  void fail();

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// A span's values without sequence and minute, which stand in the record's head.
std::string packSpan(const Span& span);
// Calls visit(key, value) for each key that `wanted` says yes to; values of others are passed over unread. Errors:
// kInvalid.
template <class Wanted, class Visit>
Status visitSpan(std::string_view bytes, Span& head, Wanted&& wanted, Visit&& visit);
Result<Span> unpackSpan(std::string_view bytes);

// The parts of visitSpan: the head, then entry by entry.
class SpanReader {
 public:
  SpanReader(std::string_view bytes, Span& head);
  // False: there are no more, or ok() is false.
  bool next();
  const Key& key() const { return key_; }
  Value value() const;
  bool ok() const { return in_.ok() && good_; }

 private:
  Unpacker in_;
  std::uint64_t left_ = 0;
  std::string packedKey_;
  Key key_;
  std::string_view entry_;
  mutable bool good_ = true;
};

template <class Wanted, class Visit>
Status visitSpan(std::string_view bytes, Span& head, Wanted&& wanted, Visit&& visit) {
  SpanReader reader(bytes, head);
  while (reader.next()) {
    if (wanted(reader.key())) visit(reader.key(), reader.value());
  }
  if (!reader.ok()) return Error{Code::kInvalid, "a record of the series is not readable", "", {}, false};
  return {};
}

}  // namespace orbit::series
