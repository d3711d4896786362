#include "logs/segment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/base.h"
#include "logs/limits.h"

namespace orbit::logs {
namespace {

constexpr std::string_view kSuffix = ".segment";

std::optional<std::uint64_t> numberOf(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool good = failed == std::errc() && end == name.data() + name.size() && number > 0;
  return good ? std::optional(number) : std::nullopt;
}

}  // namespace

Result<SegmentFolder> SegmentFolder::open(std::string folder) {
  SegmentFolder made;
  made.folder_ = std::move(folder);
  ORBIT_TRY_STATUS(makeFolders(made.folder_));
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(made.folder_, failed)) {
    const auto number = numberOf(entry.path().filename().string());
    struct stat found {};
    if (!number || ::stat(entry.path().c_str(), &found) != 0) continue;
    const std::int64_t changedUs = found.st_mtim.tv_sec * 1'000'000 + found.st_mtim.tv_nsec / 1000;
    made.files_.push_back({*number, static_cast<std::uint64_t>(found.st_size), changedUs, changedUs});
  }
  if (failed) return Error{.code = Code::kIo, .message = "cannot list " + made.folder_ + ": " + failed.message()};
  std::sort(made.files_.begin(), made.files_.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return made;
}

std::string SegmentFolder::pathOf(std::uint64_t number) const {
  std::string digits = std::to_string(number);
  if (digits.size() < 8) digits.insert(0, 8 - digits.size(), '0');
  return folder_ + "/" + digits + std::string(kSuffix);
}

void SegmentFolder::unlink(const Known& file) const {
  ::unlink(pathOf(file.number).c_str());
}

Status SegmentFolder::cutTo(std::uint64_t segment, std::uint64_t bytes) {
  while (!files_.empty() && files_.back().number > segment) {
    unlink(files_.back());
    files_.pop_back();
  }
  if (files_.empty() || files_.back().number != segment || files_.back().bytes <= bytes) return {};
  ORBIT_TRY(const File file, File::openToWrite(pathOf(segment)));
  ORBIT_TRY_STATUS(file.truncate(bytes));
  files_.back().bytes = bytes;
  return {};
}

Result<std::uint64_t> SegmentFolder::cutTorn() {
  if (files_.empty()) return std::uint64_t{0};
  Known& last = files_.back();
  std::uint64_t good = 0;
  {
    ORBIT_TRY(const File file, File::openToRead(pathOf(last.number)));
    for (auto block = blockAt(file, 0, last.bytes); block.ok(); block = blockAt(file, good, last.bytes)) {
      good = block->end();
    }
  }
  const std::uint64_t cut = last.bytes - good;
  if (cut > 0) {
    ORBIT_TRY_STATUS(cutTo(last.number, good));
  }
  return cut;
}

Status SegmentFolder::next(std::int64_t nowUs) {
  ORBIT_TRY_STATUS(sync());
  const std::uint64_t number = segment() + 1;
  ORBIT_TRY(current_, File::openToWrite(pathOf(number)));
  ORBIT_TRY_STATUS(current_.truncate(0));
  files_.push_back({number, 0, nowUs, nowUs});
  return {};
}

Result<SegmentFolder::Place> SegmentFolder::append(std::string_view block, std::int64_t nowUs) {
  const std::int64_t spanUs = std::chrono::microseconds(kSegmentSpanMax).count();
  const bool fresh =
      files_.empty() || files_.back().bytes + block.size() > kSegmentBytesMax || nowUs - files_.back().begunUs > spanUs;
  if (fresh && (files_.empty() || files_.back().bytes > 0)) {
    ORBIT_TRY_STATUS(next(nowUs));
  }
  if (!current_.isOpen()) {
    ORBIT_TRY(current_, File::openToWrite(pathOf(segment())));
  }
  Known& file = files_.back();
  ORBIT_TRY_STATUS(current_.write(file.bytes, block));
  const Place place{file.number, file.bytes, file.bytes + block.size()};
  file.bytes = place.end;
  file.changedUs = nowUs;
  unsynced_ = true;
  return place;
}

Status SegmentFolder::sync() {
  if (!unsynced_) return {};
  ORBIT_TRY_STATUS(current_.sync());
  unsynced_ = false;
  return syncFolder(folder_);
}

std::size_t SegmentFolder::drop(std::uint64_t bytesMax, std::int64_t oldestUs) {
  std::size_t dropped = 0;
  while (files_.size() > 1 && (bytes() > bytesMax || files_.front().changedUs < oldestUs)) {
    unlink(files_.front());
    files_.pop_front();
    ++dropped;
  }
  return dropped;
}

std::uint64_t SegmentFolder::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& file : files_) sum += file.bytes;
  return sum;
}

std::vector<SegmentRef> SegmentFolder::refs() const {
  std::vector<SegmentRef> out;
  for (const auto& file : files_) out.push_back({pathOf(file.number), file.bytes});
  return out;
}

bool SegmentFolder::has(const Place& place) const {
  const auto known =
      std::find_if(files_.begin(), files_.end(), [&](const Known& file) { return file.number == place.segment; });
  if (known == files_.end() || known->bytes < place.end) return false;
  const auto file = File::openToRead(pathOf(place.segment));
  if (!file.ok()) return false;
  const auto block = blockAt(*file, place.begin, place.end);
  if (!block.ok() || block->end() != place.end) return false;
  const auto text = file->read(block->bodyAt(), block->head.textBytes);
  std::string room;
  return text.ok() && readText(block->head, *text, room).ok();
}

Result<StoredBlock> blockAt(const File& file, std::uint64_t at, std::uint64_t fileBytes) {
  StoredBlock block;
  block.at = at;
  if (at >= fileBytes) return Error{.code = Code::kNotFound, .message = "the segment ends here"};
  ORBIT_TRY(const std::string head, file.read(at, kHeadBytes));
  ORBIT_TRY(block.head, readHead(head));
  if (block.end() > fileBytes) return Error{.code = Code::kInvalid, .message = "a block of stored logs is cut off"};
  return block;
}

}  // namespace orbit::logs
