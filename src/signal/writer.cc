#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "signal/layout.h"
#include "signal/ring_writer.h"
#include "signal/signal.h"

namespace orbit::signal {
namespace {

using namespace layout;

constexpr std::int64_t kIdleUsMax = 600'000'000;
constexpr std::int64_t kTickUsMax = 60'000'000;  // a step of the wall clock makes nothing idle
constexpr std::uint64_t kReserveBytes = 64 * 1024;

// One writer, so no locked instruction: on x86 both are plain moves.
template <class W, class N>
void bump(W& counter, N by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_release);
}

// The mapped file. Thread rules: reserve() from any thread, for ranges of its own.
class Mapping {
 public:
  Mapping(int descriptor, char* bytes, std::uint64_t size) : descriptor_(descriptor), bytes_(bytes), size_(size) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    munmap(bytes_, size_);
    close(descriptor_);
  }
  char* at(std::uint64_t offset) const { return bytes_ + offset; }
  int descriptor() const { return descriptor_; }
  // Gives pages to a part that was never written, or was given back; false when the disk is full.
  bool reserve(std::uint64_t offset, std::uint64_t bytes) const {
    const auto begin = static_cast<off_t>(offset);
    while (bytes > 0 && fallocate(descriptor_, 0, begin, static_cast<off_t>(bytes)) != 0) {
      if (errno == EINTR) continue;
      return errno == EOPNOTSUPP && writeZeros(begin, bytes);
    }
    return true;
  }
  // Empties whole pages and gives them back, if the file system can.
  void giveBack(std::uint64_t offset, std::uint64_t bytes) const {
    if (madvise(at(offset), bytes, MADV_REMOVE) != 0) std::memset(at(offset), 0, bytes);
  }

 private:
  bool writeZeros(off_t begin, std::uint64_t bytes) const {
    static constexpr char kZeros[kPage] = {};
    for (std::uint64_t done = 0; done < bytes; done += kPage) {
      if (pwrite(descriptor_, kZeros, kPage, begin + static_cast<off_t>(done)) != ssize_t{kPage}) return false;
    }
    return true;
  }

  int descriptor_;
  char* bytes_;
  std::uint64_t size_;
};

class AreaWriter final : public WorkerWriter {
 public:
  AreaWriter(const Mapping& file, std::uint64_t offset, const WriterOptions& options)
      : file_(file),
        offset_(offset),
        options_(options),
        places_(placesOf(options.seriesMax, options.histogramsMax, options.ringCells)),
        header_(*at<AreaHeader>(0)),
        entries_(at<SeriesEntry>(places_.series)),
        slabStates_(at<SlabState>(places_.slabStates)),
        ring_({header_, at<Word>(places_.marks), at<char>(places_.ring), options.ringCells, file.descriptor(), offset},
              [this](const PackedRecord& record) { return namesOf(record); }),
        touched_(options.histogramsMax),
        idleUs_(options.histogramsMax) {
    for (std::uint32_t slab = options.histogramsMax; slab > 0; --slab) freeSlabs_.push_back(slab - 1);
  }

  // What must be there from the start: the header, the slabs' states and the ring.
  bool reserveFixed() const {
    return file_.reserve(offset_, kPage) &&
           file_.reserve(offset_ + places_.slabStates, places_.texts - places_.slabStates) &&
           file_.reserve(offset_ + places_.marks, places_.areaBytes - places_.marks);
  }

  SeriesId series(const Key& key) override;
  void count(SeriesId series, const Sample& sample) override;
  void record(const Record& record) override { ring_.record(record); }
  void keepLog(std::function<void(const AccessLine&)> leftOver) override { ring_.keepLog(std::move(leftOver)); }
  void leaveLog() override { ring_.leaveLog(); }
  void tick(std::int64_t wallUs) override;

