#include "logs/filter.h"

#include <array>
#include <bit>
#include <cstring>

#include "logs/limits.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kGramBytes = 6;
constexpr double kFullEnough = 0.15;  // folded while less of it is set
constexpr std::size_t kSmallest = 64;

constexpr std::array<bool, 256> kWordByte = [] {
  std::array<bool, 256> word{};
  for (std::size_t c = '0'; c <= '9'; ++c) word[c] = true;
  for (std::size_t c = 'a'; c <= 'z'; ++c) word[c] = word[c - 0x20] = true;
  word['_'] = true;
  for (std::size_t c = 0x80; c < 256; ++c) word[c] = true;
  return word;
}();

std::uint64_t gramAt(const char* at) {
  std::uint32_t low = 0;
  std::uint16_t high = 0;
  std::memcpy(&low, at, 4);
  std::memcpy(&high, at + 4, 2);
  const std::uint64_t gram = (low | std::uint64_t{high} << 32) | 0x202020202020ULL;
  const std::uint64_t hash = gram * 0x9e3779b97f4a7c15ULL;
  return hash ^ hash >> 29;
}

// Of each gram its hash, and whether it is sampled: told as a number, because half are, at random, and a branch on that
// would be guessed wrong every other time.
template <class Take>
void eachGram(std::string_view text, Take take) {
  std::size_t run = 0;
  const char* const begin = text.data();
  for (std::size_t at = 0; at < text.size(); ++at) {
    run = kWordByte[static_cast<unsigned char>(begin[at])] ? run + 1 : 0;
    if (run < kGramBytes) continue;
    const std::uint64_t hash = gramAt(begin + at + 1 - kGramBytes);
    take(hash, hash >> 63);
  }
}

std::uint64_t second(std::uint64_t hash) {
  return hash >> 32;
}

}  // namespace

std::string makeFilter(std::string_view text) {
  constexpr std::uint64_t kMask = kFilterBytesMax * 8 - 1;
  std::vector<std::uint64_t> bits(kFilterBytesMax / 8);
  eachGram(text, [&bits](std::uint64_t hash, std::uint64_t sampled) {
    for (const std::uint64_t bit : {hash & kMask, second(hash) & kMask}) bits[bit >> 6] |= sampled << (bit & 63);
  });
  std::size_t words = bits.size();
  const auto density = [&] {
    std::size_t count = 0;
    for (std::size_t at = 0; at < words; ++at) count += static_cast<std::size_t>(std::popcount(bits[at]));
    return static_cast<double>(count) / static_cast<double>(words * 64);
  };
  while (words * 8 > kSmallest && density() < kFullEnough) {
    words /= 2;
    for (std::size_t at = 0; at < words; ++at) bits[at] |= bits[at + words];
  }
  return std::string(reinterpret_cast<const char*>(bits.data()), words * 8);
}

std::vector<std::uint64_t> gramsOf(std::string_view needle) {
  std::vector<std::uint64_t> grams;
  eachGram(needle, [&grams](std::uint64_t hash, std::uint64_t sampled) {
    if (sampled != 0) grams.push_back(hash);
  });
  return grams;
}

bool mayHave(std::string_view filter, const std::vector<std::uint64_t>& grams) {
  if (filter.size() < kSmallest || !std::has_single_bit(filter.size())) return true;
  const std::uint64_t mask = filter.size() * 8 - 1;
  const auto has = [&](std::uint64_t bit) {
    return (static_cast<unsigned char>(filter[bit >> 3]) >> (bit & 7) & 1) != 0;
  };
  for (const std::uint64_t hash : grams) {
    if (!has(hash & mask) || !has(second(hash) & mask)) return false;
  }
  return true;
}

}  // namespace orbit::logs
