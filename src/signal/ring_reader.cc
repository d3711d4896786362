#include "signal/ring_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace orbit::signal {

using namespace layout;

File::~File() {
  close(descriptor_);
}

bool File::read(std::uint64_t offset, void* into, std::size_t bytes) const {
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

bool File::write(std::uint64_t offset, const void* from, std::size_t bytes) const {
  ssize_t put = -1;
  do {
    put = pwrite(descriptor_, from, bytes, static_cast<off_t>(offset));
  } while (put < 0 && errno == EINTR);
  return put == static_cast<ssize_t>(bytes);
}

bool RingReader::word(std::size_t offset, std::uint64_t& value) const {
  return file_.read(area_ + offset, &value, sizeof value);
}

bool RingReader::head(std::uint64_t& head) const {
  return word(offsetof(AreaHeader, ringHead), head);
}

std::uint64_t RingReader::oldest() const {
  std::uint64_t begun = 0;
  if (!word(offsetof(AreaHeader, ringBegun), begun)) return 0;
  return begun > cells_ ? begun - cells_ : 0;
}

std::uint64_t RingReader::markFrom(std::uint64_t from, std::uint64_t head) const {
  const std::uint64_t segments = cells_ / kSegmentCells;
  std::vector<std::uint64_t> marks(segments);
  if (!file_.read(area_ + places_.marks, marks.data(), segments * sizeof marks[0])) return head;
  std::uint64_t found = head;
  for (const std::uint64_t mark : marks) {
    if (mark >= from && mark < found) found = mark;
  }
  return found;
}

std::uint64_t RingReader::ahead(Cursor& cursor, std::uint64_t cellsMax) const {
  std::uint64_t end = 0;
  if (!head(end)) return 0;
  // With some room, or it would be overtaken again while it reads.
  if (const std::uint64_t from = oldest(); cursor.at < from) cursor.at = markFrom(from + cells_ / 8, end);
  if (cursor.at >= end) return 0;
  return std::min({end - cursor.at, cellsMax, cells_});
}

std::uint64_t RingReader::read(Cursor& cursor, std::uint64_t cells, std::size_t countMax, std::span<char> bytes,
                               std::vector<Unpacked>& into) const {
  const std::uint64_t first = cursor.at % cells_, end = cursor.at + cells;
  const std::uint64_t untilEnd = std::min(cells, cells_ - first);
  const std::uint64_t ring = area_ + places_.ring;
  std::uint64_t written = 0, missed = 0;
  const bool good = file_.read(ring + first * kCell, bytes.data(), untilEnd * kCell) &&
                    file_.read(ring, bytes.data() + untilEnd * kCell, (cells - untilEnd) * kCell) && head(written);
  if (!good || cursor.at < oldest()) return 0;  // overtaken meanwhile: the next time
  std::string_view left(bytes.data(), cells * kCell);
  into.reserve(into.size() + std::min<std::size_t>(countMax, cells / 3));
  for (Unpacked one; !left.empty() && countMax > 0; --countMax) {
    if (!unpack(left, cursor.at, cursor.number, one)) {
      // Cut off by our own limit, or damaged: then on with what comes after all this.
      if (end >= written || left.size() >= kPackedBytesMax) cursor.at = end;
      break;
    }
    missed += one.front.number - cursor.number;
    cursor.number = one.front.number + 1;
    cursor.at += one.front.cells;
    left.remove_prefix(one.front.cells * kCell);
    into.push_back(one);
  }
  return missed;
}

}  // namespace orbit::signal