 private:
  template <class T>
  T* at(std::uint64_t place) const {
    return reinterpret_cast<T*>(file_.at(offset_ + place));
  }
  Word* bucketsOf(std::uint32_t slab) const { return at<Word>(places_.slabs + std::uint64_t{slab} * kSlabBytes); }
  // Pages for [0, end) of a part that grows; `reserved` is where they end so far.
  bool grow(std::uint64_t place, std::uint64_t end, std::uint64_t partBytes, std::uint64_t& reserved) const;
  void countParts(SeriesId series, const Sample& sample);
  void countLatency(SeriesId series, std::uint64_t latencyUs);
  std::uint32_t takeSlab(SeriesId series);
  void giveSlabBack(std::uint32_t slab);
  Names namesOf(const PackedRecord& record) const;
  std::array<std::string_view, kKeyParts> partsOf(SeriesId series) const;

  const Mapping& file_;
  const std::uint64_t offset_;
  const WriterOptions options_;
  const Places places_;
  AreaHeader& header_;
  SeriesEntry* const entries_;
  SlabState* const slabStates_;
  RingWriter ring_;
  // Our own copies: what is mapped is never read back but counters and epochs.
  std::uint32_t seriesCount_ = 0;
  std::uint64_t textEnd_ = 0, seriesReserved_ = 0, textsReserved_ = 0;
  std::vector<std::uint32_t> slabOf_;     // by series; index + 1
  std::vector<std::uint8_t> isAttempt_;   // by series
  std::vector<std::uint32_t> freeSlabs_;  // the next one last
  std::vector<std::uint8_t> touched_;     // by slab, since the last tick
  std::vector<std::int64_t> idleUs_;      // by slab
  std::int64_t tickUs_ = 0;
  std::unordered_map<std::string, SeriesId> ids_;
};

bool AreaWriter::grow(std::uint64_t place, std::uint64_t end, std::uint64_t partBytes, std::uint64_t& reserved) const {
  while (reserved < end) {
    const std::uint64_t step = std::min(kReserveBytes, partBytes - reserved);
    if (step == 0 || !file_.reserve(offset_ + place + reserved, step)) return false;
    reserved += step;
  }
  return true;
}

SeriesId AreaWriter::series(const Key& key) {
  std::string packed(1, static_cast<char>(key.kind));
  std::uint16_t sizes[kKeyParts];
  std::size_t part = 0;
  for (const std::string* text : {&key.route, &key.service, &key.release, &key.instance}) {
    sizes[part] = static_cast<std::uint16_t>(std::min(text->size(), kKeyPartBytesMax));
    packed.append(*text, 0, sizes[part]);
    packed.push_back('\0');
    ++part;
  }
  if (const auto found = ids_.find(packed); found != ids_.end()) return found->second;
  const std::size_t textBytes = packed.size() - 1 - kKeyParts;
  const std::uint64_t partBytes = places_.slabStates - places_.series;
  if (seriesCount_ == options_.seriesMax || textEnd_ + textBytes > places_.textBytes ||
      !grow(places_.series, (seriesCount_ + 1) * sizeof(SeriesEntry), partBytes, seriesReserved_) ||
      !grow(places_.texts, textEnd_ + textBytes, places_.textBytes, textsReserved_)) {
    return kNoSeries;
  }
  SeriesEntry& entry = entries_[seriesCount_];
  entry.textOffset = static_cast<std::uint32_t>(textEnd_);
  entry.kind = static_cast<std::uint32_t>(key.kind);
  const char* from = packed.data() + 1;
  for (part = 0; part < kKeyParts; ++part) {
    entry.textBytes[part] = sizes[part];
    std::memcpy(at<char>(places_.texts + textEnd_), from, sizes[part]);
    textEnd_ += sizes[part];
    from += sizes[part] + 1;
  }
  slabOf_.push_back(0);
  isAttempt_.push_back(key.kind == Key::Kind::kAttempt ? 1 : 0);
  ids_.emplace(std::move(packed), seriesCount_);
  header_.seriesCount.store(seriesCount_ + 1, std::memory_order_release);
  return seriesCount_++;
}

void AreaWriter::count(SeriesId series, const Sample& sample) {
  countParts(series, sample);
  bump(header_.samples, 1U);
}

