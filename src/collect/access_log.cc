#include "collect/access_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/base.h"

namespace orbit::collect {
namespace {

using namespace std::chrono_literals;
using net::Task;
using net::Wait;

constexpr auto kLook = 250ms;
constexpr auto kLookBusy = 20ms;
constexpr auto kPresence = 1s;                      // the edge takes us for gone when we do not look for two
constexpr int kTakesMax = 16;                       // of one ring or file before the next gets its turn
constexpr std::size_t kWaitingBytesMax = 2u << 20;  // for the store's thread, of one ring or file
constexpr std::size_t kBusyLines = 500;             // a look
constexpr auto kReopened = 3s;                      // after it, nobody writes to the old file any more
constexpr std::size_t kReadBytes = 256u << 10;
constexpr std::uint64_t kFileBytesMax = 32u << 20;
constexpr std::string_view kSourcePrefix = "access-log/";  // and the file's inode
constexpr std::string_view kRingPrefix = "access-ring/";   // and generation.worker

std::string sourceId(std::uint64_t inode) {
  return std::string(kSourcePrefix) + std::to_string(inode);
}

std::int64_t number(std::string_view text, std::size_t at, std::size_t size) {
  std::int64_t value = -1;
  if (at + size > text.size()) return -1;
  const auto [end, failed] = std::from_chars(text.data() + at, text.data() + at + size, value);
  return failed == std::errc() && end == text.data() + at + size ? value : -1;
}

}  // namespace

// {"time":"2026-11-24T08:15:30.123456Z",…
std::int64_t accessTimeUs(std::string_view line) {
  constexpr std::string_view kStart = R"({"time":")";
  if (!line.starts_with(kStart)) return 0;
  line.remove_prefix(kStart.size());
  const std::int64_t year = number(line, 0, 4), month = number(line, 5, 2), day = number(line, 8, 2);
  const std::int64_t hour = number(line, 11, 2), minute = number(line, 14, 2), second = number(line, 17, 2);
  const std::int64_t micros = number(line, 20, 6);
  if (std::min({year, month, day, hour, minute, second, micros}) < 0 || year < 1970) return 0;
  const auto date = std::chrono::year(static_cast<int>(year)) / static_cast<int>(month) / static_cast<int>(day);
  if (!date.ok()) return 0;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 3600 + minute * 60 + second) * 1'000'000 + micros;
}

AccessLog::AccessLog(net::Loop& loop, logs::Store& store, Files files, std::function<void()> reopen)
    : loop_(loop),
      store_(store),
      path_(std::move(files.path)),
      generations_(std::move(files.signalFolder), true),
      reopen_(std::move(reopen)) {
  for (const auto& stored : store_.positions()) {
    if (startsWith(stored.source.id, kRingPrefix)) rings_[stored.source.id] = stored.offset;
    if (!startsWith(stored.source.id, kSourcePrefix)) continue;
    taken_[std::strtoull(stored.source.id.c_str() + kSourcePrefix.size(), nullptr, 10)] = stored.offset;
  }
}

Task<void> AccessLog::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    const bool busy = co_await look();
    static_cast<void>(co_await loop_.sleep(busy ? kLookBusy : kLook, wait));
  }
}

Task<bool> AccessLog::look() {
  // First what does not wait. The store has each by its own time.
  const std::size_t lines = co_await takeRings();
  bool more = true;
  for (int turn = 0; turn < kTakesMax && more && store_.waiting(fileSource_) < kWaitingBytesMax; ++turn) {
    more = co_await takeFrom(path_ + ".1");  // what was moved away and not read to its end
    if (!more) more = co_await takeFrom(path_);
  }
  if (!more) rotateLarge();
  co_return more || lines > kBusyLines;
}

// Positions in rings that are no more.
void AccessLog::forgetGone() {
  std::erase_if(looks_, [this](const auto& each) { return !generations_.readers().contains(each.first); });
  for (auto at = rings_.begin(); at != rings_.end();) {
    const char* const number = at->first.c_str() + kRingPrefix.size();
    if (generations_.readers().contains(std::strtoull(number, nullptr, 10))) {
      ++at;
    } else {
      store_.forget(at->first);
      at = rings_.erase(at);
    }
  }
}

