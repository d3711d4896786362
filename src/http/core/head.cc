#include "http/core/head.h"

#include "base/text.h"
#include "http/core/limits.h"
#include "http/core/lines.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

Error malformed(std::string what) {
  return {Code::kProtocol, "malformed HTTP: " + std::move(what)};
}

constexpr HeadLimits kLimits{kHeadBytesMax, kFieldsMax, kHeadBytesMax};

// Whether `outcome` is of a head that is the whole of `text`.
Status whole(const ParseOutcome& outcome, std::string_view text) {
  if (outcome.kind == ParseOutcome::Kind::kMore) return malformed("a head that is not complete");
  if (outcome.kind == ParseOutcome::Kind::kDone) {
    if (outcome.size != text.size()) return malformed("bytes after the head");
    return {};
  }
  switch (outcome.status) {
    case 414:
    case 431:
      return Error{Code::kLimit, "HTTP: " + std::string(outcome.reason)};
    case 501:
    case 505:
      return Error{Code::kUnsupported, "HTTP: " + std::string(outcome.reason)};
    default:
      return malformed(outcome.reason);
  }
}

Fields fieldsOf(const HeadIndex& index) {
  Fields fields;
  for (const FieldIndex& field : index.fields) {
    fields.add(std::string(index.at(field.name)), std::string(index.at(field.value)));
  }
  return fields;
}

Status appendFields(std::string& out, const Fields& fields) {
  for (const Field& field : fields) {
    if (!isToken(field.name) || !isFieldValue(field.value)) {
      return Error{Code::kInvalid,
                   "the HTTP field " + (isToken(field.name) ? field.name : "?") + " holds bytes that cannot be sent"};
    }
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  out += "\r\n";
  return {};
}

}  // namespace

Result<bool> HeadReader::feed(std::string_view& bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
    if (text_.size() + count > kHeadBytesMax) {
      return Error{Code::kLimit, "an HTTP head is longer than " + std::to_string(kHeadBytesMax) + " bytes"};
    }
    text_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (end == std::string_view::npos) return false;
    if (!endsWith(text_, "\r\n")) return malformed("a line without CRLF");
    if (text_ == "\r\n") return malformed("an empty first line");
    if (endsWith(text_, "\r\n\r\n")) return true;
  }
  return false;
}

Result<ParsedRequest> parseRequest(std::string_view text) {
  RequestIndex index;
  Seen seen;
  ORBIT_TRY_STATUS(whole(readRequestLines(text, kLimits, index, seen), text));
  // RFC 9112 3.2.
  if (seen.hosts > 1 || (seen.hosts == 0 && index.minorVersion == 1)) return malformed("not exactly one Host");
  ParsedRequest request;
  request.head.method = index.at(index.methodText);
  request.head.target = index.at(index.target);
  request.head.fields = fieldsOf(index);
  request.minorVersion = index.minorVersion;
  return request;
}

Result<ParsedResponse> parseResponse(std::string_view text) {
  ResponseIndex index;
  Seen seen;
  ORBIT_TRY_STATUS(whole(readResponseLines(text, kLimits, index, seen), text));
  ParsedResponse response;
  response.head.status = index.status;
  response.head.reason = index.at(index.reason);
  response.head.fields = fieldsOf(index);
  response.minorVersion = index.minorVersion;
  return response;
}

Result<Fields> parseFields(std::string_view lines) {
  HeadIndex index;
  Seen seen;
  ORBIT_TRY_STATUS(whole(readFieldLines(lines, kLimits, index, seen), lines));
  return fieldsOf(index);
}

Result<std::string> encodeRequest(const RequestHead& head) {
  if (!isToken(head.method) || !isTarget(head.target)) {
    return Error{Code::kInvalid, "the HTTP method or target holds bytes that cannot be sent"};
  }
  std::string out = head.method + " " + head.target + " HTTP/1.1\r\n";
  ORBIT_TRY_STATUS(appendFields(out, head.fields));
  return out;
}

Result<std::string> encodeResponse(const ResponseHead& head) {
  const std::string_view reason = head.reason.empty() ? reasonPhrase(head.status) : std::string_view(head.reason);
  if (!isFieldValue(reason)) return Error{Code::kInvalid, "the HTTP reason phrase holds bytes that cannot be sent"};
  std::string out = "HTTP/1.1 " + std::to_string(head.status) + " ";
  out.append(reason).append("\r\n");
  ORBIT_TRY_STATUS(appendFields(out, head.fields));
  return out;
}

bool hasToken(const Fields& fields, std::string_view name, std::string_view token) {
  for (const Field& field : fields) {
    if (sameName(field.name, name) && listNames(field.value, token)) return true;
  }
  return false;
}

bool keepsAlive(const Fields& fields, int minorVersion) {
  if (hasToken(fields, "Connection", "close")) return false;
  return minorVersion >= 1 || hasToken(fields, "Connection", "keep-alive");
}

}  // namespace orbit::http
