#include "engine/api_version.h"

#include <algorithm>

namespace orbit::engine {

Result<ApiVersion> parseApiVersion(std::string_view text) {
  ApiVersion version;
  const char* end = text.data() + text.size();
  auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.') {
    auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    if (minor.ec == std::errc() && minor.ptr == end) return version;
  }
  return Error{Code::kProtocol, "the engine names its API version \"" + std::string(text.substr(0, 32)) + "\"",
               "is this the socket of a Docker Engine?"};
}

Result<ApiVersion> negotiate(std::string_view offered, std::string_view oldest, std::string_view engineVersion) {
  ORBIT_TRY(const ApiVersion newest, parseApiVersion(offered));
  const std::string engine = "this Docker Engine " + (engineVersion.empty() ? "" : std::string(engineVersion) + " ");
  if (newest < kApiOldest) {
    return Error{Code::kUnsupported,
                 engine + "speaks API " + newest.text() + "; Orbit needs at least " + kApiOldest.text(),
                 "upgrade it to Docker Engine 20.10 or newer"};
  }
  const ApiVersion chosen = std::min(newest, kApiNewest);
  if (!oldest.empty()) {
    ORBIT_TRY(const ApiVersion least, parseApiVersion(oldest));
    if (chosen < least) {
      return Error{
          Code::kUnsupported,
          engine + "refuses API versions below " + least.text() + "; this Orbit speaks up to " + kApiNewest.text(),
          "upgrade Orbit"};
    }
  }
  return chosen;
}

}  // namespace orbit::engine
