#include "format/url.h"

#include "base/text.h"

namespace orbit::format {
namespace {

bool isAlpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

bool isScheme(std::string_view text) {
  return !text.empty() && isAlpha(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return isAlpha(c) || isDigit(c) || c == '+' || c == '-' || c == '.';
  });
}

int hexValue(char c) {
  if (isDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Url> parseUrl(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || !isScheme(text.substr(0, mark))) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, mark));
  auto authority = text.substr(mark + 3);
  const auto end = std::min(authority.find_first_of("/?#"), authority.size());
  url.path = std::string(authority.substr(end));
  authority = authority.substr(0, end);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.userInfo = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  authority = authority.substr(0, authority.find(','));
  std::string_view port;
  if (startsWith(authority, "[")) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = std::string(authority.substr(1, close - 1));
    port = authority.substr(close + 1);
    if (!port.empty() && port[0] != ':') return std::nullopt;
  } else {
    const auto colon = authority.find(':');
    url.host = std::string(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (port.size() > 1) {
    const auto* last = port.data() + port.size();
    const auto [stop, failure] = std::from_chars(port.data() + 1, last, url.port);
    if (failure != std::errc() || stop != last || url.port < 0 || url.port > 65535) return std::nullopt;
  }
  if (url.host.empty()) return std::nullopt;
  return url;
}

int defaultPort(std::string_view scheme) {
  static constexpr std::pair<std::string_view, int> kPorts[] = {
      {"postgres", 5432}, {"postgresql", 5432}, {"redis", 6379},     {"rediss", 6379},     {"http", 80},
      {"https", 443},     {"ws", 80},           {"wss", 443},        {"amqp", 5672},       {"amqps", 5671},
      {"mysql", 3306},    {"mariadb", 3306},    {"mongodb", 27017},  {"nats", 4222},       {"mqtt", 1883},
      {"mqtts", 8883},    {"smtp", 25},         {"smtps", 465},      {"ldap", 389},        {"ldaps", 636},
      {"ftp", 21},        {"ssh", 22},          {"kafka", 9092},     {"memcached", 11211}, {"clickhouse", 9000},
      {"mssql", 1433},    {"sqlserver", 1433},  {"cassandra", 9042}, {"neo4j", 7687},      {"bolt", 7687}};
  // "postgresql+asyncpg" is spoken to as "postgresql".
  const auto base = scheme.substr(0, scheme.find('+'));
  for (const auto& [name, port] : kPorts) {
    if (name == base) return port;
  }
  return 0;
}

std::string percentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (isAlpha(c) || isDigit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  return out;
}

std::string percentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? hexValue(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace orbit::format
