#include "traffic/pin.h"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace orbit::traffic {

std::string pinOf(const std::string& key, const std::string& service, const std::string& release) {
  if (key.empty()) return {};
  constexpr std::size_t kBytes = 20;
  static_assert(kBytes >= crypto_generichash_BYTES_MIN);
  const std::string text = service + "\n" + release;
  std::array<unsigned char, kBytes> mac{};
  const auto bytes = [](const std::string& of) { return reinterpret_cast<const unsigned char*>(of.data()); };
  const std::size_t keyBytes = std::min<std::size_t>(key.size(), crypto_generichash_KEYBYTES_MAX);
  crypto_generichash(mac.data(), mac.size(), bytes(text), text.size(), bytes(key), keyBytes);
  std::array<char, kBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mac.data(), mac.size());
  return hex.data();
}

std::string probeKeyOf(const std::string& key) {
  return pinOf(key, "probe", "");  // no service of a table has that name: theirs have dots
}

}  // namespace orbit::traffic
