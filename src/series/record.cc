#include "series/record.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "base/base.h"
#include "series/limits.h"

namespace orbit::series {
namespace {

constexpr std::uint32_t kMagic = 0x3153'524f;  // "ORS1"
constexpr int kLevel = 19;                     // a few times a minute, and kept for a year
constexpr std::uint64_t kSearchBytes = 64 * 1024;

struct Head {
  std::uint32_t magic = kMagic, headCheck = 0, payloadBytes = 0, payloadCheck = 0;
  std::uint64_t sequence = 0;
  std::uint32_t minute = 0;
  std::uint8_t kind = 0, zero[3] = {};
};
static_assert(sizeof(Head) == kHeadBytes);
constexpr std::size_t kHeadChecked = 8;  // what stands before is not

std::uint32_t checksum(const void* bytes, std::size_t size) {
  return static_cast<std::uint32_t>(::crc32_z(0, static_cast<const unsigned char*>(bytes), size));
}

std::uint32_t headCheckOf(const Head& head) {
  return checksum(reinterpret_cast<const char*>(&head) + kHeadChecked, sizeof head - kHeadChecked);
}

bool readHead(std::string_view bytes, std::uint64_t offset, Record& record) {
  if (bytes.size() < kHeadBytes) return false;
  Head head;
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != kMagic || head.headCheck != headCheckOf(head) || head.payloadBytes > kRecordBytesMax) return false;
  record = {
      static_cast<RecordKind>(head.kind), head.sequence, head.minute, offset, head.payloadBytes, head.payloadCheck};
  return true;
}

// The next head that is whole, from `from` on; `bytes` when there is none.
Result<std::uint64_t> findHead(const Disk& disk, const std::string& name, std::uint64_t from, std::uint64_t bytes) {
  char magic[sizeof kMagic];
  std::memcpy(magic, &kMagic, sizeof magic);
  while (from + kHeadBytes <= bytes) {
    ORBIT_TRY(const std::string piece, disk.read(name, from, kSearchBytes));
    if (piece.size() < kHeadBytes) break;
    std::size_t at = 0;
    while ((at = piece.find(std::string_view(magic, sizeof magic), at)) != std::string::npos) {
      Record record;
      if (at + kHeadBytes > piece.size()) break;
      if (readHead(std::string_view(piece).substr(at), from + at, record)) return from + at;
      ++at;
    }
    from += piece.size() - (kHeadBytes - 1);  // a head may lie across two pieces
  }
  return bytes;
}

}  // namespace

std::string frame(Record& record, std::string_view payload) {
  record.payloadBytes = static_cast<std::uint32_t>(payload.size());
  record.payloadCheck = checksum(payload.data(), payload.size());
  Head head;
  head.payloadBytes = record.payloadBytes;
  head.payloadCheck = record.payloadCheck;
  head.sequence = record.sequence;
  head.minute = static_cast<std::uint32_t>(std::max<std::int64_t>(record.minute, 0));
  head.kind = static_cast<std::uint8_t>(record.kind);
  head.headCheck = headCheckOf(head);
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes.append(payload);
  return bytes;
}

std::string compress(std::string_view plain) {
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), kLevel);
  ORBIT_CHECK(ZSTD_isError(size) == 0);  // it fails for want of room only
  packed.resize(size);
  return packed;
}

Result<std::string> uncompress(std::string_view packed) {
  const Error unreadable{Code::kInvalid, "a record of the series is not readable", "", {}, false};
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kPlainBytesMax) return unreadable;
  std::string plain(size, '\0');
  const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) return unreadable;
  return plain;
}

Result<Scan> scan(const Disk& disk, const std::string& name, std::uint64_t bytes) {
  Scan found;
  std::uint64_t at = 0;
  while (at < bytes) {
    ORBIT_TRY(const std::string head, disk.read(name, at, kHeadBytes));
    Record record;
    bool whole = readHead(head, at, record) && at + kHeadBytes + record.payloadBytes <= bytes;
    const std::uint64_t end = at + kHeadBytes + record.payloadBytes;
    if (whole && end == bytes) {
      const auto payload = payloadOf(disk, name, record);
      if (!payload.ok() && payload.error().code != Code::kInvalid) return payload.error();
      whole = payload.ok();
    }
    if (whole) {
      found.records.push_back(record);
      found.end = at = end;
      continue;
    }
    ORBIT_TRY(const std::uint64_t next, findHead(disk, name, at + 1, bytes));
    found.damagedBytes += next - at;
    at = next;
  }
  return found;
}

Result<std::string> payloadOf(const Disk& disk, const std::string& name, const Record& record) {
  ORBIT_TRY(std::string payload, disk.read(name, record.offset + kHeadBytes, record.payloadBytes));
  if (payload.size() != record.payloadBytes || checksum(payload.data(), payload.size()) != record.payloadCheck) {
    return Error{.code = Code::kInvalid,
                 .message = name + " is damaged at byte " + std::to_string(record.offset),
                 .hint = "one period of the series is lost; nothing is to be done"};
  }
  return payload;
}

}  // namespace orbit::series
