#include "logs/scan.h"

#include <algorithm>

namespace orbit::logs {
namespace {

constexpr std::uint32_t kNone = ~0U;

// A block's lines with what belongs together found: the first line of each entry, and the next one of the same entry.
struct Lines {
  std::vector<BlockLine> lines;
  std::vector<std::uint32_t> head, next;
};

Lines together(std::vector<BlockLine> lines, std::size_t sources) {
  Lines out;
  out.head.resize(lines.size());
  out.next.assign(lines.size(), kNone);
  std::vector<std::uint32_t> last(sources * 2, kNone);  // of each stream
  for (std::uint32_t at = 0; at < lines.size(); ++at) {
    const LineFacts& facts = lines[at].facts;
    out.head[at] = at;
    if (facts.isNotice) continue;
    std::uint32_t& before = last[std::size_t{facts.source} * 2 + (facts.isError ? 1 : 0)];
    if (before != kNone && facts.continues) {
      out.head[at] = out.head[before];
      out.next[before] = at;
    }
    before = at;
  }
  out.lines = std::move(lines);
  return out;
}

using Origins = std::vector<std::shared_ptr<const Origin>>;

Origins originsOf(const Key& key, const std::vector<Source>& sources) {
  Origins origins;
  for (const auto& source : sources) origins.push_back(std::make_shared<const Origin>(Origin{key, source}));
  return origins;
}

Found entryAt(const Lines& lines, std::uint32_t head, std::string_view text, const Origins& origins,
              std::uint64_t firstOrdinal) {
  const LineFacts& facts = lines.lines[head].facts;
  Found found{facts.orderUs, firstOrdinal + head, {}};
  found.entry.from = origins[facts.source];
  found.entry.isError = facts.isError;
  found.entry.isNotice = facts.isNotice;
  found.entry.severity = facts.severity;
  found.entry.timeUs = facts.timeUs;
  for (std::uint32_t at = head; at != kNone; at = lines.next[at]) {
    if (at != head) found.entry.text += '\n';
    found.entry.text += text.substr(lines.lines[at].at, lines.lines[at].size);
  }
  return found;
}

// The entries in which the text that is looked for stands; all, when there is no such text.
std::vector<std::uint32_t> candidates(const Lines& lines, std::string_view text, const Conditions& conditions,
                                      std::size_t firstHit) {
  std::vector<std::uint32_t> heads;
  if (!conditions.looksForText()) {
    for (std::uint32_t at = 0; at < lines.lines.size(); ++at) {
      if (lines.head[at] == at) heads.push_back(at);
    }
    return heads;
  }
  const auto& all = lines.lines;
  for (std::size_t hit = firstHit; hit != std::string_view::npos;) {
    const auto after = std::upper_bound(all.begin(), all.end(), hit,
                                        [](std::size_t place, const BlockLine& line) { return place < line.at; });
    if (after == all.begin()) break;
    const auto at = static_cast<std::uint32_t>(after - all.begin() - 1);
    heads.push_back(lines.head[at]);
    const std::size_t end = std::size_t{all[at].at} + all[at].size + 1;
    hit = end < text.size() ? conditions.find(text, end) : std::string_view::npos;
  }
  std::sort(heads.begin(), heads.end());
  heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
  return heads;
}

std::vector<Found> take(const Lines& lines, std::string_view text, const std::vector<Source>& sources, const Key& key,
                        std::uint64_t firstOrdinal, bool sorted, const Conditions& conditions, std::size_t firstHit) {
  const Origins origins = originsOf(key, sources);
  std::vector<Found> out;
  for (const std::uint32_t head : candidates(lines, text, conditions, firstHit)) {
    const LineFacts& facts = lines.lines[head].facts;
    if (!conditions.inTime(facts.timeUs) || !conditions.wants(sources[facts.source])) continue;
    Found found = entryAt(lines, head, text, origins, firstOrdinal);
    if (conditions.matchesWhereFound(found.entry)) out.push_back(std::move(found));
  }
  if (!sorted) {
    std::stable_sort(out.begin(), out.end(), [](const Found& a, const Found& b) { return a.orderUs < b.orderUs; });
  }
  return out;
}

}  // namespace

Result<std::vector<Found>> scanBlock(const File& file, const StoredBlock& block, const Key& key,
                                     const Conditions& conditions, Scratch& scratch) {
  const BlockHead& head = block.head;
  ORBIT_TRY(const auto all, file.read(block.at, kHeadBytes + head.preludeBytes(), scratch.head));
  ORBIT_TRY_STATUS(checkPrelude(all.substr(0, kHeadBytes), all.substr(kHeadBytes)));
  if (!conditions.mayMatch(all.substr(kHeadBytes + head.sourcesBytes))) return std::vector<Found>();
  ORBIT_TRY(const auto sources, readSources(all.substr(kHeadBytes, head.sourcesBytes)));
  const auto wanted = [&conditions](const Source& source) { return conditions.wants(source); };
  if (std::none_of(sources.begin(), sources.end(), wanted)) return std::vector<Found>();
  ORBIT_TRY(const auto stored, file.read(block.bodyAt(), head.bodyBytes(), scratch.body));
  ORBIT_TRY(const auto text, readText(head, stored.substr(0, head.textBytes), scratch.text));
  const std::size_t hit = conditions.looksForText() ? conditions.find(text, 0) : 0;
  if (hit == std::string_view::npos) return std::vector<Found>();
  const auto rest = stored.substr(std::min<std::size_t>(head.textBytes, stored.size()));
  ORBIT_TRY(const auto lines, readLines(head, rest, scratch.lines));
  ORBIT_TRY(auto decoded, decodeLines(lines, head.count, text.size(), sources.size()));
  return take(together(std::move(decoded), sources.size()), text, sources, key, head.firstOrdinal, head.sorted,
              conditions, hit);
}

std::vector<Found> scanOpen(const OpenBlock& block, const Key& key, const Conditions& conditions) {
  const std::size_t hit = conditions.looksForText() ? conditions.find(block.text, 0) : 0;
  if (hit == std::string_view::npos || block.count == 0) return {};
  auto decoded = decodeLines(block.lines, block.count, block.text.size(), block.sources.size());
  if (!decoded.ok()) return {};
  return take(together(std::move(*decoded), block.sources.size()), block.text, block.sources, key, block.firstOrdinal,
              block.sorted, conditions, hit);
}

}  // namespace orbit::logs
