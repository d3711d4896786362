#include "notify/base64.h"

#include <sodium.h>

#include "base/base.h"

namespace orbit::notify {

std::string base64(std::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its terminator
  return text;
}

std::string keyBytes(std::string_view key) {
  constexpr std::string_view kPrefix = "whsec_";  // Standard Webhooks: then base64
  if (!startsWith(key, kPrefix)) return std::string(key);
  key.remove_prefix(kPrefix.size());
  std::string bytes(key.size(), '\0');
  std::size_t size = 0;
  const int read = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), key.data(),
                                     key.size(), nullptr, &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  if (read != 0) return std::string(key);
  bytes.resize(size);
  return bytes;
}

std::string hmacSha256(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size());
  crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256_final(&state, reinterpret_cast<unsigned char*>(mac.data()));
  return mac;
}

}  // namespace orbit::notify
