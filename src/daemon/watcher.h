// The tick: looks at what the edge's generations counted, each second, and five times a second while somebody judges a
// release by it. With no request since, a look costs a few small reads. Private to daemon. Thread rules: the thread of
// its Loop; a look blocks it for as long as it takes to copy memory.
#pragma once
#include <functional>
#include <set>
#include <string>

#include "net/net.h"
#include "observe/observe.h"

namespace orbit::daemon {

class Watcher {
 public:
  // `folder`: of the signal files.
  Watcher(net::Loop& loop, std::string folder);

  net::Task<void> run(net::Cancel& cancel);
  const observe::Windows& windows() const { return windows_; }
  std::uint64_t tick() const { return tick_; }  // how many there were
  // Returns when there were more than `tick` ticks. Looks more often from now on, for as long as it is asked again
  // within a few seconds.
  net::Task<Status> after(std::uint64_t tick, net::Wait wait);

  // Called with each record while somebody looks more often or listens, in the order of its generation; before the tick
  // it belongs to ends.
  using Record = std::function<void(const signal::Reader::Seen&)>;
  void onRecord(Record record) { onRecord_.push_back(std::move(record)); }
  // Records are read for so long from now on, also while nobody looks more often.
  void listen(Duration span);
  // Each snapshot that says something new, those of generations that ended before our time included.
  using Snapshot = std::function<void(const signal::Snapshot&)>;
  void onSnapshot(Snapshot snapshot) { onSnapshot_ = std::move(snapshot); }
  // After them, at the end of each tick: the generations there are.
  using Ticked = std::function<void(const std::vector<std::uint64_t>& generations)>;
  void onTick(Ticked ticked) { onTick_ = std::move(ticked); }

 private:
  struct Known {
    signal::Reader::Pulse pulse;
    Instant snapshotAt{};
    bool behind = true;  // its records were not read all along: what is there is of before
  };
  void look();
  signal::Snapshot snapshotOf(signal::Reader& reader) const;
  bool lookAt(std::uint64_t generation, signal::Reader& reader);
  void readRecords(Known& known, signal::Reader& reader);
  bool attentive() const;

  net::Loop& loop_;
  signal::Generations generations_;
  observe::Windows windows_;
  std::map<std::uint64_t, Known> known_;
  std::set<std::uint64_t> done_;  // finished or dead, and read to the end
  std::vector<Record> onRecord_;
  Snapshot onSnapshot_;
  Ticked onTick_;
  std::uint64_t tick_ = 0;
  Instant attentiveUntil_{}, listeningUntil_{};
  net::Condition ticked_, asked_;
};

}  // namespace orbit::daemon
