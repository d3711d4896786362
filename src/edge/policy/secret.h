// Secrets that clients show. Private to edge. Thread rules: pure.
#pragma once
#include <string_view>

namespace orbit::edge {

// All of it is compared, so that how long it takes tells nothing but the length.
inline bool sameSecret(std::string_view shown, std::string_view secret) {
  if (shown.size() != secret.size()) return false;
  unsigned differs = 0;
  for (std::size_t at = 0; at < shown.size(); ++at) differs |= static_cast<unsigned>(shown[at] ^ secret[at]);
  return differs == 0;
}

}  // namespace orbit::edge
