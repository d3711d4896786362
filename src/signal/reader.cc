// Reads by pread, never through a mapping: page cache and mappings are one on Linux, and a file that is cut short under
// the reader's hands gives short reads instead of SIGBUS. Everything read is a copy, checked before it is used.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "signal/layout.h"
#include "signal/range_lock.h"
#include "signal/ring_reader.h"
#include "signal/signal.h"

namespace orbit::signal {
namespace {

using namespace layout;

constexpr std::uint64_t kCellsPerRecord = 16;     // read for each that is asked for
constexpr std::uint64_t kLogCellsAtOnce = 4'096;  // 256 KiB
constexpr int kTurnsAgain = 3;                    // where the writer overtakes what is read of a whole ring

// Plain copies of the headers.
struct HeaderCopy {
  std::uint64_t magic;
  std::uint32_t version, pid;
  std::uint64_t generation;
  std::uint32_t workers, seriesMax, histogramsMax, ringCells;
  std::uint64_t areaBytes;
  std::uint32_t finished, unused;
};
static_assert(sizeof(HeaderCopy) == sizeof(FileHeader));

// The histogram of one series in one area, over all the slabs it had.
struct SlabView {
  std::uint32_t slab = 0;  // index + 1, as of the last look
  std::uint32_t epoch = 0;
  std::uint64_t answered = 0, counted = 0;  // the counters as of then
  Histogram base;                           // of slabs given back
  Histogram now;
};

struct SeriesView {
  std::size_t merged = 0;  // index into the snapshot
  Counters counters;
  SlabView latency;
};

struct AreaView {
  std::uint64_t offset = 0;
  std::vector<SeriesView> series;
  RingReader::Cursor cursor;
  bool logBegun = false;  // something was taken for the log
};

Counters countersOf(const EntryCounters<std::uint64_t>& from) {
  Counters counters;
  std::copy(std::begin(from.byClass), std::end(from.byClass), counters.byClass.begin());
  std::copy(std::begin(from.byOutcome), std::end(from.byOutcome), counters.byOutcome.begin());
  counters.errors = from.errors;
  counters.overThreshold = from.overThreshold;
  counters.bytesIn = from.bytesIn;
  counters.bytesOut = from.bytesOut;
  counters.latencySumUs = from.latencySumUs;
  counters.probes = from.probes;
  return counters;
}

class FileReader final : public Reader {
 public:
  FileReader(int descriptor, const HeaderCopy& header)
      : file_(descriptor),
        header_(header),
        places_(placesOf(header.seriesMax, header.histogramsMax, header.ringCells)) {
    areas_.resize(header.workers);
    for (std::size_t at = 0; at < areas_.size(); ++at) areas_[at].offset = kPage + at * places_.areaBytes;
  }

  Snapshot snapshot() override;
  Pulse pulse() const override;
  std::vector<Seen> records(std::size_t countMax, std::string& texts) override;
  std::uint64_t recordsDropped() const override { return recordsDropped_; }
  Logged takeLog(unsigned worker, std::uint64_t since, std::string& texts) override;
  unsigned workers() const override { return header_.workers; }

 private:
  // The entries of an area as they are now; new ones get their view. Null: cannot be read.
  bool readEntries(AreaView& area, std::vector<SeriesCopy>& entries);
  std::size_t mergedIndex(const AreaView& area, const SeriesCopy& entry);
  void readLatencies(AreaView& area, const std::vector<SeriesCopy>& entries);
  // False when it was taken back meanwhile (all it had was seen before) or cannot be read.
  bool readSlab(const AreaView& area, SlabView& view, std::uint32_t slab, std::uint32_t epoch);
  bool readSlabStates(const AreaView& area, std::vector<SlabStateCopy>& states) const;
  RingReader ringOf(const AreaView& area) const { return {file_, area.offset, places_, header_.ringCells}; }
  bool readNewEntries(AreaView& area);
  std::uint64_t again(const AreaView& area, std::uint64_t since, const LogWords& words, std::string& texts,
                      std::vector<Unpacked>& into) const;
  // The index in the snapshot of a series that a record names by its area's number.
  std::uint32_t indexOf(const AreaView& area, std::uint32_t series) const;
  const Key& keyOf(std::uint32_t index) const;
  Seen seenOf(const AreaView& area, Record record) const;
  std::uint64_t sumOf(std::size_t offsetInAreaHeader) const;

