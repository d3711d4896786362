// URLs (RFC 3986), enough to find what host and port a connection string names. Thread rules: pure functions.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace orbit::format {

struct Url {
  std::string scheme;    // lower case
  std::string userInfo;  // as written; a secret when it holds a password
  std::string host;      // without brackets
  int port = 0;          // 0 when not written
  std::string path;      // with query and fragment, as written
};

// nullopt when it has no "scheme://host" form. Of a list of hosts ("a:1,b:2") the first counts.
std::optional<Url> parseUrl(std::string_view text);
// The port a scheme implies (postgres 5432, redis 6379, http 80, amqp 5672, mysql 3306, mongodb 27017, …), or 0.
int defaultPort(std::string_view scheme);

// Percent-encoding of a query or path component, and its inverse (malformed escapes are kept as written).
std::string percentEncode(std::string_view text);
std::string percentDecode(std::string_view text);

}  // namespace orbit::format
