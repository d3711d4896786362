#include "sha1.h"

#include <array>
#include <bit>
#include <cstdint>

namespace app {
namespace {

using Digest = std::array<std::uint32_t, 5>;

void block(Digest& digest, const std::string& data, std::size_t at) {
  std::array<std::uint32_t, 80> words{};
  for (std::size_t i = 0; i < 64; ++i) words[i / 4] = words[i / 4] << 8U | static_cast<unsigned char>(data[at + i]);
  for (std::size_t i = 16; i < 80; ++i)
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  auto [a, b, c, d, e] = digest;
  for (std::size_t i = 0; i < 80; ++i) {
    const std::uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999U
                            : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1U
                            : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU
                                     : (b ^ c ^ d) + 0xCA62C1D6U;
    const std::uint32_t next = std::rotl(a, 5) + f + e + words[i];
    e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
  }
  digest = {digest[0] + a, digest[1] + b, digest[2] + c, digest[3] + d, digest[4] + e};
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t j = 0; j < 3; ++j)
      three = three << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) out += i + j > bytes.size() ? '=' : kLetters[three >> (18 - 6 * j) & 63U];
  }
  return out;
}

}  // namespace

std::string webSocketAccept(std::string_view key) {
  std::string data = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const std::uint64_t bits = data.size() * 8;
  data += '\x80';
  while (data.size() % 64 != 56) data += '\0';
  for (unsigned i = 0; i < 8; ++i) data += static_cast<char>(bits >> (56 - 8 * i) & 255U);
  Digest digest{0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
  for (std::size_t at = 0; at < data.size(); at += 64) block(digest, data, at);
  std::string bytes;
  for (const auto word : digest) {
    for (unsigned i = 0; i < 4; ++i) bytes += static_cast<char>(word >> (24 - 8 * i) & 255U);
  }
  return base64(bytes);
}

}  // namespace app
