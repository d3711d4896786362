#include "http/core/limits.h"
#include "http/core/lines.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

constexpr std::size_t kLengthDigitsMax = 18;  // below 2^63 for everybody

// RFC 9112 6.1. Only "chunked" alone is understood; the others tell by their status whose fault it is.
Refusal refuseCodings(std::string_view codings) {
  bool chunkedLast = false;
  if (!codings.empty() && codings.back() == ',') return {400, "the Transfer-Encoding"};
  while (!codings.empty()) {
    const std::string_view coding = takeElement(codings);
    if (chunkedLast) return {400, "chunked is not the last transfer coding"};
    if (!isToken(coding)) return {400, "the Transfer-Encoding"};
    chunkedLast = equalsLower(coding, "chunked");
  }
  if (!chunkedLast) return {400, "the last transfer coding is not chunked"};
  return {501, "no transfer coding is understood here but chunked"};
}

// RFC 9110 8.6: digits and nothing else; a list of equal numbers is refused too.
Refusal parseLength(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > kLengthDigitsMax) return {400, "the Content-Length"};
  length = 0;
  for (const char c : text) {
    if (!isDigit(c)) return {400, "the Content-Length"};
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (length > kBodyBytesMax) return {413, "an HTTP body claims more bytes than any we take"};
  return {};
}

}  // namespace

Refusal decideFraming(const DeclaredFraming& declared, int minorVersion, Framing::Kind otherwise, Framing& into) {
  into = Framing{otherwise, 0};
  if (declared.codings > 0) {
    if (declared.lengths > 0) return {400, "both Content-Length and Transfer-Encoding"};
    if (minorVersion == 0) return {400, "Transfer-Encoding in HTTP/1.0"};
    if (declared.codings > 1) return {400, "more than one Transfer-Encoding"};
    if (!equalsLower(declared.coding, "chunked")) return refuseCodings(declared.coding);
    into.kind = Framing::Kind::kChunked;
    return {};
  }
  if (declared.lengths == 0) return {};
  if (declared.lengths > 1) return {400, "more than one Content-Length"};
  into.kind = Framing::Kind::kLength;
  return parseLength(declared.length, into.length);
}

}  // namespace orbit::http
