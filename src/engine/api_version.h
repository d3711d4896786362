// Versions of the Docker Engine API and what each can do. Source: https://docs.docker.com/engine/api/version-history/
#pragma once
#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::engine {

struct ApiVersion {
  int major = 1;
  int minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

inline constexpr ApiVersion kApiOldest{1, 41};
inline constexpr ApiVersion kApiNewest{1, 52};
inline constexpr ApiVersion kApiAnnotations{1, 43};
inline constexpr ApiVersion kApiManyNetworks{1, 44};  // and StartInterval, and a MAC address per endpoint
inline constexpr ApiVersion kApiVolumeSubpath{1, 45};

// "1.41". Errors: kProtocol.
Result<ApiVersion> parseApiVersion(std::string_view text);
// The version to speak with an engine that offers up to `offered` and from `oldest` on ("" = not told). Errors:
// kUnsupported when there is no common one, naming the engine's version.
Result<ApiVersion> negotiate(std::string_view offered, std::string_view oldest, std::string_view engineVersion);

}  // namespace orbit::engine
