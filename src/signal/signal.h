// The door of signal: what the edge says about requests, in memory it shares with the daemon (decision 14). One file an
// edge generation: cumulative counters and latency histograms by series, and a ring of records with a drop count, an
// area for each worker thread so that writing takes no lock and no contended line. Either side may be killed at any
// moment; the reader never trusts what it reads. Layout and version of the file: layout.h (decision 4). It belongs into
// a tmpfs (the run folder), where nothing is written back to a disk. Thread rules: a WorkerWriter belongs to its
// thread; a Reader to its own; they meet only in the file.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
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

// One line of the access log, and one piece of evidence. Fixed size in the ring; texts are cut to fit.
struct Record {
  std::int64_t wallUs = 0;
  Key::Kind kind = Key::Kind::kRequest;
  std::array<std::uint8_t, 16> requestId{};
  std::uint64_t clientHash = 0;  // decision 13
  std::uint64_t pathHash = 0;
  std::uint32_t series = ~0U;  // written: the worker's SeriesId or kNoSeries; read: index into Snapshot::series
  Sample sample;
  // Of a request: the attempt that answered it, which shares all else with it. Written only: it is read as a record of
  // its own, without texts and bytes, before that of its request.
  struct Attempt {
    std::uint32_t series = ~0U;  // none: there was no such attempt
    int status = 0;
    std::uint64_t latencyUs = 0;
  } attempt;
  std::string_view method, host, path, client, userAgent;  // the ring keeps 8, 64, 160, 45 and 64 bytes
};

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
  // Once a second or so: gives back histograms idle for ten minutes.
  virtual void tick(std::int64_t wallUs) = 0;
};

struct WriterOptions {
  std::string path;  // made 0600, sparse; takes the place of what is there. Who reads last removes it
  std::uint64_t generation = 0;
  unsigned workers = 1;
  std::uint32_t seriesMax = 16'384;     // a worker
  std::uint32_t histogramsMax = 1'024;  // a worker
  std::uint32_t recordsMax = 4'096;     // in a worker's ring
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
  // Errors: kNotFound, kUnsupported (another layout), kInvalid (not ours, damaged).
  static Result<std::unique_ptr<Reader>> open(const std::string& path);
  virtual ~Reader() = default;
  // To be called at least every ten minutes, or histograms given back in between are missed (layout.h).
  virtual Snapshot snapshot() = 0;
  // Cheap: whether a snapshot would say anything new.
  struct Pulse {
    std::uint64_t samples = 0, records = 0;  // written ever; each sample is counted before its record
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
};

// The files of one folder, "<generation>.signals": all generations of an edge, those included that come later.
class Generations {
 public:
  explicit Generations(std::string folder) : folder_(std::move(folder)) {}
  // Opens what came since the last call, and lets go of what was removed. One that is just being made opens the next
  // time.
  void look();
  const std::map<std::uint64_t, std::unique_ptr<Reader>>& readers() const { return readers_; }  // none is null

 private:
  std::string folder_;
  std::map<std::uint64_t, std::unique_ptr<Reader>> readers_;
};

}  // namespace orbit::signal
