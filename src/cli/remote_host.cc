#include "cli/remote_host.h"

#include <charconv>

#include "base/text.h"

namespace orbit::cli {
namespace {

constexpr std::string_view kScheme = "ssh://";
constexpr int kPortMax = 65'535;
constexpr std::size_t kTextBytesMax = 512;

Error wrong(std::string_view text, const std::string& why) {
  return Error{.code = Code::kInvalid,
               .message = "'" + std::string(text) + "' names no host: " + why,
               .hint = "Write USER@HOST, USER@HOST:PORT, or a Host of your ~/.ssh/config"};
}

// What ssh and a shell would take for something else is refused: it reaches ssh's command line.
bool isPlain(std::string_view text) {
  constexpr std::string_view kOthers = "-._~%:+";
  if (text.empty() || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return word || kOthers.find(c) != std::string_view::npos;
  });
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string RemoteHost::text() const {
  const std::string name = port == 0 ? host : bracketed(host) + ":" + std::to_string(port);
  return user.empty() ? name : user + "@" + name;
}

std::string RemoteHost::url(std::string_view path) const {
  std::string out(kScheme);
  if (!user.empty()) out += user + "@";
  out += bracketed(host);
  if (port != 0) out += ":" + std::to_string(port);
  return out + std::string(path);
}

Result<RemoteHost> parseRemoteHost(std::string_view text) {
  const std::string_view given = text;
  if (text.size() > kTextBytesMax) return wrong(text.substr(0, 64), "it is too long");
  const auto scheme = text.find("://");
  if (scheme != std::string_view::npos && !startsWith(text, kScheme)) {
    return wrong(given, "only ssh:// is spoken between machines");
  }
  if (scheme != std::string_view::npos) text.remove_prefix(kScheme.size());
  if (endsWith(text, "/")) text.remove_suffix(1);
  if (text.find('/') != std::string_view::npos) return wrong(given, "no path follows the host");
  RemoteHost out;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    out.user = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (out.user.find(':') != std::string::npos) return wrong(given, "a password has no place in it; use a key");
    if (!isPlain(out.user)) return wrong(given, "the user before @ is no user's name");
  }
  std::string_view port;
  bool hasPort = false;
  if (startsWith(text, "[")) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong(given, "the bracket [ is not closed");
    out.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return wrong(given, "only :PORT may follow the bracket ]");
    hasPort = !rest.empty();
    if (hasPort) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    out.host = text.substr(0, colon);
    port = text.substr(colon + 1);
    hasPort = true;
  } else {
    out.host = text;  // more than one colon: an IPv6 address without a port
  }
  if (!isPlain(out.host)) return wrong(given, "there is no host in it");
  if (!hasPort) return out;
  const auto [end, failed] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (failed != std::errc() || end != port.data() + port.size() || out.port < 1 || out.port > kPortMax) {
    return wrong(given, "the port is a number from 1 to 65535");
  }
  return out;
}

}  // namespace orbit::cli
