// What the log store takes and gives, as plain values. Part of the door of logs.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::logs {

// Whose log: a service of a project's environment ("development" included). The edge's access log is that of a service
// "edge" without project and environment.
struct Key {
  std::string project, environment, service;
  auto operator<=>(const Key&) const = default;
};
inline Key edgeKey() {
  return {"", "", "edge"};
}

// Who said it: a container, by the engine's id.
struct Source {
  std::string id, name, release;  // release "" in development
  bool operator==(const Source&) const = default;
};

enum class Severity : std::uint8_t { kNone, kTrace, kDebug, kInfo, kWarning, kError, kFatal };
inline constexpr std::size_t kSeverities = 7;
std::string_view severityName(Severity severity);  // "" for kNone
// As severityName() or as people write it ("warn", "ERR"); kNone for what is none.
Severity severityOf(std::string_view word);
// Of a line, by the many shapes loggers have: JSON and logfmt members, upper-case words, [error], glog's letter,
// syslog's number, Redis' sign, exceptions at the start of the line. Looks at the beginning of the line only.
Severity severityIn(std::string_view line);

// Where a container's output was taken up to. The engine knows no other place than a time (`since`, inclusive), several
// records may have the same, and the two streams are stamped apart, so that times may go back a little from one record
// to the next: the last few records are remembered as they came.
struct Position {
  struct Mark {
    std::int64_t timeUs = 0;
    std::uint32_t hash = 0;
    bool operator==(const Mark&) const = default;
  };
  std::int64_t timeUs = 0;   // of the last record; 0: nothing was taken
  std::int64_t highUs = 0;   // the latest that any record had
  std::uint32_t count = 0;   // which one of its time the last record is, from 1
  std::vector<Mark> recent;  // oldest first
  void note(std::int64_t recordUs, std::uint32_t hash);
  bool operator==(const Position&) const = default;
};
std::uint32_t fingerprint(bool isError, std::string_view text);

// Pieces of one container's output, in the journal's form: what is added here is written as it is.
class Batch {
 public:
  // A line, or a part of one that the engine cut (`partial`: more follows).
  void add(bool isError, bool partial, std::int64_t timeUs, std::string_view text);
  // Something that Orbit says in its place: a gap, lines left out.
  void notice(std::int64_t timeUs, std::string_view text);
  // A record that was taken but is not kept; only its place is.
  void skip(bool isError, std::int64_t timeUs, std::uint32_t hash);
  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }
  std::uint64_t offset = 0;  // of a file: where reading goes on after this

 private:
  void head(std::uint64_t flags, std::int64_t timeUs);
  std::string bytes_;
  std::int64_t lastUs_ = 0;
};

// One thing that was said: a line, or the lines of a stack trace; and who said it.
struct Origin {
  Key key;
  Source source;
};
struct Entry {
  std::shared_ptr<const Origin> from;  // never null; shared by the entries of a block
  const Key& key() const { return from->key; }
  const Source& source() const { return from->source; }
  bool isError = false;   // by standard error
  bool isNotice = false;  // Orbit's own words
  Severity severity = Severity::kNone;
  std::int64_t timeUs = 0;  // as the engine stamped it
  std::string text;         // lines joined by '\n'
};

}  // namespace orbit::logs
