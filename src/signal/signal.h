// The door of signal: what the edge says about requests, in memory it shares with the daemon (decision 14). One file an
// edge generation: cumulative counters and latency histograms by series, and a ring of records with a drop count, an
// area for each worker thread so that writing takes no lock and no contended line. The records are what the access log
// is made of too, by whoever takes them from there, so that a request costs its worker neither a line nor a write.
// Either side may be killed at any moment; the reader never trusts what it reads. Layout and version of the file:
// layout.h (decision 4). It belongs into a tmpfs (the run folder), where nothing is written back to a disk. Thread
// rules: a WorkerWriter belongs to its thread; a Reader to its own; they meet only in the file.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "signal/access_line.h"  // IWYU pragma: export
#include "signal/histogram.h"
#include "signal/vital.h"  // IWYU pragma: export

namespace orbit::signal {

// One series for each combination that was seen. A request series has no instance; what the edge answered itself has no
// release either.
struct Key {
  // kVital: what a visitor's page felt like: `instance` is the metric and the page (vital.h), latency the value (of CLS
  // millionths, not us).
  enum class Kind : std::uint8_t { kRequest, kAttempt, kVital } kind = Kind::kRequest;
  std::string route, service, release, instance;
  bool operator==(const Key&) const = default;
};

// How it ended. For requests kBroken is an answer cut off after its head went out.
enum class Outcome : std::uint8_t {
  kAnswered,       // a whole answer, whatever its status
  kClientAborted,  // the client went away first
  kBroken,         // the answer was cut off
  kConnectFailed,  // attempts only, from here on
  kTimeout,
  kReset,     // closed or malformed before a whole head
  kShielded,  // failed, and another release answered instead: evidence all the same (decision 24)
};
inline constexpr std::size_t kOutcomes = 7;
std::string_view nameOf(Outcome outcome);  // as lines of the access log have it

struct Sample {
  int status = 0;  // 0: no answer
  Outcome outcome = Outcome::kAnswered;
  std::uint64_t latencyUs = 0;  // request head complete to last byte of the answer; streams and upgrades: to its head
  std::uint64_t bytesIn = 0, bytesOut = 0;  // bodies
  bool probe = false;                       // Orbit's own: counted apart, in no rate, error or latency
  bool overThreshold = false;               // the route's objective, counted exactly
};

// Cumulative, since the series was first seen in this generation.
struct Counters {
  std::array<std::uint64_t, 6> byClass{};  // [0] no status, [1]..[5] 1xx..5xx
  std::array<std::uint64_t, kOutcomes> byOutcome{};
  std::uint64_t errors =
      0;  // requests: 5xx or broken, as the client saw it; attempts: 5xx, and all outcomes that are failures
  std::uint64_t overThreshold = 0;
  std::uint64_t bytesIn = 0, bytesOut = 0;
  std::uint64_t latencySumUs = 0;  // as the histogram: of whole answers (kAnswered) only
  std::uint64_t probes = 0;
  // All samples but probes.
  std::uint64_t count() const;
  void merge(const Counters& other);
  // What was added since `earlier`; nothing where a counter went back.
  Counters since(const Counters& earlier) const;
  bool operator==(const Counters&) const = default;
};

enum class Protocol : std::uint8_t { kNone, kHttp10, kHttp11, kHttp2 };

// One line of the access log, and one piece of evidence. Texts are cut to what the line has of them.
struct Record {
  std::int64_t wallUs = 0;
  Key::Kind kind = Key::Kind::kRequest;
  RequestId requestId{};
  std::uint64_t clientHash = 0;  // decision 13
  std::uint64_t pathHash = 0;
  std::uint32_t series = ~0U;  // written: the worker's SeriesId or kNoSeries; read: index into Snapshot::series
  Sample sample;
  // Of a request: its last attempt. One that answered shares all else with its request, and is read as a record of its
  // own as well, without texts and bytes, before that of its request.
  struct Attempt {
    std::uint32_t series = ~0U;  // none: there was no attempt
    int status = 0;
    std::uint64_t latencyUs = 0;
    bool answered = false;
  } attempt;
  // Of a request that is a line of the access log.
  bool logged = false;
  Protocol protocol = Protocol::kNone;
  int attempts = 0;
  std::uint64_t upstreamUs = 0;
  std::string_view method, host, path, client, userAgent;
  std::string_view query, referer;  // without secrets
  std::string_view givenId;         // the request's id, where it came with one
};

struct Names {
  std::string_view route, service, release, instance;
};
AccessLine lineOf(const Record& record, const Names& names);

using SeriesId = std::uint32_t;
inline constexpr SeriesId kNoSeries = ~0U;

class WorkerWriter {
 public:
  virtual ~WorkerWriter() = default;
  // Finds or makes it; to be asked once and kept, ids are good as long as the writer. Parts longer than 200 bytes are
  // cut. kNoSeries when the area is full: its samples are counted as dropped, never an error.
  virtual SeriesId series(const Key& key) = 0;
  virtual void count(SeriesId series, const Sample& sample) = 0;
  virtual void record(const Record& record) = 0;
  // Once a second or so: gives back histograms idle for ten minutes, and hands on what nobody comes for (keepLog).
  virtual void tick(std::int64_t wallUs) = 0;
  // From now on no record that is to be logged is lost: what Reader::takeLog has not taken goes to `leftOver`, one call
  // a line, before it is overwritten; all of it when that reader has not come for two ticks, and by leaveLog().
  virtual void keepLog(std::function<void(const AccessLine&)> leftOver) = 0;
  virtual void leaveLog() = 0;
};

struct WriterOptions {
  std::string path;  // made 0600, sparse; takes the place of what is there. Who reads last removes it
  std::uint64_t generation = 0;
  unsigned workers = 1;
  std::uint32_t seriesMax = 16'384;     // a worker
  std::uint32_t histogramsMax = 1'024;  // a worker
  std::uint32_t ringCells = 32'768;     // in a worker's ring, of 64 bytes; a record takes some four
};

class Writer {
 public:
  // Errors: kIo, kDenied, kNoSpace, kInvalid (a limit out of range).
  static Result<std::unique_ptr<Writer>> create(const WriterOptions& options);
  virtual ~Writer() = default;
  virtual WorkerWriter& worker(unsigned index) = 0;
  virtual void finish() = 0;  // this generation will write no more
};

struct SeriesTotals {
  Key key;
  Counters counters;
  Histogram latency;  // us
  Histogram given;    // the part of it that the writer has given back: a reader that begins now will not see it
};

struct Snapshot {
  std::uint64_t generation = 0;
  bool finished = false;
  std::uint32_t pid = 0;               // of the writer; one that ended without finish() was killed
  std::uint64_t samplesDropped = 0;    // without a series
  std::uint64_t latenciesDropped = 0;  // counted, but no histogram was free
  std::uint64_t recordsDropped = 0;    // overwritten before this reader came
  std::vector<SeriesTotals> series;    // summed over the workers; only ever grows at its end
};

class Reader {
 public:
  // Errors: kNotFound, kDenied, kUnsupported (another layout), kInvalid (not ours, damaged). `keepsLog`: for takeLog,
  // which writes to the file; one a file.
  static Result<std::unique_ptr<Reader>> open(const std::string& path, bool keepsLog = false);
  virtual ~Reader() = default;
  // To be called at least every ten minutes, or histograms given back in between are missed (layout.h).
  virtual Snapshot snapshot() = 0;
  // Cheap: whether a snapshot would say anything new.
  struct Pulse {
    std::uint64_t samples = 0, records = 0;  // how far they have come; each sample is counted before its record
    bool finished = false;
    std::uint32_t pid = 0;
    bool operator==(const Pulse&) const = default;
  };
  virtual Pulse pulse() const = 0;
  // The records since the last call, oldest first; `texts` keeps what their views point to. At most `countMax`, a
  // request and its attempt being one.
  struct Seen {
    Record record;
    Key key;
  };
  virtual std::vector<Seen> records(std::size_t countMax, std::string& texts) = 0;
  virtual std::uint64_t recordsDropped() const = 0;

