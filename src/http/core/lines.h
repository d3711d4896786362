// The lines of an HTTP/1.1 head into an index: syntax only (RFC 9112 2 to 5); what they mean is index.cc's. The one
// reader of heads in this room. Private to http. Thread rules: plain values.
#pragma once
#include <string_view>

#include "http/core/index.h"

namespace orbit::http {

// Why a message is refused: the status it deserves and a literal; status 0: it is not.
struct Refusal {
  int status = 0;
  const char* reason = "";
  explicit operator bool() const { return status != 0; }
};

// How often the fields that frame and route a message occur, and where the last of each stands in `fields`.
struct Seen {
  std::uint32_t hosts = 0, lengths = 0, codings = 0, connections = 0, upgrades = 0, expects = 0, keys = 0;
  std::uint32_t host = 0, length = 0, coding = 0, upgrade = 0, expect = 0;
};

// Read one head into method, target, status, reason, version and fields; on kDone `into.text` holds the head.
ParseOutcome readRequestLines(std::string_view bytes, const HeadLimits& limits, RequestIndex& into, Seen& seen);
ParseOutcome readResponseLines(std::string_view bytes, const HeadLimits& limits, ResponseIndex& into, Seen& seen);
// Field lines through the empty one, as in trailers.
ParseOutcome readFieldLines(std::string_view bytes, const HeadLimits& limits, HeadIndex& into, Seen& seen);

// Checks the lines of a trailer, each with its CRLF, and leaves those that a trailer may set: none that frame, route,
// authenticate or describe the message (RFC 9110 6.5.1).
Refusal keepTrailers(std::string& lines);

// RFC 9112 6.3 for what a message declares; `otherwise` when it declares nothing. The views are of the last of each.
struct DeclaredFraming {
  unsigned lengths = 0, codings = 0;
  std::string_view length, coding;
};
Refusal decideFraming(const DeclaredFraming& declared, int minorVersion, Framing::Kind otherwise, Framing& into);

// Target and host of a request whose text and fields are set, for HTTP/1.1 and HTTP/2 alike.
Refusal indexPath(RequestIndex& into, Slice pathAndQuery);
Refusal indexHost(RequestIndex& into, Slice authority);

}  // namespace orbit::http
