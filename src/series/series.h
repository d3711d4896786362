// The door of series: what happened, minute by minute for two days, in five minutes for two weeks, in hours for a year;
// in compact files that only grow at their ends and are dropped whole. docs/metrics.md says what is kept and how exact.
//
//   edge's cumulative counters ─▶ Ledger: what is new ─▶ the open minute ─▶ minutes ─▶ fives ─▶ hours
//                                    │ each tick                 │ when it is over
//                                    ▼                           ▼
//                                 "progress"                 "minutes-2026112806.series" …
//
// Exact over kills: the edge counts on while nobody looks, "progress" says what of it was counted, and into which
// period. It is written before the period is, a period has a number that its record carries, and what is in a record is
// not taken from "progress" again. So at whichever write the process dies, each request is in exactly one period.
//
// A period that has no record is a gap: unknown, not zero. A disk that is full is told and waited for; meanwhile
// periods stay in memory. What of a file is damaged costs itself, is told, and stops nothing.
//
// Thread rules: a Recorder belongs to its loop's thread and does no I/O after open(); run() and answer() may be on
// another thread, one run() at a time.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "series/disk.h"    // IWYU pragma: export
#include "series/ledger.h"  // IWYU pragma: export
#include "series/mark.h"    // IWYU pragma: export
#include "series/record.h"  // IWYU pragma: export
#include "series/span.h"    // IWYU pragma: export
#include "series/tier.h"    // IWYU pragma: export
#include "series/value.h"   // IWYU pragma: export

namespace orbit::series {

// What is asked: the sums of some series over a time, in steps.
struct Question {
  std::int64_t fromUs = 0, toUs = 0;  // wall time; widened to whole periods
  std::int64_t stepUs = 0;            // of a slot, rounded up to whole periods; 0: one slot for all
  // Under which name a series is summed; false: not at all. Must not refer to what may be gone.
  std::function<bool(const Key& key, Key& name)> nameOf;
};

struct Slot {
  std::int64_t fromUs = 0, toUs = 0;
  std::uint64_t observedMs = 0;  // less than its length: the rest was not observed
  std::uint64_t unobservedMs = 0;
  std::uint64_t samplesDropped = 0, latenciesDropped = 0;
  std::map<Key, Value> values;
  // Nobody looked for a second or more of it.
  bool gap() const;
};

struct Answer {
  std::int64_t periodUs = 0;  // of the tier it came from
  bool coarse = false;        // quantiles within 5 %, else 1 %
  std::vector<Slot> slots;
  std::size_t damaged = 0;  // periods that could not be read
};

// An answer of which only the files must still be read.
struct Reading {
  struct Piece {
    std::string name;
    Record record;
  };
  Question question;
  Answer answer;
  std::vector<Piece> pieces;
};
Answer answer(const Disk& disk, Reading reading);

class Recorder {
 public:
  // Reads what is there; blocks. Never fails: what cannot be read is a problem and left out.
  explicit Recorder(const Disk& disk);

  // What the process before this one left behind.
  struct Before {
    std::int64_t wallUs = 0;  // when it last was there, within ten seconds; 0: not known
    bool stopped = false;     // it came to an orderly end
  };
  const Before& before() const { return before_; }

  // Of every generation that there is, before each tick().
  void take(const signal::Snapshot& snapshot);
  // The generations whose files are there still.
  void keepOnly(const std::vector<std::uint64_t>& generations) { ledger_.keepOnly(generations); }
  void gauge(const Key& key, std::int64_t value);
  void add(const Key& key, const Value& value);
  // Once a second or more often.
  void tick(std::int64_t wallUs, Instant now);
  // An orderly end: nothing is taken any more.
  void stop(std::int64_t wallUs);

  // What is to be done on disk now; done() must follow before it is asked again.
  std::vector<Action> actions();
  void done(const Outcome& outcome);

  Reading reading(Question question, std::int64_t nowUs) const;
  // Requests by project, environment and service since this process began; only grows.
  Span totals() const;
  std::uint64_t samplesDropped() const { return totals_.samplesDropped + open_.samplesDropped; }  // likewise
  const std::deque<Mark>& marks() const { return marks_; }  // of the minutes that are kept
  // What was damaged or could not be written, for people; the newest last.
  const std::deque<std::string>& problems() const { return problems_; }
  bool writes() const { return !failing_; }  // the last try succeeded
  std::uint64_t bytes() const;               // on disk

 private:
  struct File {
    TierFile of;
    std::uint64_t end = 0;
    std::vector<Record> records;
  };
  // What a done action means to us.
  struct Effect {
    enum class Kind : std::uint8_t { kNone, kProgress, kCheckpoint, kSpan, kMark, kRemove } kind = Kind::kNone;
    std::size_t tier = 0;
    std::string name;
    Record record;
    std::uint64_t end = 0;
  };
  struct Payload {
    std::uint64_t sequence = 0;
    std::int64_t minute = 0;
    std::string bytes;
  };

  void openFiles(const Disk& disk, const std::vector<Disk::File>& files);
  void readProgress(const Disk& disk, std::uint64_t bytes, std::map<std::uint64_t, Span>& spans);
  bool replay(const Record& record, std::string_view payload, std::map<std::uint64_t, Span>& spans);
  bool replayItems(std::string_view payload, Span* span);
  void sumAgain(const Disk& disk);
  void adopt(std::map<std::uint64_t, Span> spans);
  void problem(std::string text);
  void mark(Mark mark);

  void closeMinute(std::int64_t minute);
  static void addToTotals(const Span& span, Span& totals);
  void addToSums(const Span& span);
  void wait(std::size_t tier, Span span);
  void endPayload();
  std::string checkpoint();
  void addProgress(std::vector<Action>& actions);
  void addSpans(std::vector<Action>& actions);
  void addCuts(std::vector<Action>& actions);
  void addMarks(std::vector<Action>& actions);
  void addRemovals(std::vector<Action>& actions);
  void append(std::vector<Action>& actions, std::size_t tier, Record record, std::string_view payload,
              Effect::Kind kind);
  void apply(const Effect& effect);

  std::map<std::string, File> files_;
  std::vector<std::string> torn_;
  std::uint64_t lastSequence_[kTiers] = {};  // on disk
  Ledger ledger_;
  bool fresh_ = true;  // nothing was ever counted: what an edge has counted up to now is its past
  Span open_;
  Packer items_;  // of the open payload
  std::uint64_t heartbeatMs_ = 0;
  std::vector<Payload> untold_;  // payloads for "progress"
  std::deque<std::shared_ptr<const Span>> waiting_[kTiers];
  Span sums_[kTiers];
  Span totals_;  // of the minutes that are over
  std::deque<Mark> marks_, newMarks_;
  std::deque<std::string> problems_;

  std::uint64_t progressBytes_ = 0, checkpointBytes_ = 0;
  bool needsCheckpoint_ = true;
  bool failing_ = false, inFlight_ = false, syncDue_ = false;
  std::vector<Effect> effects_;
  std::int64_t lastWallUs_ = 0, pruned_ = 0;
  Instant lastTick_{}, lastSync_{};
  bool ticked_ = false;
  Before before_;
};

}  // namespace orbit::series
