#include <algorithm>
#include <array>
#include <cstring>

#include "logs/entry.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kLookBytes = 96, kLookJsonBytes = 1024;

constexpr std::array<std::uint8_t, 256> kLetter = [] {
  std::array<std::uint8_t, 256> kind{};
  for (int c = 'a'; c <= 'z'; ++c) kind[static_cast<std::size_t>(c)] = 1;
  for (int c = 'A'; c <= 'Z'; ++c) kind[static_cast<std::size_t>(c)] = 2;
  return kind;
}();
std::uint8_t letter(char c) {
  return kLetter[static_cast<unsigned char>(c)];
}
bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::array<std::string_view, 5> kMembers = {"\"level", "\"severity", "\"lvl\"", "\"log.level\"",
                                                      "\"loglevel\""};

// Where each of them first stands, in one pass over the quotes.
std::array<std::size_t, kMembers.size()> membersIn(std::string_view json) {
  std::array<std::size_t, kMembers.size()> places;
  places.fill(std::string_view::npos);
  for (auto at = json.find('"'); at < json.size() - 1; at = json.find('"', at + 1)) {
    if (json[at + 1] != 'l' && json[at + 1] != 's') continue;
    for (std::size_t key = 0; key < kMembers.size(); ++key) {
      if (places[key] == std::string_view::npos && json.substr(at).starts_with(kMembers[key])) places[key] = at;
    }
  }
  return places;
}

// Of the member whose name begins there.
std::string_view valueAt(std::string_view json, std::size_t at) {
  const auto end = json.find('"', at + 1);
  const auto colon = end == std::string_view::npos ? end : json.find_first_not_of(" \t", end + 1);
  if (colon == std::string_view::npos || json[colon] != ':') return {};
  const auto value = json.find_first_not_of(" \t", colon + 1);
  return value == std::string_view::npos ? std::string_view() : json.substr(value);
}

Severity ofNumber(std::string_view text) {
  // Of pino and bunyan: 10 trace … 60 fatal.
  if (text.size() < 3 || text[0] < '1' || text[0] > '6' || text[1] != '0' || isDigit(text[2])) return Severity::kNone;
  return static_cast<Severity>(text[0] - '0');
}

Severity inJson(std::string_view line) {
  line = line.substr(0, kLookJsonBytes);
  for (const std::size_t at : membersIn(line)) {
    if (at == std::string_view::npos) continue;
    std::string_view value = valueAt(line, at);
    if (value.empty()) continue;
    if (value.front() != '"') return ofNumber(value);
    value.remove_prefix(1);
    return severityOf(value.substr(0, value.find('"')));
  }
  return Severity::kNone;
}

// "E1128 18:00:00.000000 …" of glog and klog, "<3>…" of syslog.
Severity byFirst(std::string_view line) {
  if (line.size() > 5 && isDigit(line[1]) && isDigit(line[2]) && isDigit(line[3]) && isDigit(line[4]) &&
      line[5] == ' ') {
    switch (line[0]) {
      case 'I':
        return Severity::kInfo;
      case 'W':
        return Severity::kWarning;
      case 'E':
        return Severity::kError;
      case 'F':
        return Severity::kFatal;
      default:
        break;
    }
  }
  if (line.size() > 3 && line[0] == '<' && line[2] == '>' && line[1] >= '0' && line[1] <= '7') {
    constexpr Severity kSyslog[] = {Severity::kFatal,   Severity::kFatal, Severity::kFatal, Severity::kError,
                                    Severity::kWarning, Severity::kInfo,  Severity::kInfo,  Severity::kDebug};
    return kSyslog[line[1] - '0'];
  }
  return Severity::kNone;
}

// "1:M 28 Nov 2026 18:00:00.000 * Ready": Redis' sign after the time.
Severity ofRedis(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && isDigit(line[at])) ++at;
  if (at == 0 || at + 3 >= line.size() || line[at] != ':' || letter(line[at + 1]) != 2 || line[at + 2] != ' ') {
    return Severity::kNone;
  }
  constexpr std::size_t kSign = 27;  // "M 28 Nov 2026 18:00:00.000 " stands before it
  at += 1 + kSign;
  if (at + 1 >= line.size() || line[at - 1] != ' ' || line[at + 1] != ' ') return Severity::kNone;
  switch (line[at]) {
    case '.':
      return Severity::kTrace;
    case '-':
      return Severity::kDebug;
    case '*':
      return Severity::kInfo;
    case '#':
      return Severity::kWarning;
    default:
      return Severity::kNone;
  }
}

// What stands before the word says that it is a level: level=, "severity": and their kin.
bool named(std::string_view before) {
  while (!before.empty() && (before.back() == '"' || before.back() == '=' || before.back() == ':'))
    before.remove_suffix(1);
  return before.ends_with("level") || before.ends_with("lvl") || before.ends_with("severity");
}

bool meansLevel(std::string_view line, std::size_t start, std::size_t end, bool upper) {
  const char before = start == 0 ? ' ' : line[start - 1];
  const char after = end < line.size() ? line[end] : ' ';
  const std::string_view word = line.substr(start, end - start);
  if (upper) {
    if (letter(after) != 0 || isDigit(after) || after == '_' || before == '_' || isDigit(before)) return false;
    return word != "LOG" || after == ':';  // PostgreSQL's own word for information
  }
  if (before == '[' || before == '<') return after == ']' || after == '>' || after == ' ';
  if (before == '=' || before == '"') return named(line.substr(0, start));
  return start == 0 && after == ':';
}

// "ValueError: …", "java.lang.IllegalStateException: …", "Error: …", "Traceback …" at the start of a line.
bool isException(std::string_view line) {
  if (line.starts_with("Traceback (most recent") || line.starts_with("Exception in thread ")) return true;
  std::size_t end = 0;
  while (end < line.size() && (letter(line[end]) != 0 || line[end] == '.' || line[end] == '_' || isDigit(line[end])))
    ++end;
  const std::string_view word = line.substr(0, end);
  return end < line.size() && line[end] == ':' && (word.ends_with("Error") || word.ends_with("Exception"));
}

Severity byWord(std::string_view line) {
  const std::string_view look = line.substr(0, kLookBytes);
  for (std::size_t at = 0; at < look.size();) {
    if (letter(look[at]) == 0) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    unsigned seen = 0;
    while (at < look.size() && letter(look[at]) != 0) seen |= letter(look[at++]);
    if (at - start < 3 || at - start > 11 || seen == 3) continue;
    if (!meansLevel(line, start, at, seen == 2)) continue;
    const Severity found = severityOf(look.substr(start, at - start));
    if (found != Severity::kNone) return found;
  }
  return Severity::kNone;
}

}  // namespace

Severity severityIn(std::string_view line) {
  if (line.empty()) return Severity::kNone;
  if (line.front() == '{') return inJson(line);
  Severity found = byFirst(line);
  if (found == Severity::kNone && isDigit(line.front())) found = ofRedis(line);
  if (found == Severity::kNone) found = byWord(line);
  if (found == Severity::kNone && letter(line.front()) != 0 && isException(line)) found = Severity::kError;
  return found;
}

}  // namespace orbit::logs
