#include "table/words_check.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"

namespace orbit::table {
namespace {

constexpr std::size_t kNameMax = 200;
constexpr std::size_t kHostMax = 253;
constexpr std::size_t kLabelMax = 63;
constexpr std::size_t kPathMax = 4096;
constexpr std::size_t kUnixPathMax = 107;  // of sockaddr_un, without its zero
constexpr std::int64_t kPatternMemoryMax = 1 << 20;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isOneOf(char c, std::string_view set) {
  return c != 0 && set.find(c) != std::string_view::npos;
}
bool isUnreserved(char c) {
  return isLetter(c) || isDigit(c) || isOneOf(c, "-._~");
}

bool isIp(const std::string& text, int family) {
  unsigned char bytes[16];
  return inet_pton(family, text.c_str(), bytes) == 1;
}

std::string labelFault(std::string_view label) {
  if (label.empty()) return "has an empty part between two dots";
  if (label.size() > kLabelMax) return fmt::format("has a part longer than {} characters", kLabelMax);
  if (label.front() == '-' || label.back() == '-') return "has a part that begins or ends with \"-\"";
  for (const char c : label) {
    if (c >= 'A' && c <= 'Z') return "holds capitals: write it in lower case";
    if (static_cast<unsigned char>(c) >= 0x80) return "holds letters beyond ASCII: write its xn-- form (IDNA)";
    if (c == '*') return "has a \"*\" that is not alone in front: only \"*.example.com\" works";
    if (c == ':') return "holds a port: hosts have none here";
    if (c == '/') return "holds a \"/\": a host is no URL";
    if (!isLetter(c) && !isDigit(c) && c != '-' && c != '_') return "holds a character that no host may have";
  }
  return "";
}

std::string escapeFault(std::string_view path, std::size_t at) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  if (at + 2 >= path.size() || kHex.find(path[at + 1]) == kHex.npos || kHex.find(path[at + 2]) == kHex.npos) {
    return "holds a \"%\" without two digits in capitals behind it (write %2F, or %25 for the character itself)";
  }
  const auto byte = kHex.find(path[at + 1]) * 16 + kHex.find(path[at + 2]);
  if (byte == 0) return "holds %00";
  if (isUnreserved(static_cast<char>(byte))) {
    return fmt::format("holds {}: requests have \"{}\" there by the time they are matched", path.substr(at, 3),
                       static_cast<char>(byte));
  }
  return "";
}

std::string portFault(std::string_view port, bool zero) {
  unsigned value = 0;
  const auto [stop, failure] = std::from_chars(port.data(), port.data() + port.size(), value);
  const bool number = !port.empty() && failure == std::errc() && stop == port.data() + port.size();
  if (!number || value > 65535 || (value == 0 && !zero)) return "ends with no port from 1 to 65535";
  return "";
}

}  // namespace

std::string nameFault(std::string_view name) {
  if (name.empty()) return "is missing";
  if (name.size() > kNameMax) return fmt::format("is longer than {} characters", kNameMax);
  for (const char c : name) {
    if (c <= ' ' || c > '~' || isOneOf(c, "\",;\\")) {
      return "holds a character that logs and cookies cannot: no spaces, quotes, commas, semicolons or backslashes";
    }
  }
  return "";
}

std::string plainNameFault(std::string_view name) {
  if (auto fault = nameFault(name); !fault.empty()) return fault;
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "._-:"); });
  return plain && name != "." && name != ".." ? "" : "may hold only letters, digits, \".\", \"_\", \"-\" and \":\"";
}

std::string hostFault(std::string_view host, bool wildcard) {
  if (host.size() > kHostMax) return fmt::format("is longer than {} characters", kHostMax);
  if (startsWith(host, "[")) {
    const bool whole = endsWith(host, "]") && isIp(std::string(host.substr(1, host.size() - 2)), AF_INET6);
    if (!whole) return "is no IPv6 address in brackets";
    const std::string normal = shortIpv6(std::string(host));
    return normal == host ? "" : "is not in the short form " + normal;
  }
  if (startsWith(host, "*.")) {
    if (!wildcard) return "may not be a wildcard here";
    host.remove_prefix(2);
  }
  for (const auto label : split(host, '.')) {
    if (auto fault = labelFault(label); !fault.empty()) return fault;
  }
  return "";
}

std::string shortIpv6(const std::string& host) {
  unsigned char bytes[16];
  if (!startsWith(host, "[") || !endsWith(host, "]")) return host;
  if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes) != 1) return host;
  char text[INET6_ADDRSTRLEN];
  return "[" + std::string(inet_ntop(AF_INET6, bytes, text, sizeof text)) + "]";
}

