// A block: some thousand lines of one service, as they came. While it is open it grows in memory; sealed, it is bytes
// of a segment file:
//   head (fixed size, numbers little-endian, with a hash over itself and the two parts that follow)
//   sources, filter         plain
//   text, lines             each a zstd frame with its checksum; the text is the lines with a '\n' after each
// so that a search reads the head and the filter alone of what it passes over, and looks through the text at once.
// Private to logs. Thread rules: plain values. Errors: kInvalid for what is no block or a damaged one.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logs/entry.h"

namespace orbit::logs {

struct LineFacts {
  bool isError = false, continues = false, isNotice = false;
  Severity severity = Severity::kNone;
  std::int64_t timeUs = 0;   // as stamped
  std::int64_t orderUs = 0;  // never less than that of the same container's line before it
  std::uint32_t source = 0;  // index into the block's sources
};

struct OpenBlock {
  std::string text, lines;
  std::vector<Source> sources;
  std::uint32_t count = 0;
  std::int64_t minUs = 0, maxUs = 0, lastUs = 0;  // by order
  bool sorted = true;
  std::array<std::uint32_t, kSeverities> bySeverity{};
  std::uint64_t firstOrdinal = 0;  // lines of the service before it

  void add(const LineFacts& facts, std::string_view line);
  void clear();   // for the next one: its first ordinal follows
  void shrink();  // gives back room that is not used
  std::size_t bytes() const { return text.size() + lines.size(); }
  std::string save() const;
  static Result<OpenBlock> restore(std::string_view saved);
};

struct BlockHead {
  std::uint32_t sourcesBytes = 0, filterBytes = 0, textBytes = 0, linesBytes = 0;  // as stored
  std::uint32_t textRaw = 0, linesRaw = 0, count = 0;
  bool sorted = true;
  std::int64_t minUs = 0, maxUs = 0;
  std::uint64_t firstOrdinal = 0;
  std::array<std::uint32_t, kSeverities> bySeverity{};

  std::size_t preludeBytes() const { return std::size_t{sourcesBytes} + filterBytes; }
  std::size_t bodyBytes() const { return std::size_t{textBytes} + linesBytes; }
};
inline constexpr std::size_t kHeadBytes = 128;

std::string seal(const OpenBlock& block);
// `bytes`: kHeadBytes of them. Checks ranges only; checkPrelude also the hash.
Result<BlockHead> readHead(std::string_view bytes);
Status checkPrelude(std::string_view head, std::string_view prelude);
Result<std::vector<Source>> readSources(std::string_view bytes);
// `room` holds what is returned, grows where it must and is no smaller afterwards.
Result<std::string_view> readText(const BlockHead& head, std::string_view stored, std::string& room);
Result<std::string_view> readLines(const BlockHead& head, std::string_view stored, std::string& room);

// The lines of a block, decoded.
struct BlockLine {
  LineFacts facts;
  std::uint32_t at = 0, size = 0;  // in the text
};
Result<std::vector<BlockLine>> decodeLines(std::string_view lines, std::uint32_t count, std::size_t textBytes,
                                           std::size_t sources);

}  // namespace orbit::logs
