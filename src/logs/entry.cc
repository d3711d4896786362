#include "logs/entry.h"

#include "base/base.h"
#include "logs/bytes.h"
#include "logs/limits.h"
#include "logs/piece.h"

namespace orbit::logs {
namespace {

constexpr std::string_view kNames[kSeverities] = {"", "trace", "debug", "info", "warn", "error", "fatal"};

struct Word {
  std::string_view word;
  Severity severity;
};
constexpr Word kWords[] = {
    {"trace", Severity::kTrace},     {"trc", Severity::kTrace},       {"verbose", Severity::kTrace},
    {"debug", Severity::kDebug},     {"dbg", Severity::kDebug},       {"debug1", Severity::kDebug},
    {"debug2", Severity::kDebug},    {"debug3", Severity::kDebug},    {"debug4", Severity::kDebug},
    {"debug5", Severity::kDebug},    {"info", Severity::kInfo},       {"inf", Severity::kInfo},
    {"notice", Severity::kInfo},     {"log", Severity::kInfo},        {"information", Severity::kInfo},
    {"warn", Severity::kWarning},    {"warning", Severity::kWarning}, {"wrn", Severity::kWarning},
    {"error", Severity::kError},     {"err", Severity::kError},       {"severe", Severity::kError},
    {"eror", Severity::kError},      {"fatal", Severity::kFatal},     {"critical", Severity::kFatal},
    {"crit", Severity::kFatal},      {"panic", Severity::kFatal},     {"alert", Severity::kFatal},
    {"emerg", Severity::kFatal},     {"ftl", Severity::kFatal},       {"dpanic", Severity::kFatal},
    {"emergency", Severity::kFatal},
};

}  // namespace

std::string_view severityName(Severity severity) {
  return kNames[static_cast<std::size_t>(severity)];
}

Severity severityOf(std::string_view word) {
  constexpr std::size_t kLongest = 11;
  if (word.empty() || word.size() > kLongest) return Severity::kNone;
  char lowered[kLongest];
  for (std::size_t at = 0; at < word.size(); ++at) lowered[at] = static_cast<char>(word[at] | 0x20);
  const std::string_view plain(lowered, word.size());
  for (const auto& each : kWords) {
    if (each.word == plain) return each.severity;
  }
  return Severity::kNone;
}

void Position::note(std::int64_t recordUs, std::uint32_t hash) {
  if (recordUs != timeUs || count == 0) {
    const auto same =
        std::count_if(recent.begin(), recent.end(), [&](const Mark& mark) { return mark.timeUs == recordUs; });
    timeUs = recordUs;
    count = static_cast<std::uint32_t>(same);
  }
  ++count;
  if (recent.size() == 2 * kPositionMarks) recent.erase(recent.begin(), recent.begin() + kPositionMarks);
  recent.push_back({recordUs, hash});
  highUs = std::max(highUs, recordUs);
}

std::uint32_t fingerprint(bool isError, std::string_view text) {
  return static_cast<std::uint32_t>(hashOf(text, isError ? 1 : 0));
}

void Batch::head(std::uint64_t flags, std::int64_t timeUs) {
  putVarint(bytes_, flags);
  putSigned(bytes_, timeUs - lastUs_);
  lastUs_ = timeUs;
}

void Batch::add(bool isError, bool partial, std::int64_t timeUs, std::string_view text) {
  head((isError ? kPieceError : 0U) | (partial ? kPiecePartial : 0U), timeUs);
  putText(bytes_, text);
}

void Batch::notice(std::int64_t timeUs, std::string_view text) {
  head(kPieceNotice, timeUs);
  putText(bytes_, text);
}

void Batch::skip(bool isError, std::int64_t timeUs, std::uint32_t hash) {
  head((isError ? kPieceError : 0U) | kPieceSkipped, timeUs);
  putVarint(bytes_, hash);
}

}  // namespace orbit::logs
