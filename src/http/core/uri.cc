#include "http/core/uri.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"
#include "http/core/forwarded.h"
#include "http/core/syntax.h"
#include "http/core/uri_scan.h"

namespace orbit::http {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035 2.3.4, as text
constexpr std::size_t kLabelBytesMax = 63;

// "%2F" or "%5C" at the front: a separator to servers that decode before they split.
bool beginsEncodedSeparator(std::string_view text) {
  return startsWith(text, "%2F") || startsWith(text, "%5C");
}

// Whether "." or ".." stands at `at`, which is the first of the dots, and ends there for anybody: at a slash, plain or
// encoded, at the end, or at ";", plain or encoded (servlet containers cut parameters off before they look).
bool isDotSegment(std::string_view path, std::size_t at) {
  std::size_t end = at + 1;
  if (end < path.size() && path[end] == '.') ++end;
  if (end == path.size()) return true;
  const char next = path[end];
  const std::string_view escape = path.substr(end, 3);
  return next == '/' || next == '?' || next == ';' || escape == "%3B" || beginsEncodedSeparator(escape);
}

// Whether somebody could see a segment begin at `at`.
bool beginsSegment(std::string_view path, std::size_t at) {
  return path[at - 1] == '/' || (at >= 3 && beginsEncodedSeparator(path.substr(at - 3, 3)));
}

// "%" at `at`, in normal form: two hexadecimal digits in capitals that stand for a byte that has to be escaped.
bool isNormalEscape(std::string_view path, std::size_t at) {
  if (path.size() - at < 3) return false;
  const int high = hexDigit(path[at + 1]);
  const int low = hexDigit(path[at + 2]);
  if (high < 0 || low < 0 || path[at + 1] >= 'a' || path[at + 2] >= 'a') return false;
  const int byte = high * 16 + low;
  return byte != 0 && !isByte(static_cast<char>(byte), kUnreservedByte);
}

void appendEscape(std::string& out, unsigned byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// Escapes in normal form; nullopt: a byte or an escape that is refused.
std::optional<std::string> normalEscapes(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char c = path[at];
    if (isByte(c, kPathByte) || c == '.') {
      out += c;
    } else if (c == '[' || c == ']' || c == '|' || c == '^') {
      // Browsers leave these unescaped (WHATWG URL, path percent-encode set).
      appendEscape(out, static_cast<unsigned char>(c));
    } else if (c == '%' && path.size() - at >= 3) {
      const int high = hexDigit(path[at + 1]);
      const int low = hexDigit(path[at + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      const char byte = static_cast<char>(high * 16 + low);
      if (isByte(byte, kUnreservedByte)) {
        out += byte;
      } else {
        appendEscape(out, static_cast<unsigned char>(byte));
      }
      at += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

// A dot segment that only some would see, behind an encoded slash or before ";".
bool hidesDotSegment(std::string_view path) {
  for (std::size_t at = path.find('.'); at != std::string_view::npos; at = path.find('.', at + 1)) {
    if (!beginsSegment(path, at) || !isDotSegment(path, at)) continue;
    const std::size_t end = path.find_first_not_of('.', at);
    if (path[at - 1] != '/' || (end != std::string_view::npos && path[end] != '/')) return true;
  }
  return false;
}

bool endsInNumber(std::string_view host) {
  const auto dot = host.rfind('.');
  const std::string_view label = host.substr(dot == std::string_view::npos ? 0 : dot + 1);
  for (const char c : label) {
    if (!isDigit(c)) return false;
  }
  return true;
}

bool isPort(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (!isDigit(c) || value > 65535) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value >= 1 && value <= 65535;
}

// The 16 bytes of "[...]" (RFC 3986 3.2.2; no zone, no IPvFuture).
std::optional<IpBytes> parseBracketed(std::string_view text) {
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.find(':') == std::string_view::npos) return std::nullopt;
  return parseIp(inner);
}

// The size of the host at the front of `text`, 0 when there is none; `plain` becomes false when it is not in normal
// form.
std::size_t scanName(std::string_view text, bool& plain) {
  std::size_t label = 0;  // where the current one begins
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (isByte(c, kHostByte)) continue;
    if (c >= 'A' && c <= 'Z') {
      plain = false;
    } else if (c == '.' && at > label && at - label <= kLabelBytesMax) {
      label = at + 1;
    } else {
      break;
    }
  }
  if (at < text.size() && text[at] != ':') return 0;
  const bool trailingDot = at > 0 && label == at;
  if (trailingDot) plain = false;
  const std::size_t size = trailingDot ? at - 1 : at;
  if (size == 0 || size > kHostBytesMax || at - label > kLabelBytesMax) return 0;
  // Numbers that some read as an address ("127.1") must be one for everybody.
  if (isDigit(text[size - 1]) && endsInNumber(text.substr(0, size)) && !parseIp(text.substr(0, size))) return 0;
  return at;
}

}  // namespace

PathScan scanPath(std::string_view target) {
  PathScan scan;
  if (target.empty() || target.front() != '/') return scan;
  const char* const begin = target.data();
  const char* const end = begin + target.size();
  for (const char* p = begin;;) {
    p = skip(p, end, kPathByte);
    const auto at = static_cast<std::size_t>(p - begin);
    scan.size = at;
    if (p == end || *p == '?') {
      scan.normal = true;
      return scan;
    }
    if (*p == '.' && !(beginsSegment(target, at) && isDotSegment(target, at))) {
      ++p;
    } else if (*p == '%' && isNormalEscape(target, at)) {
      p += 3;
    } else {
      break;
    }
  }
  scan.size = std::min(target.find('?'), target.size());
  return scan;
}

bool isNormalPath(std::string_view path) {
  const PathScan scan = scanPath(path);
  return scan.normal && scan.size == path.size();
}

std::optional<std::string> normalPath(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::nullopt;
  const std::optional<std::string> escaped = normalEscapes(path);
  if (!escaped || hidesDotSegment(*escaped)) return std::nullopt;
  // RFC 3986 5.2.4, but what climbs above the root is refused.
  std::string out;
  std::string_view rest = std::string_view(*escaped).substr(1);
  for (bool last = false; !last;) {
    const auto slash = rest.find('/');
    last = slash == std::string_view::npos;
    const std::string_view segment = rest.substr(0, slash);
    if (!last) rest.remove_prefix(slash + 1);
    if (segment == "..") {
      if (out.empty()) return std::nullopt;
      out.erase(out.rfind('/'));
    }
    if (segment == "." || segment == "..") {
      if (last) out += '/';
    } else {
      out.append(1, '/').append(segment);
    }
  }
  return out;
}

bool isQuery(std::string_view text) {
  return isAll(text, kQueryByte);
}

HostScan scanHost(std::string_view hostAndPort) {
  HostScan scan;
  scan.plain = true;
  if (!hostAndPort.empty() && hostAndPort.front() == '[') {
    const auto close = hostAndPort.find(']');
    if (close == std::string_view::npos || !parseBracketed(hostAndPort.substr(0, close + 1))) return scan;
    scan.hostSize = close + 1;
    scan.plain = false;
  } else {
    scan.hostSize = scanName(hostAndPort, scan.plain);
    if (scan.hostSize == 0) return scan;
  }
  scan.size = hostAndPort.size();
  const std::string_view port = hostAndPort.substr(scan.hostSize);
  if (port == ":") {  // RFC 3986 3.2.3 lets it be empty
    --scan.size;
    scan.valid = true;
  } else {
    scan.valid = port.empty() || (port.front() == ':' && isPort(port.substr(1)));
  }
  return scan;
}

std::optional<std::string> normalHost(std::string_view hostAndPort) {
  const HostScan scan = scanHost(hostAndPort);
  if (!scan.valid) return std::nullopt;
  std::string_view host = hostAndPort.substr(0, scan.hostSize);
  if (host.front() == '[') {
    // The short form of RFC 5952, which inet_ntop writes.
    const std::optional<IpBytes> address = parseBracketed(host);
    char text[INET6_ADDRSTRLEN];
    return "[" + std::string(inet_ntop(AF_INET6, address->data(), text, sizeof text)) + "]";
  }
  if (host.back() == '.') host.remove_suffix(1);
  return lower(host);
}

}  // namespace orbit::http