std::string pathFault(std::string_view path) {
  if (!startsWith(path, "/")) return "does not begin with \"/\"";
  if (path.size() > kPathMax) return fmt::format("is longer than {} characters", kPathMax);
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '?' || path[i] == '#') return "holds a query or a fragment: only the path is matched";
    if (path[i] == '%') {
      if (auto fault = escapeFault(path, i); !fault.empty()) return fault;
      continue;
    }
    if (!isUnreserved(path[i]) && !isOneOf(path[i], "/!$&'()*+,;=:@")) {
      return "holds a character that a path has only percent-encoded (%20 for a space)";
    }
  }
  for (const auto segment : split(path, '/')) {
    if (segment == "." || segment == "..") return "holds a \".\" or \"..\" part, which requests do not have";
  }
  return "";
}

std::string requestTargetFault(std::string_view target) {
  const auto query = target.find('?');
  if (auto fault = pathFault(target.substr(0, query)); !fault.empty() || query == std::string_view::npos) return fault;
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c <= '~' && c != '#'; });
  return plain ? "" : "holds a character that a query has only percent-encoded";
}

std::string hostAndPortFault(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == std::string_view::npos || endsWith(host, "]")) return hostFault(host, false);
  if (auto fault = portFault(host.substr(colon + 1), false); !fault.empty()) return fault;
  return hostFault(host.substr(0, colon), false);
}

std::string addressFault(std::string_view address, bool instance) {
  if (instance && startsWith(address, "unix:")) {
    const auto path = address.substr(5);
    if (!startsWith(path, "/")) return "has no path that begins with \"/\" behind unix:";
    return path.size() > kUnixPathMax ? fmt::format("has a path longer than {} characters", kUnixPathMax) : "";
  }
  const auto colon = address.rfind(':');
  if (colon == std::string_view::npos) return "has no port";
  if (auto fault = portFault(address.substr(colon + 1), !instance); !fault.empty()) return fault;
  const auto host = address.substr(0, colon);
  if (startsWith(host, "[") && endsWith(host, "]")) {
    return isIp(std::string(host.substr(1, host.size() - 2)), AF_INET6) ? "" : "is no IPv6 address";
  }
  if (host.find(':') != std::string_view::npos) return "has an IPv6 address without brackets";
  return isIp(std::string(host), AF_INET) ? "" : "has no IP address (names are not looked up)";
}

std::string tokenFault(std::string_view name) {
  if (name.empty()) return "is missing";
  const bool token = std::all_of(name.begin(), name.end(),
                                 [](char c) { return isLetter(c) || isDigit(c) || isOneOf(c, "!#$%&'*+-.^_`|~"); });
  return token ? "" : "holds a character that no name in HTTP may have";
}

std::string fieldValueFault(std::string_view value) {
  for (const char c : value) {
    if (c == '\r' || c == '\n') return "holds a line break";
    if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7f) return "holds a control character";
  }
  return trim(value).size() == value.size() ? "" : "begins or ends with white space";
}

bool isFramingField(std::string_view name) {
  static constexpr std::string_view kNames[] = {"host",
                                                "content-length",
                                                "transfer-encoding",
                                                "connection",
                                                "keep-alive",
                                                "proxy-connection",
                                                "proxy-authenticate",
                                                "proxy-authorization",
                                                "te",
                                                "trailer",
                                                "upgrade",
                                                "http2-settings",
                                                "expect"};
  return std::find(std::begin(kNames), std::end(kNames), lower(name)) != std::end(kNames);
}

std::string patternFault(const std::string& pattern, int& groups) {
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemoryMax);
  const RE2 compiled(pattern, options);
  groups = compiled.ok() ? compiled.NumberOfCapturingGroups() : 0;
  return compiled.ok() ? "" : "is no pattern that RE2 takes: " + compiled.error();
}

std::string replacementFault(std::string_view replacement, int groups) {
  if (!startsWith(replacement, "/") && !startsWith(replacement, "\\")) return "does not begin with \"/\"";
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] <= ' ' || replacement[i] > '~') return "holds a character that a path has only percent-encoded";
    if (replacement[i] != '\\') continue;
    const char digit = i + 1 < replacement.size() ? replacement[++i] : ' ';
    if (!isDigit(digit)) return "has a backslash without a digit behind it";
    if (digit - '0' > groups) return fmt::format("uses \\{}, and rewriteFrom has {} groups", digit, groups);
  }
  return "";
}

std::string rangeFault(std::string_view range) {
  const auto slash = range.find('/');
  const std::string address(range.substr(0, slash));
  const bool v4 = isIp(address, AF_INET);
  if (!v4 && !isIp(address, AF_INET6)) return "is no IP address or range of them";
  if (slash == std::string_view::npos) return "";
  const auto bits = range.substr(slash + 1);
  int value = -1;
  const auto [stop, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), value);
  const bool number = failure == std::errc() && stop == bits.data() + bits.size();
  return number && value >= 0 && value <= (v4 ? 32 : 128) ? ""
                                                          : fmt::format("has no length from 0 to {}", v4 ? 32 : 128);
}

}  // namespace orbit::table