void AreaWriter::countParts(SeriesId series, const Sample& sample) {
  if (series >= seriesCount_) {
    bump(header_.samplesDropped, 1U);
    return;
  }
  EntryCounters<Word>& counters = entries_[series].counters;
  if (sample.probe) {
    bump(counters.probes, 1U);
    return;
  }
  if (sample.outcome == Outcome::kAnswered) {
    countLatency(series, sample.latencyUs);
    bump(counters.latencySumUs, sample.latencyUs);
  }
  const unsigned hundreds = static_cast<unsigned>(sample.status) / 100;
  bump(counters.byClass[hundreds < 6 ? hundreds : 0], 1U);
  bump(counters.byOutcome[static_cast<std::size_t>(sample.outcome)], 1U);
  if (sample.bytesIn != 0) bump(counters.bytesIn, sample.bytesIn);
  if (sample.bytesOut != 0) bump(counters.bytesOut, sample.bytesOut);
  if (sample.overThreshold) bump(counters.overThreshold, 1U);
  // A client that left got no answer to be wrong; what an upstream answered stands all the same.
  const bool failed = sample.outcome >= Outcome::kBroken;
  const bool bad = sample.status >= 500 && (sample.outcome != Outcome::kClientAborted || isAttempt_[series] != 0);
  if (failed || bad) bump(counters.errors, 1U);
}

void AreaWriter::countLatency(SeriesId series, std::uint64_t latencyUs) {
  std::uint32_t slab = slabOf_[series];
  if (slab == 0) {
    slab = takeSlab(series);
    if (slab == 0) {
      bump(header_.latenciesDropped, 1U);
      return;
    }
  }
  bump(bucketsOf(slab - 1)[Histogram::bucketOf(latencyUs)], 1U);
  touched_[slab - 1] = 1;
}

std::uint32_t AreaWriter::takeSlab(SeriesId series) {
  if (freeSlabs_.empty()) return 0;
  const std::uint32_t slab = freeSlabs_.back();
  SlabState& state = slabStates_[slab];
  const std::uint32_t epoch = state.epoch.load(std::memory_order_relaxed);
  // Odd already when it was given back; a fresh one is made so, that no reader takes owner and epoch of two states.
  if (epoch % 2 == 0) bump(state.epoch, 1U);
  if (!file_.reserve(offset_ + places_.slabs + std::uint64_t{slab} * kSlabBytes, kSlabBytes)) return 0;
  freeSlabs_.pop_back();
  state.owner.store(series, std::memory_order_release);
  bump(state.epoch, 1U);
  idleUs_[slab] = 0;
  slabOf_[series] = slab + 1;
  entries_[series].slab.store(slab + 1, std::memory_order_release);
  return slab + 1;
}

void AreaWriter::giveSlabBack(std::uint32_t slab) {
  SlabState& state = slabStates_[slab];
  const SeriesId series = state.owner.load(std::memory_order_relaxed);
  slabOf_[series] = 0;
  entries_[series].slab.store(0, std::memory_order_release);
  bump(state.epoch, 1U);
  file_.giveBack(offset_ + places_.slabs + std::uint64_t{slab} * kSlabBytes, kSlabBytes);
  freeSlabs_.push_back(slab);
}

void AreaWriter::tick(std::int64_t wallUs) {
  ring_.tick();
  const std::int64_t passedUs = tickUs_ == 0 ? 0 : std::clamp<std::int64_t>(wallUs - tickUs_, 0, kTickUsMax);
  tickUs_ = wallUs;
  for (SeriesId series = 0; series < seriesCount_; ++series) {
    if (slabOf_[series] == 0) continue;
    const std::uint32_t slab = slabOf_[series] - 1;
    idleUs_[slab] = touched_[slab] != 0 ? 0 : idleUs_[slab] + passedUs;
    touched_[slab] = 0;
    if (idleUs_[slab] >= kIdleUsMax) giveSlabBack(slab);
  }
}

