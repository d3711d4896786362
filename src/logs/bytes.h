// Numbers as bytes: varints (LEB128), zigzag for signed ones, texts by their length; and a fast hash, for damage and
// for filters, not against an adversary. Private to logs. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace orbit::logs {

inline void putVarint(std::string& to, std::uint64_t value) {
  while (value >= 0x80) {
    to.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  to.push_back(static_cast<char>(value));
}
inline void putSigned(std::string& to, std::int64_t value) {
  putVarint(to, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}
inline void putText(std::string& to, std::string_view text) {
  putVarint(to, text.size());
  to += text;
}

// Reads what the above wrote. After a failure everything reads as 0 and "", and ok() says so.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}
  bool ok() const { return ok_; }
  bool atEnd() const { return at_ == end_; }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  std::int64_t number() {
    const std::uint64_t value = varint();
    return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
  }
  std::string_view text() { return bytes(varint()); }
  std::string_view rest() { return bytes(static_cast<std::uint64_t>(end_ - at_)); }
  std::string_view bytes(std::uint64_t size) {
    if (size > static_cast<std::uint64_t>(end_ - at_)) {
      fail();
      return {};
    }
    const std::string_view found(at_, size);
    at_ += size;
    return found;
  }

 private:
  std::uint64_t fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

inline std::uint64_t load64(const char* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Multiplies to 128 bits and folds (as wyhash by Wang Yi does, public domain).
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t hashOf(std::string_view bytes, std::uint64_t seed = 0) {
  constexpr std::uint64_t kOne = 0xa0761d6478bd642f, kTwo = 0xe7037ed1a0b428db;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t hash = seed ^ kOne ^ bytes.size();
  for (; left >= 16; left -= 16, at += 16) hash = mix(load64(at) ^ kTwo, load64(at + 8) ^ hash);
  char rest[16] = {};
  if (left > 0) std::memcpy(rest, at, left);
  return mix(load64(rest) ^ kTwo, load64(rest + 8) ^ hash ^ kOne);
}

}  // namespace orbit::logs
