// Reads by pread, never through a mapping: page cache and mappings are one on Linux, and a file that is cut short under
// the reader's hands gives short reads instead of SIGBUS. Everything read is a copy, checked before it is used.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "signal/layout.h"
#include "signal/signal.h"

namespace orbit::signal {
namespace {

using namespace layout;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(descriptor_); }
  int get() const { return descriptor_; }
  bool read(std::uint64_t offset, void* into, std::size_t bytes) const {
    auto* to = static_cast<char*>(into);
    while (bytes > 0) {
      const ssize_t got = pread(descriptor_, to, bytes, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      to += got;
      offset += static_cast<std::uint64_t>(got);
      bytes -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int descriptor_;
};

// Plain copies of the headers.
struct HeaderCopy {
  std::uint64_t magic;
  std::uint32_t version, pid;
  std::uint64_t generation;
  std::uint32_t workers, seriesMax, histogramsMax, recordsMax;
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
  std::uint64_t nextRecord = 0;
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
        places_(placesOf(header.seriesMax, header.histogramsMax, header.recordsMax)) {
    areas_.resize(header.workers);
    for (std::size_t at = 0; at < areas_.size(); ++at) areas_[at].offset = kPage + at * places_.areaBytes;
  }

  Snapshot snapshot() override;
  Pulse pulse() const override;
  std::vector<Seen> records(std::size_t countMax, std::string& texts) override;
  std::uint64_t recordsDropped() const override { return recordsDropped_; }

 private:
  // The entries of an area as they are now; new ones get their view. Null: cannot be read.
  bool readEntries(AreaView& area, std::vector<SeriesCopy>& entries);
  std::size_t mergedIndex(const AreaView& area, const SeriesCopy& entry);
  void readLatencies(AreaView& area, const std::vector<SeriesCopy>& entries);
  // False when it was taken back meanwhile (all it had was seen before) or cannot be read.
  bool readSlab(const AreaView& area, SlabView& view, std::uint32_t slab, std::uint32_t epoch);
  bool readSlabStates(const AreaView& area, std::vector<SlabStateCopy>& states) const;
  bool readHead(const AreaView& area, std::uint64_t& head) const;
  // Those below `head`, which was read before the area's entries.
  void takeRecords(AreaView& area, std::uint64_t head, std::size_t countMax, std::vector<PackedRecord>& into);
  std::uint64_t sumOf(std::size_t offsetInAreaHeader) const;
  Seen seenOf(const PackedRecord& packed, const char* texts) const;
  Seen attemptOf(const PackedRecord& packed) const;  // it has one

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
  pulse.records = sumOf(offsetof(AreaHeader, recordsHead));
  return pulse;
}

bool FileReader::readHead(const AreaView& area, std::uint64_t& head) const {
  return file_.read(area.offset + offsetof(AreaHeader, recordsHead), &head, sizeof head);
}

void FileReader::takeRecords(AreaView& area, std::uint64_t head, std::size_t countMax,
                             std::vector<PackedRecord>& into) {
  const std::uint64_t recordsMax = header_.recordsMax;
  if (head - area.nextRecord > recordsMax) {
    recordsDropped_ += head - recordsMax - area.nextRecord;
    area.nextRecord = head - recordsMax;
  }
  struct SlotCopy {
    std::uint64_t sequence;
    PackedRecord record;
  };
  static_assert(sizeof(SlotCopy) == sizeof(Slot) && offsetof(SlotCopy, record) == offsetof(Slot, record));
  const std::uint64_t count = std::min<std::uint64_t>(head - area.nextRecord, countMax);
  std::vector<SlotCopy> slots(count);
  const std::uint64_t first = area.nextRecord % recordsMax;
  const std::uint64_t untilEnd = std::min(count, recordsMax - first);
  const std::uint64_t ring = area.offset + places_.ring;
  const bool read = file_.read(ring + first * sizeof(Slot), slots.data(), untilEnd * sizeof(Slot)) &&
                    file_.read(ring, slots.data() + untilEnd, (count - untilEnd) * sizeof(Slot)) &&
                    readHead(area, head);
  for (const SlotCopy& slot : slots) {
    const std::uint64_t index = area.nextRecord++;
    if (!read || head >= index + recordsMax || slot.sequence != index + 1) {
      ++recordsDropped_;
      continue;
    }
    into.push_back(slot.record);
    for (std::uint32_t* series : {&into.back().series, &into.back().attemptSeries}) {
      // From the area's number to ours.
      *series = *series < area.series.size() ? static_cast<std::uint32_t>(area.series[*series].merged) : kNoSeries;
    }
  }
}

// What a request and the attempt that answered it share.
Record sharedOf(const PackedRecord& packed) {
  Record record;
  record.wallUs = packed.wallUs;
  std::memcpy(record.requestId.data(), packed.requestId, sizeof packed.requestId);
  record.clientHash = packed.clientHash;
  record.pathHash = packed.pathHash;
  record.sample.probe = (packed.flags & 1U) != 0;
  return record;
}

Reader::Seen FileReader::seenOf(const PackedRecord& packed, const char* texts) const {
  Seen seen{sharedOf(packed), {}};
  Record& record = seen.record;
  record.kind =
      static_cast<Key::Kind>(std::min<std::uint8_t>(packed.kind, static_cast<std::uint8_t>(Key::Kind::kVital)));
  record.series = packed.series;
  record.sample.status = packed.status;
  record.sample.outcome = packed.outcome < kOutcomes ? static_cast<Outcome>(packed.outcome) : Outcome::kBroken;
  record.sample.latencyUs = packed.latencyUs;
  record.sample.bytesIn = packed.bytesIn;
  record.sample.bytesOut = packed.bytesOut;
  record.sample.overThreshold = (packed.flags & 2U) != 0;
  std::string_view* const to[kTexts] = {&record.method, &record.host, &record.path, &record.client, &record.userAgent};
  for (std::size_t at = 0; at < kTexts; ++at) {
    const std::size_t size = std::min<std::size_t>(packed.textBytes[at], kTextBytesMax[at]);
    *to[at] = std::string_view(texts, size);
    texts += size;
  }
  if (packed.series != kNoSeries) seen.key = keys_[packed.series];
  return seen;
}

Reader::Seen FileReader::attemptOf(const PackedRecord& packed) const {
  Seen seen{sharedOf(packed), keys_[packed.attemptSeries]};
  seen.record.kind = Key::Kind::kAttempt;
  seen.record.series = packed.attemptSeries;
  seen.record.sample.status = packed.attemptStatus;
  seen.record.sample.latencyUs = packed.attemptLatencyUs;
  return seen;
}

std::vector<Reader::Seen> FileReader::records(std::size_t countMax, std::string& texts) {
  std::vector<PackedRecord> packed;
  std::vector<SeriesCopy> entries;
  const std::size_t each = std::max<std::size_t>(1, countMax / areas_.size());
  for (AreaView& area : areas_) {
    // Where records end first: a series is there before a record names it.
    std::uint64_t head = 0;
    std::uint32_t count = 0;
    if (!readHead(area, head) || head <= area.nextRecord) continue;
    const std::uint64_t place = area.offset + offsetof(AreaHeader, seriesCount);
    if (file_.read(place, &count, sizeof count) && count > area.series.size()) readEntries(area, entries);
    takeRecords(area, head, each, packed);
  }
  std::stable_sort(packed.begin(), packed.end(),
                   [](const PackedRecord& a, const PackedRecord& b) { return a.wallUs < b.wallUs; });
  texts.resize(packed.size() * sizeof(PackedRecord::texts));
  std::vector<Seen> seen;
  seen.reserve(2 * packed.size());
  char* to = texts.data();
  for (const PackedRecord& record : packed) {
    std::memcpy(to, record.texts, sizeof record.texts);
    if (record.attemptSeries != kNoSeries) seen.push_back(attemptOf(record));
    seen.push_back(seenOf(record, to));
    to += sizeof record.texts;
  }
  return seen;
}

Error unreadable(const std::string& path, Code code, const std::string& why) {
  return Error{code, "cannot read the signal file " + path + ": " + why, "", {}, true};
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::open(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
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
      header.recordsMax > 0 && header.recordsMax <= kRecordsMax;
  const Places places = limits ? placesOf(header.seriesMax, header.histogramsMax, header.recordsMax) : Places{};
  if (!limits || header.areaBytes != places.areaBytes ||
      static_cast<std::uint64_t>(info.st_size) < kPage + header.workers * places.areaBytes) {
    return unreadable(path, Code::kInvalid, "it is damaged");
  }
  const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (own < 0) return unreadable(path, Code::kLimit, std::strerror(errno));
  return std::unique_ptr<Reader>(std::make_unique<FileReader>(own, header));
}

}  // namespace orbit::signal