Task<std::size_t> AccessLog::takeRings() {
  generations_.look();
  forgetGone();
  std::size_t lines = 0;
  for (const auto& [generation, reader] : generations_.readers()) {
    const signal::Reader::Pulse pulse = reader->pulse();
    const auto [at, fresh] = looks_.try_emplace(generation);
    const Instant now = loop_.clock().now();
    const bool same = !fresh && pulse == at->second.pulse;
    if (same && (pulse.finished || now - at->second.at < kPresence)) continue;
    at->second = {pulse, now};
    for (unsigned worker = 0; worker < reader->workers(); ++worker) {
      std::string id = std::string(kRingPrefix) + std::to_string(generation) + "." + std::to_string(worker);
      // While the store is behind, the edge keeps it, or writes it to its file.
      bool more = true;
      for (int turn = 0; turn < kTakesMax && more && store_.waiting(id) < kWaitingBytesMax; ++turn) {
        more = co_await takeRing(*reader, worker, id, lines);
      }
      if (more) looks_.erase(generation);  // whatever its pulse says
    }
  }
  co_return lines;
}

// Whether there is more; adds what it took to `lines`.
Task<bool> AccessLog::takeRing(signal::Reader& reader, unsigned worker, const std::string& id, std::size_t& lines) {
  const auto known = rings_.find(id);
  const std::uint64_t since = known == rings_.end() ? 0 : known->second;
  signal::Reader::Logged logged;
  logs::Batch batch;
  const std::int64_t nowUs = loop_.clock().wallUs();
  std::string texts;
  co_await loop_.offload([&] {
    logged = reader.takeLog(worker, since, texts);
    if (logged.dropped > 0) {
      batch.notice(nowUs, std::to_string(logged.dropped) +
                              " requests are missing here: they came faster than they could be kept");
    }
    const auto line = std::make_unique_for_overwrite<char[]>(signal::kLineBytesMax);
    for (const signal::AccessLine& one : logged.lines) {
      const char* const end = signal::formatJson(one, line.get());
      batch.add(false, false, one.wallUs, {line.get(), static_cast<std::size_t>(end - line.get()) - 1});
    }
  });
  if (logged.until == since) co_return logged.more;
  lines += logged.lines.size();
  rings_[id] = batch.offset = logged.until;
  store_.append(logs::edgeKey(), {id, "edge", ""}, std::move(batch));
  co_return logged.more;
}

AccessLog::Piece AccessLog::readFrom(const std::string& path) const {
  Piece piece;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return piece;
  struct stat found {};
  if (::fstat(file, &found) == 0) {
    piece.inode = found.st_ino;
    piece.bytes = static_cast<std::uint64_t>(found.st_size);
    const auto at = taken_.find(piece.inode);
    const std::uint64_t from = at == taken_.end() ? 0 : at->second;
    if (from < piece.bytes) {
      piece.text.resize(std::min<std::uint64_t>(kReadBytes, piece.bytes - from));
      const ssize_t got = ::pread(file, piece.text.data(), piece.text.size(), static_cast<off_t>(from));
      piece.text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
      const auto end = piece.text.rfind('\n');
      // A line's front that a full disk cut stays until the next one follows it.
      piece.text.resize(end == std::string::npos ? 0 : end + 1);
    }
  }
  ::close(file);
  return piece;
}

// Whether it took something.
Task<bool> AccessLog::takeFrom(std::string path) {
  Piece piece;
  co_await loop_.offload([&] { piece = readFrom(path); });
  fileBytes_ = piece.bytes;
  if (piece.text.empty()) co_return false;
  fileSource_ = sourceId(piece.inode);
  logs::Batch batch;
  std::int64_t lastUs = loop_.clock().wallUs();
  std::string_view rest = piece.text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    const std::int64_t timeUs = accessTimeUs(line);
    lastUs = timeUs == 0 ? lastUs : timeUs;
    if (!line.empty()) batch.add(false, false, lastUs, line);
  }
  taken_[piece.inode] += piece.text.size();
  batch.offset = taken_[piece.inode];
  store_.append(logs::edgeKey(), {fileSource_, "edge", ""}, std::move(batch));
  co_return true;
}

// Both files were read to their ends.
void AccessLog::rotateLarge() {
  const Instant now = loop_.clock().now();
  if (fileBytes_ <= kFileBytesMax || now < rotatedAt_ + kReopened) return;
  if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return;
  rotatedAt_ = now;
  reopen_();
}

}  // namespace orbit::collect
