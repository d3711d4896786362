#include "notify/private_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace orbit::notify {
namespace {

struct Block {
  std::uint32_t address;
  int bits;
};
constexpr Block kBlocks[] = {
    {0x00000000, 8},  {0x0A000000, 8},  {0x64400000, 10}, {0x7F000000, 8},  {0xA9FE0000, 16},
    {0xAC100000, 12}, {0xC0000000, 24}, {0xC0000200, 24}, {0xC0A80000, 16}, {0xC6120000, 15},
    {0xC6336400, 24}, {0xCB007100, 24}, {0xE0000000, 4},  {0xF0000000, 4},
};
constexpr int kWordBits = 32;

bool isPrivate4(std::uint32_t address) {
  return std::any_of(std::begin(kBlocks), std::end(kBlocks), [&](const Block& block) {
    return address >> (kWordBits - block.bits) == block.address >> (kWordBits - block.bits);
  });
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t wordAt(const Bytes& bytes, std::size_t at) {
  std::uint32_t word = 0;
  for (std::size_t i = at; i < at + 4; ++i) word = word << 8U | bytes[i];
  return word;
}

bool isPrivate6(const Bytes& bytes) {
  if (std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; })) {
    return bytes[10] != 0xFF || bytes[11] != 0xFF || isPrivate4(wordAt(bytes, 12));  // ::, ::1, ::a.b.c.d, mapped
  }
  if (wordAt(bytes, 0) == 0x0064FF9B) return bytes[4] != 0 || bytes[5] != 0 || isPrivate4(wordAt(bytes, 12));  // NAT64
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return isPrivate4(wordAt(bytes, 2));                               // 6to4
  // Of 2000::/3 without Teredo and documentation.
  const bool global = (bytes[0] & 0xE0U) == 0x20U;
  return !global || wordAt(bytes, 0) == 0x20010000 || wordAt(bytes, 0) == 0x20010DB8;
}

}  // namespace

bool isPrivate(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    return isPrivate4(ntohl(four.sin_addr.s_addr));
  }
  if (address.sa_family != AF_INET6) return true;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  Bytes bytes{};
  std::copy(std::begin(six.sin6_addr.s6_addr), std::end(six.sin6_addr.s6_addr), bytes.begin());
  return isPrivate6(bytes);
}

}  // namespace orbit::notify
