#include "logs/journal.h"

#include "logs/bytes.h"
#include "logs/limits.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kFrameHead = 8;

std::uint32_t checkOf(std::string_view frame) {
  return static_cast<std::uint32_t>(hashOf(frame, 0x6a6f));
}

std::uint32_t number(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

void Journal::add(std::string_view frame, std::string_view rest) {
  const auto size = static_cast<std::uint32_t>(frame.size() + rest.size());
  const std::size_t at = pending_.size();
  const std::uint32_t none = 0;
  pending_.append(reinterpret_cast<const char*>(&size), sizeof size);
  pending_.append(reinterpret_cast<const char*>(&none), sizeof none);
  pending_.append(frame).append(rest);
  const std::uint32_t check = checkOf(std::string_view(pending_).substr(at + kFrameHead));
  std::memcpy(pending_.data() + at + sizeof size, &check, sizeof check);
}

Status Journal::flush() {
  if (pending_.empty()) return {};
  ORBIT_TRY_STATUS(file_.write(written_, pending_));
  written_ += pending_.size();
  pending_.clear();
  if (pending_.capacity() > 1u << 20) pending_.shrink_to_fit();
  unsynced_ = true;
  return {};
}

Status Journal::sync() {
  if (!unsynced_) return {};
  unsynced_ = false;
  return file_.sync();
}

Result<JournalEnd> readJournal(const File& file, const std::function<Status(std::string_view)>& frame) {
  JournalEnd end;
  ORBIT_TRY(end.size, file.size());
  while (end.good < end.size) {
    ORBIT_TRY(const std::string head, file.read(end.good, kFrameHead));
    end.why = Error{.code = Code::kInvalid, .message = "a frame is cut off"};
    if (head.size() < kFrameHead) return end;
    const std::uint32_t size = number(head, 0);
    if (size > kFrameBytesMax || size > end.size - end.good - kFrameHead) return end;
    ORBIT_TRY(const std::string bytes, file.read(end.good + kFrameHead, size));
    end.why = Error{.code = Code::kInvalid, .message = "a frame does not match its hash"};
    if (bytes.size() < size || checkOf(bytes) != number(head, 4)) return end;
    end.why = frame(bytes);
    if (!end.why.ok()) return end;
    end.good += kFrameHead + size;
  }
  return end;
}

}  // namespace orbit::logs
