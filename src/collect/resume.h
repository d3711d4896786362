// Where a log that is read again has what was not taken before. The engine knows no place but a time (`since`,
// inclusive and by its own clock), so the records from a little before the last one on are compared with what is known
// of it. Private to collect. Thread rules: plain values.
#pragma once
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "logs/logs.h"

namespace orbit::collect {

class Resume {
 public:
  explicit Resume(logs::Position from);
  std::int64_t sinceUs() const;  // 0: from the beginning

  // Between these times lines may be missing: the engine no longer has the last one that was taken.
  struct Gap {
    std::int64_t fromUs = 0, untilUs = 0;
  };
  // The records that are new with this one, in order. `gap` is set once, when there is one before them.
  std::vector<engine::LogRecord> take(engine::LogRecord record, std::optional<Gap>& gap);
  // What was held when the log was read to its end.
  std::vector<engine::LogRecord> finish(std::optional<Gap>& gap);
  bool found() const { return found_; }  // the place: all that follows is new

 private:
  std::vector<engine::LogRecord> giveUp(std::optional<Gap>& gap);
  bool isLast(const engine::LogRecord& record) const;

  logs::Position from_;
  std::int64_t leastUs_ = 0;  // no remembered record is older
  std::uint32_t seen_ = 0;    // of those with the last one's time
  std::vector<engine::LogRecord> held_;
  bool found_ = false;
};

}  // namespace orbit::collect
