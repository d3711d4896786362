// Any text as lines: severity, traces, fields, request ids.
#include <algorithm>

#include "logs/fields.h"
#include "logs/line_kind.h"
#include "logs/piece.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::logs;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  PieceReader pieces(text);
  Piece piece;
  while (pieces.next(piece)) fingerprint(piece.isError(), piece.text);
  TraceJoiner joiner;
  joiner.restore(text);
  for (std::int64_t timeUs = 0; !text.empty(); timeUs += 10) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const Severity severity = severityIn(line);
    joiner.continues(line, timeUs, severity);
    fieldsOf(line);
    requestIdOf(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