  File file_;
  const HeaderCopy header_;
  const Places places_;
  std::vector<AreaView> areas_;
  std::vector<Key> keys_;  // by index in the snapshot
  std::unordered_map<std::string, std::size_t> indexOf_;
  std::uint64_t recordsDropped_ = 0;
};

std::size_t FileReader::mergedIndex(const AreaView& area, const SeriesCopy& entry) {
  std::uint64_t textBytes = 0;
  bool good = entry.kind <= static_cast<std::uint32_t>(Key::Kind::kVital);
  for (const std::uint16_t bytes : entry.textBytes) {
    good = good && bytes <= kKeyPartBytesMax;
    textBytes += bytes;
  }
  std::string text(good ? textBytes : 0, '\0');
  good = good && entry.textOffset + textBytes <= places_.textBytes &&
         file_.read(area.offset + places_.texts + entry.textOffset, text.data(), text.size());
  // A damaged entry counts for the series without a name.
  Key key;
  std::string packed;
  if (good) {
    key.kind = static_cast<Key::Kind>(entry.kind);
    std::size_t from = 0, part = 0;
    packed.push_back(static_cast<char>(entry.kind));
    for (std::string* to : {&key.route, &key.service, &key.release, &key.instance}) {
      to->assign(text, from, entry.textBytes[part]);
      packed.append(*to).push_back('\0');
      from += entry.textBytes[part++];
    }
  }
  const auto [found, fresh] = indexOf_.try_emplace(std::move(packed), keys_.size());
  if (fresh) keys_.push_back(std::move(key));
  return found->second;
}

bool FileReader::readEntries(AreaView& area, std::vector<SeriesCopy>& entries) {
  std::uint32_t count = 0;
  if (!file_.read(area.offset + offsetof(AreaHeader, seriesCount), &count, sizeof count)) return false;
  // A count that went back is damage: what is known stays.
  count = std::max(std::min(count, header_.seriesMax), static_cast<std::uint32_t>(area.series.size()));
  entries.resize(count);
  if (!file_.read(area.offset + places_.series, entries.data(), entries.size() * sizeof(SeriesCopy))) return false;
  for (std::size_t at = area.series.size(); at < count; ++at) {
    area.series.emplace_back().merged = mergedIndex(area, entries[at]);
  }
  return true;
}

bool FileReader::readSlabStates(const AreaView& area, std::vector<SlabStateCopy>& states) const {
  states.resize(header_.histogramsMax);
  return file_.read(area.offset + places_.slabStates, states.data(), states.size() * sizeof(SlabStateCopy));
}

bool FileReader::readSlab(const AreaView& area, SlabView& view, std::uint32_t slab, std::uint32_t epoch) {
  std::array<std::uint64_t, Histogram::kBuckets> buckets;
  const std::uint64_t at = places_.slabs + std::uint64_t{slab - 1} * kSlabBytes;
  SlabStateCopy after{};
  if (!file_.read(area.offset + at, buckets.data(), sizeof buckets) ||
      !file_.read(area.offset + places_.slabStates + (slab - 1) * sizeof after, &after, sizeof after) ||
      after.epoch != epoch) {
    return false;
  }
  if (view.slab != slab || view.epoch != epoch) {
    view.base.merge(view.now);
    view.slab = slab;
    view.epoch = epoch;
  }
  view.now = Histogram();
  for (unsigned bucket = 0; bucket < Histogram::kBuckets; ++bucket) view.now.addBucket(bucket, buckets[bucket]);
  return true;
}

void FileReader::readLatencies(AreaView& area, const std::vector<SeriesCopy>& entries) {
  std::vector<SlabStateCopy> states;
  if (!readSlabStates(area, states)) return;
  for (std::size_t at = 0; at < entries.size(); ++at) {
    SlabView& view = area.series[at].latency;
    const std::uint32_t slab = entries[at].slab;
    // The writer counts the latency first, then the class, then the outcome, and may be anywhere between.
    const Counters& counters = area.series[at].counters;
    const std::uint64_t answered = counters.byOutcome[static_cast<std::size_t>(Outcome::kAnswered)];
    const std::uint64_t counted = counters.count();
    if (slab == 0 || slab > header_.histogramsMax) continue;
    const SlabStateCopy& state = states[slab - 1];
    if (state.epoch % 2 != 0 || state.owner != at) continue;
    if (view.slab == slab && view.epoch == state.epoch && view.answered == answered && view.counted == counted) {
      continue;
    }
    if (!readSlab(area, view, slab, state.epoch)) continue;
    view.answered = answered;
    view.counted = counted;
  }
}

std::uint64_t FileReader::sumOf(std::size_t offsetInAreaHeader) const {
  std::uint64_t sum = 0;
  for (const AreaView& area : areas_) {
    std::uint64_t one = 0;
    if (file_.read(area.offset + offsetInAreaHeader, &one, sizeof one)) sum += one;
  }
  return sum;
}

Snapshot FileReader::snapshot() {
  Snapshot snapshot;
  snapshot.generation = header_.generation;
  snapshot.pid = header_.pid;
  // Before the counters: what is finished then has all of them.
  std::uint32_t finished = 0;
  snapshot.finished = file_.read(offsetof(HeaderCopy, finished), &finished, sizeof finished) && finished == 1;
  std::vector<SeriesCopy> entries;
  for (AreaView& area : areas_) {
    if (!readEntries(area, entries)) continue;
    for (std::size_t at = 0; at < entries.size(); ++at) area.series[at].counters = countersOf(entries[at].counters);
    readLatencies(area, entries);
  }
  snapshot.series.resize(keys_.size());
  for (std::size_t at = 0; at < keys_.size(); ++at) snapshot.series[at].key = keys_[at];
  for (const AreaView& area : areas_) {
    for (const SeriesView& series : area.series) {
      SeriesTotals& totals = snapshot.series[series.merged];
      totals.counters.merge(series.counters);
      totals.latency.merge(series.latency.base);
      totals.given.merge(series.latency.base);
      totals.latency.merge(series.latency.now);
    }
  }
  snapshot.samplesDropped = sumOf(offsetof(AreaHeader, samplesDropped));
  snapshot.latenciesDropped = sumOf(offsetof(AreaHeader, latenciesDropped));
  snapshot.recordsDropped = recordsDropped_;
  return snapshot;
}

Reader::Pulse FileReader::pulse() const {
  Pulse pulse;
  pulse.pid = header_.pid;
  std::uint32_t finished = 0;
  pulse.finished = file_.read(offsetof(HeaderCopy, finished), &finished, sizeof finished) && finished == 1;
  pulse.samples = sumOf(offsetof(AreaHeader, samples));
  pulse.records = sumOf(offsetof(AreaHeader, ringHead));
  return pulse;
}

// To be read after where records end: a series is there before a record names it.
bool FileReader::readNewEntries(AreaView& area) {
  std::uint32_t count = 0;
  std::vector<SeriesCopy> entries;
  if (!file_.read(area.offset + offsetof(AreaHeader, seriesCount), &count, sizeof count)) return false;
  return count <= area.series.size() || readEntries(area, entries);
}

std::uint32_t FileReader::indexOf(const AreaView& area, std::uint32_t series) const {
  return series < area.series.size() ? static_cast<std::uint32_t>(area.series[series].merged) : kNoSeries;
}

const Key& FileReader::keyOf(std::uint32_t index) const {
  static const Key kNone;
  return index == kNoSeries ? kNone : keys_[index];
}

Reader::Seen FileReader::seenOf(const AreaView& area, Record record) const {
  record.series = indexOf(area, record.series);
  record.attempt.series = indexOf(area, record.attempt.series);
  return {record, keyOf(record.series)};
}

std::vector<Reader::Seen> FileReader::records(std::size_t countMax, std::string& texts) {
  const std::size_t each = std::max<std::size_t>(1, countMax / areas_.size());
  std::vector<std::uint64_t> cells;
  std::uint64_t all = 0;
  for (AreaView& area : areas_) {
    cells.push_back(ringOf(area).ahead(area.cursor, kSegmentCells + each * kCellsPerRecord));
    all += cells.back();
  }
  texts.resize(all * kCell);
  std::vector<std::pair<const AreaView*, Unpacked>> found;
  std::span<char> bytes(texts);
  for (std::size_t at = 0; at < areas_.size(); ++at) {
    AreaView& area = areas_[at];
    if (cells[at] == 0 || !readNewEntries(area)) continue;
    std::vector<Unpacked> records;
    recordsDropped_ += ringOf(area).read(area.cursor, cells[at], each, bytes, records);
    bytes = bytes.subspan(cells[at] * kCell);
    for (const Unpacked& one : records) found.emplace_back(&area, one);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second.front.wallUs < b.second.front.wallUs; });
  std::vector<Seen> seen;
  seen.reserve(2 * found.size());
  for (const auto& [area, one] : found) {
    if (one.is(kAttemptAnswered)) seen.push_back(seenOf(*area, one.attempt()));
    seen.push_back(seenOf(*area, one.record()));
  }
  return seen;
}

// Records that a former life of the caller took and did not keep are still in the ring, if it was not long ago; what
// the writer left to its file since is not to be had twice. Returns how many are there no more.
std::uint64_t FileReader::again(const AreaView& area, std::uint64_t since, const LogWords& words, std::string& texts,
                                std::vector<Unpacked>& into) const {
  const auto wanted = [&](std::uint64_t number) {
    return number >= since && number < words.next && (number < words.leftFrom || number >= words.leftTo);
  };
  std::vector<Unpacked> all;
  for (int turn = 0; turn < kTurnsAgain && all.empty(); ++turn) {
    RingReader::Cursor cursor;  // from the first record that is still there
    const std::uint64_t cells = ringOf(area).ahead(cursor, header_.ringCells);
    texts.resize(cells * kCell);
    if (cells > 0) ringOf(area).read(cursor, cells, cells, texts, all);
  }
  for (const Unpacked& one : all) {
    if (wanted(one.front.number)) into.push_back(one);
  }
  std::uint64_t missing = 0;
  const std::uint64_t first = all.empty() ? words.next : all.front().front.number;
  if (first > since) {
    const std::uint64_t end = std::min(first, words.next);
    const std::uint64_t leftFrom = std::clamp(words.leftFrom, since, end),
                        leftTo = std::clamp(words.leftTo, since, end);
    missing = end - since - (leftTo - std::min(leftFrom, leftTo));
  }
  return missing;
}

Reader::Logged FileReader::takeLog(unsigned worker, std::uint64_t since, std::string& texts) {
  Logged logged;
  logged.until = since;
  AreaView& area = areas_.at(worker);
  const std::uint64_t wordsAt = area.offset + offsetof(AreaHeader, logTaken);
  const RangeLock lock(file_.get(), area.offset);
  LogWords words{};
  if (!lock.held()) {  // the writer leaves something to its file
    logged.more = true;
    return logged;
  }
  if (!file_.read(wordsAt, &words, sizeof words)) return logged;
  std::vector<Unpacked> records;
  std::uint64_t dropped = 0;
  const bool first = !std::exchange(area.logBegun, true);
  if (first && since < words.next) {
    dropped = again(area, since, words, texts, records);
    logged.more = true;
  } else {
    RingReader::Cursor cursor{words.taken, words.next};
    const std::uint64_t cells = ringOf(area).ahead(cursor, kLogCellsAtOnce);
    texts.resize(cells * kCell);
    dropped = words.dropped;
    if (cells > 0) dropped += ringOf(area).read(cursor, cells, cells, texts, records);
    words.dropped = 0;
    words.taken = cursor.at;
    words.next = cursor.number;
    logged.more = cells == kLogCellsAtOnce;
  }
  ++words.looks;
  if (!readNewEntries(area) || !file_.write(wordsAt, &words, offsetof(LogWords, leftFrom)))
    return {{}, since, 0, false};
  logged.until = words.next;
  logged.dropped = dropped;
  logged.lines.reserve(records.size());
  for (const Unpacked& one : records) {
    if (!one.is(kLogged)) continue;
    const Key& key = keyOf(indexOf(area, one.front.series));
    const Key& asked = keyOf(indexOf(area, one.front.attemptSeries));
    const Names names{key.route, key.service, key.release, asked.instance};
    logged.lines.push_back(lineOf(one.record(), names));
  }
  return logged;
}

Error unreadable(const std::string& path, Code code, const std::string& why) {
  return Error{code, "cannot read the signal file " + path + ": " + why, "", {}, true};
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path, bool keepsLog) {
  // The edge may be less trusted than its reader: nothing is written to where its link points.
  const int access = keepsLog ? O_RDWR | O_NOFOLLOW : O_RDONLY;
  const int descriptor = ::open(path.c_str(), access | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return unreadable(path, errno == ENOENT ? Code::kNotFound : Code::kDenied, std::strerror(errno));
  HeaderCopy header{};
  struct stat info {};
  File file(descriptor);
  const bool whole = fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && file.read(0, &header, sizeof header);
  if (!whole || header.magic != kMagic) return unreadable(path, Code::kInvalid, "it is none");
  if (header.version != kVersion) {
    return unreadable(path, Code::kUnsupported, "its layout is version " + std::to_string(header.version));
  }
  const bool limits =
      header.workers > 0 && header.workers <= kWorkersMax && header.seriesMax > 0 && header.seriesMax <= kSeriesMax &&
      std::uint64_t{header.seriesMax} * header.workers <= kSeriesOfAllMax && header.histogramsMax <= kHistogramsMax &&
      header.ringCells >= kRingCellsMin && header.ringCells <= kRingCellsMax && header.ringCells % kSegmentCells == 0;
  const Places places = limits ? placesOf(header.seriesMax, header.histogramsMax, header.ringCells) : Places{};
  if (!limits || header.areaBytes != places.areaBytes ||
      static_cast<std::uint64_t>(info.st_size) < kPage + header.workers * places.areaBytes) {
    return unreadable(path, Code::kInvalid, "it is damaged");
  }
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return unreadable(path, Code::kLimit, std::strerror(errno));
  return std::unique_ptr<Reader>(std::make_unique<FileReader>(own, header));
}

}  // namespace orbit::signal
