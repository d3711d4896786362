// Which of the fields behind a body may be passed on.
#include "http/core/limits.h"
#include "http/core/lines.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

// Fields that no trailer sets (RFC 9110 6.5.1), beyond those of Known, none of which one does.
constexpr std::string_view kNoTrailers[] = {
    "age",
    "allow",
    "cache-control",
    "clear-site-data",
    "dav",
    "expires",
    "max-forwards",
    "pragma",
    "retry-after",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "strict-transport-security",
    "alt-svc",
    "x-real-ip",
};
constexpr std::string_view kNoTrailerPrefixes[] = {
    "accept", "access-control-", "content-", "cookie", "if-", "proxy-", "sec-", "x-forwarded-", "x-http-method"};

bool mayBeTrailer(std::string_view name) {
  if (knownName(name) != Known::kOther) return false;
  for (const std::string_view other : kNoTrailers) {
    if (equalsLower(name, other)) return false;
  }
  for (const std::string_view prefix : kNoTrailerPrefixes) {
    if (equalsLower(name.substr(0, prefix.size()), prefix)) return false;
  }
  return true;
}

}  // namespace

Refusal keepTrailers(std::string& lines) {
  if (lines.empty()) return {};
  HeadIndex index;
  Seen seen;
  const ParseOutcome outcome = readFieldLines(lines + "\r\n", {kTrailerBytesMax, kFieldsMax, 0}, index, seen);
  if (outcome.kind != ParseOutcome::Kind::kDone) return {outcome.status, outcome.reason};
  lines.clear();
  for (const FieldIndex& field : index.fields) {
    if (!mayBeTrailer(index.at(field.name))) continue;
    lines.append(index.at(field.name)).append(": ").append(index.at(field.value)).append("\r\n");
  }
  return {};
}

}  // namespace orbit::http
