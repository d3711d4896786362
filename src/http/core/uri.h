// The normal form of a request's path (RFC 3986 6.2.2): unreserved characters decoded, hex in capitals, dot segments
// removed. The edge routes by it and sends it on, so that no two parties see different paths. An encoded slash or
// backslash stays encoded. Sans-I/O. Thread rules: pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace orbit::http {

// True when `path` is in normal form already: the common case, one pass.
bool isNormalPath(std::string_view path);
// nullopt: refused (does not begin with "/", a byte that no path may hold, a broken escape, %00, dot segments that
// climb above the root).
std::optional<std::string> normalPath(std::string_view path);
// Whether `text` may stand after "?" (RFC 3986 3.4, and what browsers send unescaped: [ ] | ` ^ { }).
bool isQuery(std::string_view text);
// Host as in authority: reg-name, IPv4, [IPv6], without user info. Lower case, no port, no trailing dot; nullopt:
// refused.
std::optional<std::string> normalHost(std::string_view hostAndPort);

}  // namespace orbit::http
