// Paths and hosts: the normal form is one, is told apart from the rest, and hides nothing from who decodes it once
// more.
#include "base/result.h"
#include "http/core/syntax.h"
#include "http/core/uri.h"

namespace {

using namespace orbit;

// As a server decodes that looks for segments after decoding, backslash being a slash.
std::string decoded(std::string_view path) {
  std::string out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    char c = path[at];
    if (c == '%') {
      c = static_cast<char>(http::hexDigit(path[at + 1]) * 16 + http::hexDigit(path[at + 2]));
      at += 2;
    }
    out += c == '\\' ? '/' : c;
  }
  return out;
}

bool climbs(std::string_view path) {
  for (std::size_t at = path.find("/.."); at != std::string_view::npos; at = path.find("/..", at + 1)) {
    if (at + 3 == path.size() || path[at + 3] == '/' || path[at + 3] == ';') return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto path = http::normalPath(text);
  ORBIT_CHECK(http::isNormalPath(text) == (path == text));
  if (path) {
    ORBIT_CHECK(http::isNormalPath(*path) && http::normalPath(*path) == *path);
    ORBIT_CHECK(!climbs(decoded(*path)));
    ORBIT_CHECK(path->front() == '/' && path->find_first_of("?#\\") == std::string::npos);
  }
  const auto host = http::normalHost(text);
  if (host) {
    ORBIT_CHECK(!host->empty() && http::normalHost(*host) == *host);
    ORBIT_CHECK(http::normalHost(*host + ":80") == *host);
  }
  if (http::isQuery(text)) ORBIT_CHECK(text.find_first_of(" #\r\n") == std::string_view::npos);
  return 0;
}
