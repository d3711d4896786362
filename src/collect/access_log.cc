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
constexpr auto kFullPause = 20ms;
constexpr auto kReopened = 3s;  // after it, nobody writes to the old file any more
constexpr std::size_t kReadBytes = 256u << 10;
constexpr std::uint64_t kFileBytesMax = 32u << 20;
constexpr std::string_view kSourcePrefix = "access-log/";

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

AccessLog::AccessLog(net::Loop& loop, logs::Store& store, std::string path, std::function<void()> reopen)
    : loop_(loop), store_(store), path_(std::move(path)), reopen_(std::move(reopen)) {
  for (const auto& stored : store_.positions()) {
    if (!startsWith(stored.source.id, kSourcePrefix)) continue;
    taken_[std::strtoull(stored.source.id.c_str() + kSourcePrefix.size(), nullptr, 10)] = stored.offset;
  }
}

Task<void> AccessLog::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    bool more = co_await takeFrom(path_ + ".1", wait);  // what was moved away and not read to its end
    if (!more) more = co_await takeFrom(path_, wait);
    if (!more) static_cast<void>(co_await loop_.sleep(kLook, wait));
  }
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

// Whether there may be more at once.
Task<bool> AccessLog::takeFrom(std::string path, Wait wait) {
  Piece piece;
  co_await loop_.offload([&] { piece = readFrom(path); });
  if (piece.inode == 0) co_return false;
  const std::string id = sourceId(piece.inode);
  if (piece.text.empty()) {
    if (path == path_ && piece.bytes > kFileBytesMax) co_await rotate(wait);
    co_return false;
  }
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
  store_.append(logs::edgeKey(), {id, "edge", ""}, std::move(batch));
  while (store_.tooMany(id)) {
    const Status slept = co_await loop_.sleep(kFullPause, wait);
    if (!slept.ok()) break;
  }
  co_return true;
}

Task<void> AccessLog::rotate(Wait wait) {
  const std::string old = path_ + ".1";
  if (std::rename(path_.c_str(), old.c_str()) != 0) co_return;
  reopen_();
  static_cast<void>(co_await loop_.sleep(kReopened, wait));
  for (bool more = true; more && !wait.cancel->requested();) more = co_await takeFrom(old, wait);
}

}  // namespace orbit::collect
