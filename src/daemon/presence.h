// Whether the time before this start is one in which nothing was served. A dead daemon alone is none: the edge goes on,
// and hold, the parent of both, starts either again. So it begins with the last heartbeat that the series have of the
// time before this hold, and ends when this hold began. Within one boot it is measured by a clock that nobody sets;
// over a reboot there is only the wall clock, which is asked late, when it was set right. Private to daemon. Thread
// rules: a plain value.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "alert/alert.h"
#include "base/base.h"
#include "series/series.h"

namespace orbit::daemon {

class Presence {
 public:
  struct Now {
    std::string boot;         // the kernel's id of this boot; "": not known, and then nothing is concluded
    std::int64_t bootUs = 0;  // since it booted, sleep included
    std::int64_t heldUs = 0;  // on the same clock: when hold began
    std::int64_t wallUs = 0;
  };
  // `kept`: what text() was when it was last written; "" none.
  Presence(const std::string& kept, const series::Recorder::Before& before, const Now& now);

  // To be on disk before the series go on, and whenever it is another one.
  std::string text() const;
  // To be called every few seconds: the wall clock may have been set.
  void see(const Now& now);
  // What was missed, until it is told.
  std::optional<alert::Outage> missed(const Now& now) const;
  void told() { missed_.reset(); }

 private:
  struct Missed {
    std::string boot;         // in which the last heartbeat was
    std::int64_t bootUs = 0;  // of it
    std::int64_t wallUs = 0;
    bool stopped = false;
  };
  std::string boot_;
  std::int64_t heldUs_ = 0;
  std::int64_t offsetUs_ = 0;  // of the wall clock to the boot's
  std::optional<Missed> missed_;
};

// Of this process, whose parent is hold.
Presence::Now presenceNow(const Clock& clock);

}  // namespace orbit::daemon
