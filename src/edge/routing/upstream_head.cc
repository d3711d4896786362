#include "base/text.h"
#include "edge/routing/field_runs.h"
#include "edge/routing/field_text.h"
#include "edge/routing/route.h"
#include "edge/routing/router.h"

namespace orbit::edge {
namespace {

using http::Known;

// A name as servers see it that turn "-" into "_" (CGI, WSGI): X_Forwarded_For would be believed there.
bool lookAlike(std::string_view name, std::string_view lowered) {
  if (name.size() != lowered.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i] == '_' ? '-' : lowerChar(name[i]);
    if (c != lowered[i]) return false;
  }
  return true;
}

// What only a proxy may say, and names that the edge writes itself in another spelling.
bool isProxyWord(std::string_view name) {
  // All of them begin with one of three letters.
  const char first = lowerChar(name[0]);
  if (first != 'x' && first != 'c' && first != 't') return false;
  constexpr std::string_view kForwardedPrefix = "x-forwarded-";
  if (name.size() > kForwardedPrefix.size() && lookAlike(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix)) {
    return true;
  }
  if (lookAlike(name, "x-real-ip")) return true;
  if (name.find('_') == std::string_view::npos) return false;
  static constexpr std::string_view kOwn[] = {"x-request-id", "content-length", "transfer-encoding", "content-type"};
  return std::any_of(std::begin(kOwn), std::end(kOwn), [&](auto own) { return lookAlike(name, own); });
}

// What the edge writes itself or nobody sends on, whatever Connection says.
bool isOwn(Known known) {
  switch (known) {
    case Known::kHost:
    case Known::kConnection:
    case Known::kContentLength:
    case Known::kTransferEncoding:
    case Known::kTe:
    case Known::kUpgrade:
    case Known::kExpect:
    case Known::kKeepAlive:
    case Known::kProxyConnection:
    case Known::kProxyAuthenticate:
    case Known::kProxyAuthorization:
    case Known::kForwarded:
    case Known::kXForwardedFor:
    case Known::kXForwardedProto:
    case Known::kXForwardedHost:
    case Known::kXRequestId:
    case Known::kHttp2Settings:
    case Known::kCookie:
      return true;
    default:
      return false;
  }
}

bool isConnectionOption(const http::RequestIndex& request, std::string_view name) {
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const http::FieldIndex& field) {
    return field.known == Known::kConnection && http::listNames(request.at(field.value), name);
  });
}

bool takesTrailers(const http::RequestIndex& request) {
  if (request.http2) return false;
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const http::FieldIndex& field) {
    return field.known == Known::kTe && http::listNames(request.at(field.value), "trailers");
  });
}

// All fields of that name as one line, their values joined (RFC 9113 8.2.3 for Cookie, RFC 9110 5.3).
void appendJoined(const http::RequestIndex& request, Known known, std::string_view name, std::string_view separator,
                  std::string& out) {
  bool first = true;
  for (const auto& field : request.fields) {
    if (field.known != known) continue;
    out.append(first ? name : separator).append(first ? ": " : "").append(request.at(field.value));
    first = false;
  }
  if (!first) out += "\r\n";
}

void appendFields(const http::RequestIndex& request, const CompiledEdits* edits, bool plain, std::string& out) {
  const bool removes = edits != nullptr && !edits->removed.empty();
  FieldRuns runs(request, out);
  for (const auto& field : request.fields) {
    if (isOwn(field.known)) continue;
    const std::string_view name = request.at(field.name);
    if (field.known == Known::kOther && isProxyWord(name)) continue;
    if (request.connectionNames && http::isHopByHop(request, field)) continue;
    if (removes && edits->removes(name)) continue;
    if (plain && field.known == Known::kOther && sameName(name, "accept-encoding")) continue;
    runs.add(field);
  }
}

// Message framing and what concerns the connection (RFC 9112 6, RFC 9110 7.6.1 and 10.1.4).
void appendFraming(const http::RequestIndex& request, std::string& out) {
  if (request.upgrade) {
    out += "Connection: upgrade\r\n";
    appendJoined(request, Known::kUpgrade, "Upgrade", ", ", out);
  } else if (takesTrailers(request)) {
    out += "Connection: TE\r\nTE: trailers\r\n";
  }
  // Only where it means something (not in HTTP/1.0, not without a body: RFC 9110 10.1.1).
  if (request.expectContinue) out += "Expect: 100-continue\r\n";
  if (request.framing.kind == http::Framing::Kind::kLength) {
    out += "Content-Length: ";
    appendNumber(request.framing.length, out);
    out += "\r\n";
  } else if (request.framing.kind == http::Framing::Kind::kChunked) {
    out += "Transfer-Encoding: chunked\r\n";
  }
}

}  // namespace

void writeUpstreamHead(const http::RequestIndex& request, const UpstreamHead& with, std::string& out) {
  const CompiledRoute* route = with.route;
  const std::string_view hostPort = request.at(request.hostPort);
  out.append(request.at(request.methodText)).append(1, ' ');
  // decide() has refused what cannot be rewritten.
  if (route == nullptr || !route->appendPath(request.at(request.path), out)) out += request.at(request.path);
  if (request.hasQuery) out.append(1, '?').append(request.at(request.query));
  out += " HTTP/1.1\r\n";
  const bool ownHost = route != nullptr && !route->route->upstreamHost.empty();
  appendLine("Host", ownHost ? std::string_view(route->route->upstreamHost) : hostPort, out);
  const CompiledEdits* edits = route == nullptr ? nullptr : &route->requestEdits;
  appendFields(request, edits, with.plain, out);
  if (edits == nullptr || !edits->removes("cookie")) appendJoined(request, Known::kCookie, "Cookie", "; ", out);
  appendLine("X-Forwarded-For", with.origin->forwardedFor, out);
  out += with.origin->https ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n";
  appendLine("X-Forwarded-Host", hostPort, out);
  if (!with.requestId.empty()) appendLine("X-Request-Id", with.requestId, out);
  if (route != nullptr) out += route->requestEdits.lines;
  appendFraming(request, out);
  out += "\r\n";
}

void writeUpstreamTrailers(const http::RequestIndex& request, std::string_view trailerLines, const CompiledRoute* route,
                           std::string& out) {
  while (!trailerLines.empty()) {
    const std::string_view line = trailerLines.substr(0, trailerLines.find('\n') + 1);
    trailerLines.remove_prefix(line.size());
    const std::string_view name = line.substr(0, line.find(':'));
    if (isProxyWord(name) || isConnectionOption(request, name)) continue;
    if (route != nullptr && route->requestEdits.removes(name)) continue;
    out += line;
  }
}

}  // namespace orbit::edge
