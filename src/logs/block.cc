#include "logs/block.h"

#include <zstd.h>

#include <memory>

#include "logs/bytes.h"
#include "logs/filter.h"
#include "logs/limits.h"

namespace orbit::logs {
namespace {

constexpr std::uint64_t kMagic = 0x314b4c42'5442524fULL;  // "ORBTBLK1"

constexpr std::uint64_t kErrorBit = 1, kContinuesBit = 2, kNoticeBit = 4, kSkewBit = 64;
constexpr unsigned kSeverityShift = 3;

Error damaged(std::string what) {
  return Error{.code = Code::kInvalid, .message = "a block of stored logs is damaged: " + std::move(what)};
}

// The head as bytes: written and read in one order, by one function.
template <class Field>
void eachField(BlockHead& head, std::uint64_t& flags, Field field) {
  for (auto* value : {&head.sourcesBytes, &head.filterBytes, &head.textBytes, &head.linesBytes, &head.textRaw,
                      &head.linesRaw, &head.count}) {
    field(*value);
  }
  field(head.minUs);
  field(head.maxUs);
  field(head.firstOrdinal);
  field(flags);
  for (auto& value : head.bySeverity) field(value);
}

std::string headBytes(BlockHead head, std::string_view prelude) {
  std::string out;
  const auto put = [&out](const auto& value) { out.append(reinterpret_cast<const char*>(&value), sizeof value); };
  put(kMagic);
  std::uint64_t flags = head.sorted ? 1 : 0;
  eachField(head, flags, put);
  out.resize(kHeadBytes - sizeof(std::uint64_t));
  const std::uint64_t hash = hashOf(prelude, hashOf(out));
  put(hash);
  return out;
}

// One thread's contexts and the room that compression needs: making them costs more than a small block.
struct Contexts {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> in{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> out{ZSTD_createDCtx(), &ZSTD_freeDCtx};
  std::string room;
};
Contexts& contexts() {
  thread_local Contexts mine;
  return mine;
}

std::string compress(std::string_view raw) {
  ZSTD_CCtx* context = contexts().in.get();
  ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, kZstdLevel);
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string& room = contexts().room;
  if (room.size() < ZSTD_compressBound(raw.size())) room.resize(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compress2(context, room.data(), room.size(), raw.data(), raw.size());
  ORBIT_CHECK(ZSTD_isError(size) == 0U);  // the room is large enough for anything
  return room.substr(0, size);
}

Result<std::string_view> decompress(std::string_view stored, std::size_t rawBytes, std::string& room) {
  if (room.size() < rawBytes) room.resize(rawBytes);
  const std::size_t size =
      ZSTD_decompressDCtx(contexts().out.get(), room.data(), rawBytes, stored.data(), stored.size());
  if (ZSTD_isError(size) != 0U) return damaged(ZSTD_getErrorName(size));
  if (size != rawBytes) return damaged("it is shorter than it says");
  return std::string_view(room).substr(0, rawBytes);
}

std::string sourcesBytes(const std::vector<Source>& sources) {
  std::string out;
  putVarint(out, sources.size());
  for (const auto& source : sources) {
    putText(out, source.id);
    putText(out, source.name);
    putText(out, source.release);
  }
  return out;
}

}  // namespace

void OpenBlock::add(const LineFacts& facts, std::string_view line) {
  const std::int64_t skew = facts.orderUs - facts.timeUs;
  putVarint(lines, (facts.isError ? kErrorBit : 0) | (facts.continues ? kContinuesBit : 0) |
                       (facts.isNotice ? kNoticeBit : 0) |
                       static_cast<std::uint64_t>(facts.severity) << kSeverityShift | (skew != 0 ? kSkewBit : 0));
  putVarint(lines, facts.source);
  putSigned(lines, facts.orderUs - lastUs);
  putVarint(lines, line.size());
  if (skew != 0) putSigned(lines, skew);
  text += line;
  text += '\n';
  if (count == 0) minUs = maxUs = facts.orderUs;
  sorted = sorted && (count == 0 || facts.orderUs >= lastUs);
  minUs = std::min(minUs, facts.orderUs);
  maxUs = std::max(maxUs, facts.orderUs);
  lastUs = facts.orderUs;
  ++bySeverity[static_cast<std::size_t>(facts.severity)];
  ++count;
}

void OpenBlock::clear() {
  OpenBlock next;
  next.firstOrdinal = firstOrdinal + count;
  // Their room is kept: a service that fills blocks fills the next one too.
  text.clear();
  lines.clear();
  next.text = std::move(text);
  next.lines = std::move(lines);
  *this = std::move(next);
}

void OpenBlock::shrink() {
  if (count > 0) return;
  text.shrink_to_fit();
  lines.shrink_to_fit();
}

std::string OpenBlock::save() const {
  std::string out;
  for (const std::uint64_t value : {std::uint64_t{count}, firstOrdinal, std::uint64_t{sorted}}) putVarint(out, value);
  for (const std::int64_t value : {minUs, maxUs, lastUs}) putSigned(out, value);
  for (const std::uint32_t value : bySeverity) putVarint(out, value);
  putText(out, sourcesBytes(sources));
  putText(out, lines);
  putText(out, text);
  return out;
}

Result<OpenBlock> OpenBlock::restore(std::string_view saved) {
  ByteReader bytes(saved);
  OpenBlock block;
  block.count = static_cast<std::uint32_t>(bytes.varint());
  block.firstOrdinal = bytes.varint();
  block.sorted = bytes.varint() != 0;
  for (auto* value : {&block.minUs, &block.maxUs, &block.lastUs}) *value = bytes.number();
  for (auto& value : block.bySeverity) value = static_cast<std::uint32_t>(bytes.varint());
  ORBIT_TRY(block.sources, readSources(bytes.text()));
  block.lines = bytes.text();
  block.text = bytes.text();
  if (!bytes.ok()) return damaged("it ends too early");
  return block;
}

std::string seal(const OpenBlock& block) {
  BlockHead head;
  std::string prelude = sourcesBytes(block.sources);
  head.sourcesBytes = static_cast<std::uint32_t>(prelude.size());
  prelude += makeFilter(block.text);
  head.filterBytes = static_cast<std::uint32_t>(prelude.size() - head.sourcesBytes);
  const std::string text = compress(block.text), lines = compress(block.lines);
  head.textBytes = static_cast<std::uint32_t>(text.size());
  head.linesBytes = static_cast<std::uint32_t>(lines.size());
  head.textRaw = static_cast<std::uint32_t>(block.text.size());
  head.linesRaw = static_cast<std::uint32_t>(block.lines.size());
  head.count = block.count;
  head.sorted = block.sorted;
  head.minUs = block.minUs;
  head.maxUs = block.maxUs;
  head.firstOrdinal = block.firstOrdinal;
  head.bySeverity = block.bySeverity;
  std::string out = headBytes(head, prelude);
  out.reserve(out.size() + prelude.size() + text.size() + lines.size());
  return out.append(prelude).append(text).append(lines);
}

Result<BlockHead> readHead(std::string_view bytes) {
  BlockHead head;
  if (bytes.size() < kHeadBytes) return damaged("its head is cut off");
  const char* at = bytes.data();
  if (load64(at) != kMagic) return damaged("it does not begin as one");
  at += sizeof kMagic;
  std::uint64_t flags = 0;
  eachField(head, flags, [&at](auto& value) {
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
  });
  head.sorted = (flags & 1) != 0;
  const bool sane = head.textRaw <= kBlockTextMax && head.linesRaw <= kBlockTextMax && head.count <= kBlockLinesMax &&
                    head.textBytes <= ZSTD_COMPRESSBOUND(kBlockTextMax) &&
                    head.linesBytes <= ZSTD_COMPRESSBOUND(kBlockTextMax) && head.sourcesBytes <= kBlockTextMax &&
                    head.filterBytes <= kFilterBytesMax;
  if (!sane) return damaged("its head names sizes that no block has");
  return head;
}

Status checkPrelude(std::string_view head, std::string_view prelude) {
  const std::uint64_t told = load64(head.data() + kHeadBytes - sizeof(std::uint64_t));
  const std::string_view hashed = head.substr(0, kHeadBytes - sizeof(std::uint64_t));
  if (told != hashOf(prelude, hashOf(hashed))) return damaged("its head does not match its hash");
  return {};
}

Result<std::vector<Source>> readSources(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::uint64_t count = reader.varint();
  if (count > kBlockSourcesMax) return damaged("it names too many containers");
  std::vector<Source> sources;
  for (std::uint64_t at = 0; at < count && reader.ok(); ++at) {
    Source source;
    source.id = reader.text();
    source.name = reader.text();
    source.release = reader.text();
    sources.push_back(std::move(source));
  }
  if (!reader.ok()) return damaged("its containers cannot be read");
  return sources;
}

Result<std::string_view> readText(const BlockHead& head, std::string_view stored, std::string& room) {
  return decompress(stored, head.textRaw, room);
}

Result<std::string_view> readLines(const BlockHead& head, std::string_view stored, std::string& room) {
  return decompress(stored, head.linesRaw, room);
}

Result<std::vector<BlockLine>> decodeLines(std::string_view lines, std::uint32_t count, std::size_t textBytes,
                                           std::size_t sources) {
  ByteReader bytes(lines);
  std::vector<BlockLine> decoded;
  decoded.reserve(std::min<std::size_t>(count, lines.size() / 4 + 1));
  std::uint64_t orderUs = 0, at = 0;
  for (std::uint32_t index = 0; index < count; ++index) {
    BlockLine line;
    const std::uint64_t flags = bytes.varint(), source = bytes.varint();
    orderUs += static_cast<std::uint64_t>(bytes.number());
    const std::uint64_t size = bytes.varint();
    const std::uint64_t skew = (flags & kSkewBit) != 0 ? static_cast<std::uint64_t>(bytes.number()) : 0;
    if (!bytes.ok() || source >= sources || size >= textBytes || at + size >= textBytes) {
      return damaged("its lines do not match its text");
    }
    line.facts.isError = (flags & kErrorBit) != 0;
    line.facts.continues = (flags & kContinuesBit) != 0;
    line.facts.isNotice = (flags & kNoticeBit) != 0;
    line.facts.severity = static_cast<Severity>(std::min<std::uint64_t>(flags >> kSeverityShift & 7, kSeverities - 1));
    line.facts.orderUs = static_cast<std::int64_t>(orderUs);
    line.facts.timeUs = static_cast<std::int64_t>(orderUs - skew);
    line.facts.source = static_cast<std::uint32_t>(source);
    line.at = static_cast<std::uint32_t>(at);
    line.size = static_cast<std::uint32_t>(size);
    decoded.push_back(line);
    at += size + 1;
  }
  return decoded;
}

}  // namespace orbit::logs
