#include "http/core/head.h"

#include "base/text.h"
#include "http/core/limits.h"

namespace orbit::http {
namespace {

Error malformed(std::string what) {
  return {Code::kProtocol, "malformed HTTP: " + std::move(what)};
}

// RFC 9110 5.6.2.
bool isTokenByte(char c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool isToken(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!isTokenByte(c)) return false;
  }
  return true;
}

// RFC 9110 5.5: visible, space, tab, and bytes above ASCII.
bool isFieldValue(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
  }
  return true;
}

bool isTarget(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return false;
  }
  return true;
}

std::string_view trimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The next line without its CRLF, taken from the front of `text`.
Result<std::string_view> takeLine(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r') return malformed("a line without CRLF");
  const std::string_view line = text.substr(0, end - 1);
  text.remove_prefix(end + 1);
  return line;
}

Result<int> parseVersion(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  if (startsWith(text, "HTTP/")) {
    return Error{Code::kUnsupported, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  return malformed("no HTTP version in the first line");
}

// Field lines up to the empty one, which must be the end of `text`.
Result<Fields> parseFieldsToEnd(std::string_view text) {
  Fields fields;
  for (;;) {
    ORBIT_TRY(const std::string_view line, takeLine(text));
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') return malformed("a folded field line");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a field line without a colon");
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimBlanks(line.substr(colon + 1));
    if (!isToken(name)) return malformed("a field name with bytes that are not allowed");
    if (!isFieldValue(value)) return malformed("a field value with control bytes");
    if (fields.size() == kFieldsMax) return Error{Code::kLimit, "an HTTP head has too many fields"};
    fields.add(std::string(name), std::string(value));
  }
  if (!text.empty()) return malformed("bytes after the head");
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
  ORBIT_TRY(const std::string_view line, takeLine(text));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return malformed("the request line");
  ParsedRequest request;
  request.head.method = line.substr(0, first);
  request.head.target = line.substr(first + 1, last - first - 1);
  ORBIT_TRY(request.minorVersion, parseVersion(line.substr(last + 1)));
  if (!isToken(request.head.method)) return malformed("the method");
  if (!isTarget(request.head.target)) return malformed("the request target");
  ORBIT_TRY(request.head.fields, parseFieldsToEnd(text));
  std::size_t hosts = 0;
  for (const Field& field : request.head.fields) hosts += lower(field.name) == "host" ? 1U : 0U;
  // RFC 9112 3.2.
  if (hosts > 1 || (hosts == 0 && request.minorVersion == 1)) return malformed("not exactly one Host");
  return request;
}

Result<ParsedResponse> parseResponse(std::string_view text) {
  ORBIT_TRY(const std::string_view line, takeLine(text));
  ParsedResponse response;
  ORBIT_TRY(response.minorVersion, parseVersion(line.substr(0, line.find(' '))));
  // "HTTP/1.1 200 OK"; the reason, and even its space, may be missing.
  const std::string_view rest = line.size() > 9 ? line.substr(9) : std::string_view();
  if (rest.size() < 3 || (rest.size() > 3 && rest[3] != ' ')) return malformed("the status line");
  for (const char c : rest.substr(0, 3)) {
    if (c < '0' || c > '9') return malformed("the status code");
    response.head.status = response.head.status * 10 + (c - '0');
  }
  if (response.head.status < 100 || response.head.status > 599) return malformed("the status code");
  if (rest.size() > 4) response.head.reason = rest.substr(4);
  if (!isFieldValue(response.head.reason)) return malformed("the reason phrase");
  ORBIT_TRY(response.head.fields, parseFieldsToEnd(text));
  return response;
}

Result<Fields> parseFields(std::string_view lines) {
  return parseFieldsToEnd(lines);
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
  const std::string wantedName = lower(name);
  const std::string wanted = lower(token);
  for (const Field& field : fields) {
    if (lower(field.name) != wantedName) continue;
    for (const std::string_view part : split(field.value, ',')) {
      if (lower(trimBlanks(part)) == wanted) return true;
    }
  }
  return false;
}

bool keepsAlive(const Fields& fields, int minorVersion) {
  if (hasToken(fields, "Connection", "close")) return false;
  return minorVersion >= 1 || hasToken(fields, "Connection", "keep-alive");
}

}  // namespace orbit::http
