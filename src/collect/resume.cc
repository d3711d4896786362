#include "collect/resume.h"

#include <algorithm>

#include "collect/limits.h"

namespace orbit::collect {

Resume::Resume(logs::Position from) : from_(std::move(from)), leastUs_(from_.timeUs), found_(from_.count == 0) {
  for (const auto& mark : from_.recent) leastUs_ = std::min(leastUs_, mark.timeUs);
}

std::int64_t Resume::sinceUs() const {
  return from_.count == 0 ? 0 : std::max<std::int64_t>(from_.timeUs - kBackUs, 1);
}

bool Resume::isLast(const engine::LogRecord& record) const {
  return record.timeUs == from_.timeUs && !from_.recent.empty() &&
         from_.recent.back().hash == logs::fingerprint(record.isError, record.text);
}

// The last record that was taken is the count-th of its time, and what follows it is new. Until it is found, what may
// be new is held; that it will not be found is clear when a later time than any that was taken comes: the engine has
// rotated it away, or others of its time in front of it.
std::vector<engine::LogRecord> Resume::take(engine::LogRecord record, std::optional<Gap>& gap) {
  if (found_) return {std::move(record)};
  if (record.timeUs < leastUs_) return {};  // long before it
  if (record.timeUs == from_.timeUs) ++seen_;
  if (seen_ >= from_.count && isLast(record)) {
    found_ = true;
    held_.clear();
    return {};
  }
  const bool later = record.timeUs > from_.highUs;
  held_.push_back(std::move(record));
  if (!later && held_.size() < kHeldMax) return {};
  return giveUp(gap);
}

std::vector<engine::LogRecord> Resume::giveUp(std::optional<Gap>& gap) {
  found_ = true;
  const auto last = std::find_if(held_.rbegin(), held_.rend(), [this](const auto& record) { return isLast(record); });
  if (last == held_.rend()) gap = Gap{from_.timeUs, held_.front().timeUs};
  held_.erase(held_.begin(), last.base());  // with what stands before it
  return std::exchange(held_, {});
}

std::vector<engine::LogRecord> Resume::finish(std::optional<Gap>& gap) {
  if (found_ || held_.empty()) return {};
  return giveUp(gap);
}

}  // namespace orbit::collect
