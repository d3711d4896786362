#include "collect/resume.h"

#include <algorithm>

#include "collect/limits.h"

namespace orbit::collect {

Resume::Resume(logs::Position from) : from_(std::move(from)), found_(from_.count == 0) {}

std::int64_t Resume::sinceUs() const {
  return from_.count == 0 ? 0 : std::max<std::int64_t>(from_.timeUs - kBackUs, 1);
}

// Of the record's own time, which is that of the last one taken.
bool Resume::takenBefore(const engine::LogRecord& record) {
  ++seen_;
  if (seen_ + from_.hashes.size() <= from_.count) return true;  // more than are remembered one by one
  auto& hashes = from_.hashes;
  const auto known = std::find(hashes.begin(), hashes.end(), logs::fingerprint(record.isError, record.text));
  if (known == hashes.end()) return false;
  hashes.erase(known);
  from_.count = seen_ + static_cast<std::uint32_t>(hashes.size());
  return true;
}

std::vector<engine::LogRecord> Resume::take(engine::LogRecord record, std::optional<Gap>& gap) {
  if (found_) return {std::move(record)};
  if (record.timeUs < from_.timeUs) return {};
  if (record.timeUs == from_.timeUs) {
    if (takenBefore(record)) {
      if (!from_.hashes.empty()) return {};
      found_ = true;
      held_.clear();  // they stand before the last one that was taken
      return {};
    }
    // Said in the same microsecond, but the last one that was taken is not there any more.
    gap = Gap{from_.timeUs, record.timeUs};
    found_ = true;
    return {std::move(record)};
  }
  const bool unclear = record.timeUs <= from_.highUs && held_.size() < kHeldMax;
  const std::int64_t timeUs = record.timeUs;
  held_.push_back(std::move(record));
  if (unclear) return {};
  return release(gap, held_.size() > 1 ? held_.front().timeUs : timeUs);
}

std::vector<engine::LogRecord> Resume::release(std::optional<Gap>& gap, std::int64_t untilUs) {
  if (seen_ == 0) gap = Gap{from_.timeUs, untilUs};
  found_ = true;
  return std::exchange(held_, {});
}

std::vector<engine::LogRecord> Resume::finish(std::optional<Gap>& gap) {
  if (found_ || held_.empty()) return {};
  const std::int64_t firstUs = held_.front().timeUs;
  return release(gap, firstUs);
}

}  // namespace orbit::collect
