// Base64 and HMAC-SHA256, over libsodium. Private to notify. Thread rules: pure.
#pragma once
#include <string>
#include <string_view>

namespace orbit::notify {

std::string base64(std::string_view bytes);
// The bytes of a webhook key: "whsec_" and base64, or a text that is its own bytes.
std::string keyBytes(std::string_view key);
std::string hmacSha256(std::string_view key, std::string_view text);

}  // namespace orbit::notify
