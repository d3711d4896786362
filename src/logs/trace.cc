#include "base/base.h"
#include "logs/bytes.h"
#include "logs/limits.h"
#include "logs/line_kind.h"
#include "logs/piece.h"

namespace orbit::logs {
namespace {

constexpr std::int64_t kSoonUs = 1'000'000;  // lines of one trace come at once

bool isIndented(std::string_view line) {
  return !line.empty() && (line.front() == ' ' || line.front() == '\t');
}

// What closes something that was printed indented: "}", "],", "});".
bool isClosing(std::string_view line) {
  return line.size() <= 3 && !line.empty() && line.find_first_not_of("}]),;") == std::string_view::npos;
}

// "main.(*T).run(0xc000010000, 0x1)" of a Go trace.
bool isGoFrame(std::string_view line) {
  const auto open = line.find('(');
  return open != std::string_view::npos && open > 0 && line.ends_with(')') &&
         line.substr(0, open).find(' ') == std::string_view::npos;
}

bool isGoLine(std::string_view line) {
  return line.empty() || line.starts_with("goroutine ") || line.starts_with("[signal ") ||
         line.starts_with("created by ") || line.starts_with("exit status ") || isGoFrame(line);
}

bool chainsInPython(std::string_view line) {
  return line.empty() || line.starts_with("Traceback (most") || line.starts_with("During handling of the above") ||
         line.starts_with("The above exception was");
}

bool chainsInJava(std::string_view line) {
  return line.starts_with("Caused by: ") || line.starts_with("Suppressed: ");
}

}  // namespace

bool TraceJoiner::continues(std::string_view line, std::int64_t timeUs, Severity own) {
  const bool soon = lines_ > 0 && lines_ < kTraceLinesMax && timeUs - lastUs_ <= kSoonUs;
  const bool followsSoon = soon && timeUs - lastUs_ <= kTraceFollowsUs;
  const bool goes = soon && goesOn(line, followsSoon, own);
  if (!goes) {
    begin(line);
    severity_ = own;
    lines_ = 0;
  }
  ++lines_;
  lastUs_ = timeUs;
  return goes;
}

bool TraceJoiner::goesOn(std::string_view line, bool soon, Severity own) {
  if (in_ == In::kPython && !isIndented(line)) {
    in_ = In::kPythonEnd;  // the exception itself
    return true;
  }
  if (in_ == In::kPythonEnd) {
    if (!chainsInPython(line)) return false;
    if (line.starts_with("Traceback")) in_ = In::kPython;
    return true;
  }
  if (isIndented(line)) {
    if (in_ == In::kPlain) in_ = In::kIndented;
    return true;
  }
  if (in_ == In::kGo) return isGoLine(line);
  if (in_ == In::kIndented) return isClosing(line) || chainsInJava(line);
  // A traceback right after the line that reports the error.
  if (soon && own == Severity::kError && severity_ >= Severity::kError && line.starts_with("Traceback (most")) {
    in_ = In::kPython;
    return true;
  }
  return false;
}

void TraceJoiner::begin(std::string_view line) {
  in_ = In::kPlain;
  if (line.starts_with("Traceback (most")) in_ = In::kPython;
  if (line.starts_with("panic: ") || line.starts_with("fatal error: ")) in_ = In::kGo;
}

std::string TraceJoiner::state() const {
  std::string out;
  putVarint(out, static_cast<std::uint64_t>(in_));
  putVarint(out, static_cast<std::uint64_t>(severity_));
  putVarint(out, lines_);
  putSigned(out, lastUs_);
  return out;
}

void TraceJoiner::restore(std::string_view state) {
  ByteReader bytes(state);
  const std::uint64_t in = bytes.varint(), severity = bytes.varint();
  lines_ = static_cast<std::uint32_t>(bytes.varint());
  lastUs_ = bytes.number();
  const bool sane = lastUs_ >= 0 && lastUs_ <= kTimeMaxUs && lines_ <= kTraceLinesMax;
  if (!bytes.ok() || !sane || in > static_cast<std::uint64_t>(In::kGo) || severity >= kSeverities) {
    *this = {};
    return;
  }
  in_ = static_cast<In>(in);
  severity_ = static_cast<Severity>(severity);
}

}  // namespace orbit::logs