std::array<std::string_view, kKeyParts> AreaWriter::partsOf(SeriesId series) const {
  std::array<std::string_view, kKeyParts> parts;
  if (series >= seriesCount_) return parts;
  const SeriesEntry& entry = entries_[series];
  const char* from = at<char>(places_.texts + entry.textOffset);
  for (std::size_t part = 0; part < kKeyParts; ++part) {
    parts[part] = {from, entry.textBytes[part]};
    from += entry.textBytes[part];
  }
  return parts;
}

Names AreaWriter::namesOf(const PackedRecord& record) const {
  const auto request = partsOf(record.series);
  return {request[0], request[1], request[2], partsOf(record.attemptSeries)[3]};
}

class FileWriter final : public Writer {
 public:
  FileWriter(int descriptor, char* bytes, std::uint64_t size, const WriterOptions& options)
      : file_(descriptor, bytes, size) {
    const Places places = placesOf(options.seriesMax, options.histogramsMax, options.ringCells);
    for (unsigned worker = 0; worker < options.workers; ++worker) {
      workers_.push_back(std::make_unique<AreaWriter>(file_, kPage + worker * places.areaBytes, options));
    }
  }
  // Every page that is written without asking first; then the header, for whoever opens it.
  bool begin(const WriterOptions& options, std::uint64_t areaBytes) {
    if (!file_.reserve(0, kPage)) return false;
    for (const auto& worker : workers_) {
      if (!worker->reserveFixed()) return false;
    }
    FileHeader& header = *reinterpret_cast<FileHeader*>(file_.at(0));
    header.magic = kMagic;
    header.version = kVersion;
    header.pid = static_cast<std::uint32_t>(getpid());
    header.generation = options.generation;
    header.workers = options.workers;
    header.seriesMax = options.seriesMax;
    header.histogramsMax = options.histogramsMax;
    header.ringCells = options.ringCells;
    header.areaBytes = areaBytes;
    return true;
  }
  WorkerWriter& worker(unsigned index) override { return *workers_.at(index); }
  void finish() override { reinterpret_cast<FileHeader*>(file_.at(0))->finished.store(1, std::memory_order_release); }

 private:
  Mapping file_;
  std::vector<std::unique_ptr<AreaWriter>> workers_;
};

Error failure(const std::string& path, const char* what) {
  const int error = errno;
  Code code = Code::kIo;
  if (error == EACCES || error == EPERM || error == EROFS) code = Code::kDenied;
  if (error == ENOSPC || error == EDQUOT) code = Code::kNoSpace;
  return Error{code, std::string("cannot ") + what + " the signal file " + path + ": " + std::strerror(error),
               "its folder must be there, be writable by the edge and have a few MiB free"};
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::create(const WriterOptions& options) {
  if (options.workers == 0 || options.workers > kWorkersMax || options.seriesMax == 0 ||
      std::uint64_t{options.seriesMax} * options.workers > kSeriesOfAllMax || options.histogramsMax > kHistogramsMax ||
      options.ringCells < kRingCellsMin || options.ringCells > kRingCellsMax ||
      options.ringCells % kSegmentCells != 0) {
    return Error{Code::kInvalid, "a limit of the signal file is out of range"};
  }
  const std::uint64_t areaBytes = placesOf(options.seriesMax, options.histogramsMax, options.ringCells).areaBytes;
  const std::uint64_t size = kPage + options.workers * areaBytes;
  const std::string fresh = options.path + ".new-" + std::to_string(getpid());
  unlink(fresh.c_str());
  const int descriptor = open(fresh.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return failure(fresh, "make");
  void* bytes = MAP_FAILED;
  if (ftruncate(descriptor, static_cast<off_t>(size)) == 0) {
    bytes = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  }
  if (bytes == MAP_FAILED) {
    const Error error = failure(fresh, "size");
    close(descriptor);
    unlink(fresh.c_str());
    return error;
  }
  auto writer = std::make_unique<FileWriter>(descriptor, static_cast<char*>(bytes), size, options);
  if (!writer->begin(options, areaBytes) || rename(fresh.c_str(), options.path.c_str()) != 0) {
    const Error error = failure(options.path, "begin");
    unlink(fresh.c_str());
    return error;
  }
  return std::unique_ptr<Writer>(std::move(writer));
}

}  // namespace orbit::signal
