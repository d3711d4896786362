#include "base/id.h"

#include <fmt/format.h>

#include "base/random.h"

namespace orbit {

std::string newId(std::int64_t wallUs, Random& random) {
  const auto ms = static_cast<std::uint64_t>(wallUs / 1000) & 0xffff'ffff'ffff;
  const std::uint64_t high = random.next();
  const std::uint64_t low = random.next();
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}", ms >> 16, ms & 0xffff, high & 0xfff,
                     0x8000 | (low >> 50 & 0x3fff), low & 0xffff'ffff'ffff);
}

}  // namespace orbit
