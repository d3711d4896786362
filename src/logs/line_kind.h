// Whether a line belongs to the line before it. Private to logs. Thread rules: a TraceJoiner is a plain value of one
// stream.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "logs/entry.h"

namespace orbit::logs {

// Whether a line goes on with what the line before began: stack traces of Python, Node, Java and Go, and whatever is
// indented. One for each stream of a container, fed with its lines in order.
class TraceJoiner {
 public:
  bool continues(std::string_view line, std::int64_t timeUs, Severity own);
  Severity severity() const { return severity_; }  // of what the last line belongs to
  std::string state() const;                       // for the journal
  void restore(std::string_view state);

 private:
  enum class In : std::uint8_t { kPlain, kIndented, kPython, kPythonEnd, kGo };
  bool goesOn(std::string_view line, bool soon, Severity own);
  void begin(std::string_view line);

  In in_ = In::kPlain;
  Severity severity_ = Severity::kNone;
  std::uint32_t lines_ = 0;
  std::int64_t lastUs_ = 0;
};

}  // namespace orbit::logs
