// HTTP/1.1 message heads, text to values and back (RFC 9112). Sans-I/O and strict: what two parties could read
// differently is refused (bare LF, obs-fold, space before a colon), not repaired. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace orbit::http {

// Collects bytes until a head is complete.
class HeadReader {
 public:
  // Takes what belongs to the head from the front of `bytes`; true when it is complete. Errors: kProtocol (bare LF),
  // kLimit.
  Result<bool> feed(std::string_view& bytes);
  bool started() const { return !text_.empty(); }
  const std::string& text() const { return text_; }  // through the empty line

 private:
  std::string text_;
};

struct ParsedRequest {
  RequestHead head;
  int minorVersion = 1;
};
struct ParsedResponse {
  ResponseHead head;
  int minorVersion = 1;
};

// `text` is a whole head with its empty line. Errors: kProtocol, kLimit; kUnsupported for another major version.
Result<ParsedRequest> parseRequest(std::string_view text);
Result<ParsedResponse> parseResponse(std::string_view text);
// Field lines "name: value\r\n", as in trailers.
Result<Fields> parseFields(std::string_view lines);

// The head as sent, through the empty line. Errors: kInvalid when a part holds bytes that would end its line.
Result<std::string> encodeRequest(const RequestHead& head);
Result<std::string> encodeResponse(const ResponseHead& head);

// Whether a comma-separated field (Connection, Upgrade) names `token`, without case.
bool hasToken(const Fields& fields, std::string_view name, std::string_view token);
// Whether the connection stays open after this message as far as its head says.
bool keepsAlive(const Fields& fields, int minorVersion);

}  // namespace orbit::http
