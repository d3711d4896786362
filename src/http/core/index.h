// The edge's fast, strict reading of HTTP/1.1 heads (RFC 9112) into offsets over one text, so that nothing is copied
// twice and the text may move. HTTP/2 fills the same index (RFC 9113 8.3), so that everything above knows one form.
// What two parties could read differently is refused, never repaired. Sans-I/O. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/core/body.h"

namespace orbit::http {

struct Slice {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

// Names that somebody above asks for; found once, while parsing.
enum class Known : std::uint8_t {
  kOther,
  kHost,
  kConnection,
  kContentLength,
  kTransferEncoding,
  kTe,
  kTrailer,
  kUpgrade,
  kExpect,
  kKeepAlive,
  kProxyConnection,
  kProxyAuthenticate,
  kProxyAuthorization,
  kCookie,
  kSetCookie,
  kForwarded,
  kXForwardedFor,
  kXForwardedProto,
  kXForwardedHost,
  kXRequestId,
  kTraceparent,
  kUserAgent,
  kReferer,
  kOrigin,
  kAccessControlRequestMethod,
  kAccessControlRequestHeaders,
  kContentType,
  kDate,
  kServer,
  kLocation,
  kRange,
  kHttp2Settings,
  kSecWebSocketKey,
  kAuthorization,
};

enum class Method : std::uint8_t { kOther, kGet, kHead, kPost, kPut, kDelete, kConnect, kOptions, kTrace, kPatch };

struct FieldIndex {
  Slice name;   // as written
  Slice value;  // without white space around it
  Known known = Known::kOther;
};

struct HeadIndex {
  std::string text;  // the head as it came, or as HTTP/2 assembled it; derived values (a normal path) are appended
  std::vector<FieldIndex> fields;
  std::uint8_t minorVersion = 1;  // HTTP/1.x
  Framing framing;
  bool keepAlive = true;
  bool connectionNames = false;  // Connection names fields that are not hop-by-hop by themselves

  std::string_view at(Slice slice) const { return std::string_view(text).substr(slice.at, slice.size); }
  // The first value of that name, or nullptr.
  const FieldIndex* find(Known known) const;
  const FieldIndex* find(std::string_view name) const;  // without case
  void clear();                                         // keeps the memory, unless it grew past 16 KiB
};

struct RequestIndex : HeadIndex {
  Method method = Method::kOther;
  Slice methodText;
  Slice target;    // as written
  Slice path;      // in normal form (uri.h), begins with "/" ("*" for OPTIONS *)
  Slice query;     // without "?", as written
  Slice host;      // lower case, without port and trailing dot; from the target's authority or Host; never ""
  Slice hostPort;  // host with port as written, for X-Forwarded-Host and Host; without the colon of an empty port
  bool hasQuery = false;
  bool expectContinue = false;  // 100-continue is expected, HTTP/1.1, and there is a body
  bool upgrade = false;         // Connection: upgrade with an Upgrade field; not in HTTP/1.0, with a body, or to h2c
  bool webSocket = false;       // Upgrade: websocket, GET with a key (RFC 6455 4.1)
  bool http2 = false;

  void clear();
};

struct ResponseIndex : HeadIndex {
  int status = 0;
  Slice reason;

  void clear();
};

struct HeadLimits {
  std::size_t headBytesMax = 64 * 1024;
  std::size_t fieldsMax = 128;
  std::size_t targetBytesMax = 16 * 1024;
};

struct ParseOutcome {
  enum class Kind : std::uint8_t { kDone, kMore, kBad } kind = Kind::kMore;
  std::size_t size = 0;     // kDone: bytes of the head, through its empty line
  int status = 0;           // kBad, of a request: the answer it deserves (400, 413, 414, 417, 431, 501,
                            // 505); of a response: 502
  const char* reason = "";  // kBad: what is wrong, a literal
};

// Reads one head from the front of `bytes` (empty lines before a request line: at most one CRLF, RFC 9112 2.2). kMore:
// call again with more; `bytes` begin at the same place. Never reads past the head. What is wrong in a
// long head may be told only when it is whole. Expect of HTTP/1.0 is left out. `into` is cleared first; it means
// nothing with kMore, and with kBad it has as much as was read: methodText, target and fields, each "" or none if it
// was not. CONNECT is refused (501): the edge is no tunnel. A Connection field may not name fields that are for all
// recipients (Host, Content-Length, Cookie, X-Forwarded-For …: RFC 9110 7.6.1), so that none is lost.
ParseOutcome parseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestIndex& into);
// `request`: the method answered, for framing (HEAD). After an answer whose end is told by its connection's, or a 204
// that carries a length all the same, keepAlive is false.
ParseOutcome parseResponseHead(std::string_view bytes, const HeadLimits& limits, Method request, ResponseIndex& into);

Known knownName(std::string_view name);  // without case
Method methodOf(std::string_view text);
std::string_view methodName(Method method);
// Whether a comma list (Connection) names `token`, without case.
bool listNames(std::string_view list, std::string_view token);
// Hop-by-hop (RFC 9110 7.6.1): the fixed ones and those that `head`'s Connection names.
bool isHopByHop(const HeadIndex& head, const FieldIndex& field);

}  // namespace orbit::http
