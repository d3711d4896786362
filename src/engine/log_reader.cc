#include "engine/log_reader.h"

#include "engine/answers.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

constexpr std::size_t kDriverCutBytes = 16u << 10;

// "2026-11-24T01:02:10.073714951Z text" → time and text; a text without a timestamp keeps time 0.
LogRecord entry(std::string_view text) {
  LogRecord record;
  const auto space = text.find(' ');
  const auto stamp = text.substr(0, space);
  if (stamp.size() >= 20 && (stamp.back() == 'Z' || stamp.size() >= 25)) record.timeUs = parseTimeUs(stamp);
  if (record.timeUs != 0) text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  record.text = std::string(text);
  return record;
}

void addRawLine(std::vector<LogRecord>& records, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  for (;;) {
    LogRecord record = entry(line);
    // A line the driver cut: the next entry's timestamp stands in the middle of it.
    if (record.timeUs != 0 && record.text.size() > kDriverCutBytes) {
      const std::string_view rest = line.substr(line.find(' ') + 1 + kDriverCutBytes);
      if (entry(rest).timeUs != 0) {
        record.text.resize(kDriverCutBytes);
        record.partial = true;
        records.push_back(std::move(record));
        line = rest;
        continue;
      }
    }
    records.push_back(std::move(record));
    return;
  }
}

}  // namespace

Result<std::vector<LogRecord>> LogReader::feed(std::string_view bytes) {
  std::vector<LogRecord> records;
  ORBIT_TRY(const auto pieces, frames_.feed(bytes));
  for (const auto& piece : pieces) {
    if (tty_) {
      line_ += piece.bytes;
      takeRaw(records);
      continue;
    }
    std::string_view text = piece.bytes;
    const bool whole = text.ends_with('\n');
    if (whole) text.remove_suffix(1);
    LogRecord record = entry(text);
    record.isError = piece.isError;
    record.partial = !whole;
    records.push_back(std::move(record));
  }
  return records;
}

void LogReader::takeRaw(std::vector<LogRecord>& records) {
  std::size_t start = 0;
  for (auto end = line_.find('\n'); end != std::string::npos; end = line_.find('\n', start)) {
    addRawLine(records, std::string_view(line_).substr(start, end - start));
    start = end + 1;
  }
  line_.erase(0, start);
  if (line_.size() < kLogLineBytesMax) return;
  LogRecord record = entry(line_);
  record.partial = true;
  records.push_back(std::move(record));
  line_.clear();
}

std::vector<LogRecord> LogReader::finish() {
  std::vector<LogRecord> records;
  if (!line_.empty()) addRawLine(records, std::exchange(line_, {}));
  return records;
}

Result<std::vector<format::Json>> JsonLines::feed(std::string_view bytes) {
  std::vector<format::Json> documents;
  pending_ += bytes;
  std::size_t start = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
    const auto line = trim(std::string_view(pending_).substr(start, end - start));
    start = end + 1;
    if (line.empty()) continue;
    auto document = format::parseJson(line, "the engine's answer");
    if (!document.ok()) return Error{Code::kProtocol, "the engine sent a line that is no JSON"};
    documents.push_back(std::move(*document));
  }
  pending_.erase(0, start);
  if (pending_.size() > kProgressLineBytesMax) {
    return Error{Code::kLimit,
                 "the engine sent a line longer than " + std::to_string(kProgressLineBytesMax) + " bytes"};
  }
  return documents;
}

}  // namespace orbit::engine
