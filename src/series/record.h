// Records in a file, one after the other: a head of 32 bytes with a checksum of its own, then the payload with its. So
// a file can be looked through without its payloads, and what is damaged costs itself only. Private to series. Thread
// rules: pure functions.
//
//   u32 magic, u32 checksum of the 24 bytes that follow, u32 payload bytes, u32 checksum of the payload,
//   u64 sequence, u32 minute since 1970, u8 kind, 3 bytes zero; little-endian
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "series/disk.h"

namespace orbit::series {

enum class RecordKind : std::uint8_t { kSpan = 1, kMark = 2, kProgress = 10, kCheckpoint = 11 };

inline constexpr std::uint64_t kHeadBytes = 32;

struct Record {
  RecordKind kind = RecordKind::kSpan;
  std::uint64_t sequence = 0;
  std::int64_t minute = 0;
  std::uint64_t offset = 0;  // of its head
  std::uint32_t payloadBytes = 0, payloadCheck = 0;
};

// Fills in the record's sizes and checksum.
std::string frame(Record& record, std::string_view payload);
// Spans are compressed, each by itself (zstd): what is read is what is asked for.
std::string compress(std::string_view plain);
Result<std::string> uncompress(std::string_view packed);  // kInvalid

// What a file holds, by its heads; the last payload is read and checked, as it may be torn.
struct Scan {
  std::vector<Record> records;
  std::uint64_t end = 0;           // behind the last whole record: where to go on writing
  std::uint64_t damagedBytes = 0;  // that are in no record
};
Result<Scan> scan(const Disk& disk, const std::string& name, std::uint64_t bytes);
// Its payload, checked. Errors: kInvalid, and the disk's.
Result<std::string> payloadOf(const Disk& disk, const std::string& name, const Record& record);

}  // namespace orbit::series