  // The next records of a worker that are to be logged, which are its caller's from then on.
  struct Logged {
    std::vector<AccessLine> lines;  // oldest first; their texts are good until the reader's next call
    std::uint64_t until = 0;        // how many records there were up to here; to be kept with the lines
    std::uint64_t dropped = 0;      // before these: overwritten before anyone took them
    bool more = false;              // there are more now
  };
  // `since`: where the caller's kept lines end, of this file and worker; 0 if there are none. Of a caller that was
  // killed between taking and keeping, it brings what it can once more.
  virtual Logged takeLog(unsigned worker, std::uint64_t since, std::string& texts) = 0;
  virtual unsigned workers() const = 0;
};

// The files of one folder, "<generation>.signals": all generations of an edge, those included that come later.
class Generations {
 public:
  explicit Generations(std::string folder, bool keepsLog = false) : folder_(std::move(folder)), keepsLog_(keepsLog) {}
  // Opens what came since the last call, and lets go of what was removed. One that is just being made opens the next
  // time.
  void look();
  const std::map<std::uint64_t, std::unique_ptr<Reader>>& readers() const { return readers_; }  // none is null

 private:
  std::string folder_;
  bool keepsLog_;
  std::map<std::uint64_t, std::unique_ptr<Reader>> readers_;
};

}  // namespace orbit::signal
