#include "http/core/index.h"

#include <algorithm>

#include "http/core/lines.h"
#include "http/core/syntax.h"
#include "http/core/uri.h"
#include "http/core/uri_scan.h"

namespace orbit::http {
namespace {

using Kind = ParseOutcome::Kind;

constexpr std::size_t kKeptTextBytes = 16 * 1024;

// RFC 9110 7.6.1, and HTTP2-Settings of RFC 7540 3.2.1.
bool isHopByHopName(Known known) {
  switch (known) {
    case Known::kConnection:
    case Known::kTransferEncoding:
    case Known::kTe:
    case Known::kUpgrade:
    case Known::kKeepAlive:
    case Known::kProxyConnection:
    case Known::kProxyAuthenticate:
    case Known::kProxyAuthorization:
    case Known::kHttp2Settings:
      return true;
    default:
      return false;
  }
}

struct ConnectionOptions {
  bool close = false;
  bool keepAlive = false;
  bool upgrade = false;
  bool others = false;  // fields that are hop-by-hop because they are named here
};

// One Connection field. Options that take away what frames, routes or identifies a message are an attack, and no
// sender's right (RFC 9110 7.6.1: never a field for all recipients of the content).
Refusal readConnection(std::string_view list, ConnectionOptions& options) {
  while (!list.empty()) {
    const std::string_view option = takeElement(list);
    if (option.empty()) continue;
    if (equalsLower(option, "keep-alive")) {
      options.keepAlive = true;
    } else if (equalsLower(option, "close")) {
      options.close = true;
    } else if (equalsLower(option, "upgrade")) {
      options.upgrade = true;
    } else {
      if (!isToken(option)) return {400, "a connection option that is no token"};
      const Known known = knownName(option);
      if (known == Known::kTransferEncoding ||
          (known != Known::kOther && known != Known::kTrailer && !isHopByHopName(known))) {
        return {400, "Connection names a field that is for all recipients"};
      }
      options.others = options.others || !isHopByHopName(known);
    }
  }
  return {};
}

Refusal readConnections(HeadIndex& into, const Seen& seen, ConnectionOptions& options) {
  if (seen.connections > 0) {
    for (const FieldIndex& field : into.fields) {
      if (field.known != Known::kConnection) continue;
      if (const Refusal refusal = readConnection(into.at(field.value), options)) return refusal;
    }
  }
  // RFC 9112 9.3; close wins.
  into.keepAlive = !options.close && (into.minorVersion >= 1 || options.keepAlive);
  into.connectionNames = options.others;
  return {};
}

DeclaredFraming declaredBy(const HeadIndex& head, const Seen& seen) {
  DeclaredFraming declared{seen.lengths, seen.codings, {}, {}};
  if (seen.lengths > 0) declared.length = head.at(head.fields[seen.length].value);
  if (seen.codings > 0) declared.coding = head.at(head.fields[seen.coding].value);
  return declared;
}

// RFC 9110 7.8: a list of protocol-name [ "/" protocol-version ], both tokens; at least one of them.
bool isProtocols(std::string_view list) {
  bool any = false;
  while (!list.empty()) {
    const std::string_view protocol = takeElement(list);
    if (protocol.empty()) continue;
    const auto slash = protocol.find('/');
    if (!isToken(protocol.substr(0, slash))) return false;
    if (slash != std::string_view::npos && !isToken(protocol.substr(slash + 1))) return false;
    any = true;
  }
  return any;
}

// Ignored, as a server may, where a switch could be read in two ways: with a body before it, and to h2c, by which
// requests would pass unseen (RFC 9113 3.1 has given it up).
void readUpgrade(RequestIndex& into, const Seen& seen, bool named) {
  const bool body = into.framing.kind == Framing::Kind::kChunked || into.framing.length > 0;
  if (!named || seen.upgrades != 1 || into.minorVersion == 0 || body) return;
  const std::string_view protocols = into.at(into.fields[seen.upgrade].value);
  into.upgrade = isProtocols(protocols) && !listNames(protocols, "h2c");
  into.webSocket = into.upgrade && into.method == Method::kGet && seen.keys == 1 && listNames(protocols, "websocket");
}

// RFC 9110 10.1.1. HTTP/1.0 ignores it, but in the HTTP/1.1 that is sent on it would mean something: it goes.
Refusal readExpect(RequestIndex& into, const Seen& seen) {
  if (seen.expects == 0) return {};
  if (into.minorVersion == 0) {
    std::erase_if(into.fields, [](const FieldIndex& field) { return field.known == Known::kExpect; });
    return {};
  }
  if (seen.expects > 1 || !equalsLower(into.at(into.fields[seen.expect].value), "100-continue")) {
    return {417, "an expectation other than 100-continue"};
  }
  into.expectContinue = into.framing.kind == Framing::Kind::kChunked || into.framing.length > 0;
  return {};
}

Slice append(std::string& text, std::string_view part) {
  const Slice slice{static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(part.size())};
  text.append(part);
  return slice;
}

// host[:port] with the default port of the scheme taken as none.
std::string_view portOf(std::string_view hostPort, std::string_view defaultPort) {
  const auto colon = hostPort.rfind(':');
  if (colon == std::string_view::npos || hostPort.find(']', colon) != std::string_view::npos) return {};
  const std::string_view port = hostPort.substr(colon + 1);
  return port == defaultPort ? std::string_view() : port;
}

// The Host field next to an absolute target: the authority is the host, and a field that says something else is
// refused, since the next party might believe it.
Refusal agree(RequestIndex& into, Slice hostField, std::string_view defaultPort) {
  const std::string host(into.at(into.host));
  const std::string port(portOf(into.at(into.hostPort), defaultPort));
  const Slice hostPort = into.hostPort;
  const Slice normal = into.host;
  if (const Refusal refusal = indexHost(into, hostField)) return refusal;
  if (into.at(into.host) != host || portOf(into.at(into.hostPort), defaultPort) != port) {
    return {400, "Host and the target's authority do not agree"};
  }
  into.hostPort = hostPort;
  into.host = normal;
  return {};
}

// RFC 9112 3.2.2: "http://authority/path?query".
Refusal readAbsoluteForm(RequestIndex& into, const Seen& seen) {
  const std::string_view target = into.at(into.target);
  const auto colon = std::min(target.find("://"), target.size());
  const bool secure = equalsLower(target.substr(0, colon), "https");
  if (!secure && !equalsLower(target.substr(0, colon), "http")) return {400, "the request target"};
  const auto begin = static_cast<std::uint32_t>(colon + 3);
  const auto end = static_cast<std::uint32_t>(std::min(target.find_first_of("/?", begin), target.size()));
  const Slice rest{into.target.at + end, into.target.size - end};
  const bool hasPath = rest.size > 0 && target[end] == '/';
  if (const Refusal refusal = indexHost(into, {into.target.at + begin, end - begin})) return refusal;
  if (seen.hosts > 0) {
    if (const Refusal refusal = agree(into, into.fields[seen.host].value, secure ? "443" : "80")) return refusal;
  }
  if (hasPath) return indexPath(into, rest);
  // RFC 9112 3.2.1 and 3.2.4: an empty path is "/", and "*" for OPTIONS when there is no query either.
  into.hasQuery = rest.size > 0;
  if (into.hasQuery) into.query = {rest.at + 1, rest.size - 1};
  if (!isQuery(into.at(into.query))) return {400, "a byte that a query cannot hold"};
  into.path = append(into.text, into.method == Method::kOptions && !into.hasQuery ? "*" : "/");
  return {};
}

Refusal readTarget(RequestIndex& into, const Seen& seen) {
  // RFC 9112 3.2. HTTP/1.0 may come without Host, but then nobody knows for whom it is.
  if (seen.hosts != 1 && (seen.hosts > 1 || into.minorVersion >= 1)) return {400, "not exactly one Host"};
  const std::string_view target = into.at(into.target);
  if (into.method == Method::kConnect) {
    const HostScan authority = scanHost(target);
    const bool port = authority.valid && authority.size > authority.hostSize;
    if (!port) return {400, "CONNECT to something other than host and port"};
    return {501, "CONNECT is not served here"};
  }
  const bool absolute = target.front() != '/' && target != "*";
  if (absolute) return readAbsoluteForm(into, seen);
  if (seen.hosts == 0) return {400, "no Host"};
  if (const Refusal refusal = indexHost(into, into.fields[seen.host].value)) return refusal;
  if (into.text[into.target.at] == '/') return indexPath(into, into.target);
  if (into.method != Method::kOptions) return {400, "the target * of a method other than OPTIONS"};
  into.path = into.target;
  return {};
}

Refusal readMeaning(RequestIndex& into, const Seen& seen) {
  if (const Refusal refusal =
          decideFraming(declaredBy(into, seen), into.minorVersion, Framing::Kind::kNone, into.framing)) {
    return refusal;
  }
  ConnectionOptions options;
  if (const Refusal refusal = readConnections(into, seen, options)) return refusal;
  if (const Refusal refusal = readTarget(into, seen)) return refusal;
  readUpgrade(into, seen, options.upgrade);
  return readExpect(into, seen);
}

Refusal readMeaning(ResponseIndex& into, const Seen& seen, Method request) {
  Framing declared;
  if (const Refusal refusal =
          decideFraming(declaredBy(into, seen), into.minorVersion, Framing::Kind::kUntilClose, declared)) {
    return refusal;
  }
  ConnectionOptions options;
  if (const Refusal refusal = readConnections(into, seen, options)) return refusal;
  // RFC 9112 6.3: no body, whatever the head declares. Where it may declare none (RFC 9110 8.6), the server could
  // believe in one all the same: nothing more is read from it, and an answer that more must follow is refused.
  const bool lengthForbidden = into.status < 200 || into.status == 204;
  const bool declares = declared.kind == Framing::Kind::kChunked || declared.length > 0;
  if (into.status < 200 && declares) return {400, "a body announced by an interim answer"};
  if (lengthForbidden || into.status == 304 || request == Method::kHead) {
    into.framing = Framing{};
    if (lengthForbidden && declares) into.keepAlive = false;
    return {};
  }
  into.framing = declared;
  if (declared.kind == Framing::Kind::kUntilClose) into.keepAlive = false;
  return {};
}

}  // namespace

Refusal indexPath(RequestIndex& into, Slice pathAndQuery) {
  const std::string_view text = into.at(pathAndQuery);
  const PathScan scan = scanPath(text);
  const auto size = static_cast<std::uint32_t>(scan.size);
  if (size < pathAndQuery.size) {
    if (!isQuery(text.substr(size + 1))) return {400, "a byte that a query cannot hold"};
    into.hasQuery = true;
    into.query = {pathAndQuery.at + size + 1, pathAndQuery.size - size - 1};
  }
  if (scan.normal) {
    into.path = {pathAndQuery.at, size};
    return {};
  }
  const std::optional<std::string> path = normalPath(text.substr(0, size));
  if (!path) return {400, "the path of the request target"};
  into.path = append(into.text, *path);
  return {};
}

Refusal indexHost(RequestIndex& into, Slice authority) {
  const std::string_view text = into.at(authority);
  const HostScan scan = scanHost(text);
  if (!scan.valid) return {400, "the host is not a name or address with an optional port"};
  into.hostPort = {authority.at, static_cast<std::uint32_t>(scan.size)};
  if (scan.plain) {
    into.host = {authority.at, static_cast<std::uint32_t>(scan.hostSize)};
  } else {
    into.host = append(into.text, *normalHost(text));
  }
  return {};
}

const FieldIndex* HeadIndex::find(Known known) const {
  for (const FieldIndex& field : fields) {
    if (field.known == known) return &field;
  }
  return nullptr;
}

const FieldIndex* HeadIndex::find(std::string_view name) const {
  for (const FieldIndex& field : fields) {
    if (sameName(at(field.name), name)) return &field;
  }
  return nullptr;
}

void HeadIndex::clear() {
  if (text.capacity() > kKeptTextBytes) {
    std::string().swap(text);
  } else {
    text.clear();
  }
  fields.clear();
  minorVersion = 1;
  framing = Framing{};
  keepAlive = true;
  connectionNames = false;
}

void RequestIndex::clear() {
  HeadIndex::clear();
  method = Method::kOther;
  methodText = target = path = query = host = hostPort = Slice{};
  hasQuery = expectContinue = upgrade = webSocket = http2 = false;
}

void ResponseIndex::clear() {
  HeadIndex::clear();
  status = 0;
  reason = Slice{};
}

ParseOutcome parseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestIndex& into) {
  into.clear();
  Seen seen;
  const ParseOutcome outcome = readRequestLines(bytes, limits, into, seen);
  if (outcome.kind != Kind::kDone) return outcome;
  if (const Refusal refusal = readMeaning(into, seen)) return {Kind::kBad, 0, refusal.status, refusal.reason};
  return outcome;
}

ParseOutcome parseResponseHead(std::string_view bytes, const HeadLimits& limits, Method request, ResponseIndex& into) {
  into.clear();
  Seen seen;
  ParseOutcome outcome = readResponseLines(bytes, limits, into, seen);
  if (outcome.kind == Kind::kDone) {
    if (const Refusal refusal = readMeaning(into, seen, request)) outcome = {Kind::kBad, 0, 502, refusal.reason};
  }
  if (outcome.kind == Kind::kBad) outcome.status = 502;
  return outcome;
}

bool isHopByHop(const HeadIndex& head, const FieldIndex& field) {
  if (isHopByHopName(field.known)) return true;
  if (!head.connectionNames || (field.known != Known::kOther && field.known != Known::kTrailer)) return false;
  for (const FieldIndex& connection : head.fields) {
    if (connection.known == Known::kConnection && listNames(head.at(connection.value), head.at(field.name)))
      return true;
  }
  return false;
}

}  // namespace orbit::http
