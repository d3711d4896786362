// Byte classes of HTTP and URIs as one table, and the small words over them. Private to http. Thread rules: pure
// functions.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace orbit::http {

enum ByteClass : std::uint8_t {
  kTokenByte = 1,       // tchar (RFC 9110 5.6.2)
  kPathByte = 2,        // pchar and "/" (RFC 3986 3.3), but not "." and "%", which need a closer look
  kQueryByte = 4,       // RFC 3986 3.4 and what browsers leave unescaped there (WHATWG URL, query percent-encode set)
  kHostByte = 8,        // a label of a lower-case name
  kUnreservedByte = 16  // RFC 3986 2.3
};

constexpr std::array<std::uint8_t, 256> buildByteClasses() {
  std::array<std::uint8_t, 256> table{};
  const auto mark = [&table](std::string_view bytes, std::uint8_t classes) {
    for (const char c : bytes) table[static_cast<unsigned char>(c)] |= classes;
  };
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = kTokenByte | kPathByte | kQueryByte | kHostByte | kUnreservedByte;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = kTokenByte | kPathByte | kQueryByte | kHostByte | kUnreservedByte;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = kTokenByte | kPathByte | kQueryByte | kUnreservedByte;
  mark("!#$%&'*+-.^_`|~", kTokenByte);
  mark("-._~", kUnreservedByte);
  mark("-_~!$&'()*+,;=:@/", kPathByte);
  mark("-._~!$&'()*+,;=:@/?%[]|`^{}\\", kQueryByte);
  mark("-_", kHostByte);
  return table;
}
inline constexpr std::array<std::uint8_t, 256> kByteClasses = buildByteClasses();

inline bool isByte(char c, ByteClass wanted) {
  return (kByteClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

// The first byte that is not of that class.
inline const char* skip(const char* at, const char* end, ByteClass wanted) {
  while (at != end && isByte(*at, wanted)) ++at;
  return at;
}

inline bool isAll(std::string_view text, ByteClass wanted) {
  const char* const end = text.data() + text.size();
  return skip(text.data(), end, wanted) == end;
}

inline bool isToken(std::string_view text) {
  return !text.empty() && isAll(text, kTokenByte);
}

inline bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

// The first byte below `least`, equal to DEL or, without `above`, not ASCII. Eight bytes at a time: borrows of the
// subtraction spoil only what is above the first hit.
template <unsigned char least, bool above>
inline const char* findOutside(const char* at, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  if constexpr (std::endian::native == std::endian::little) {
    for (; end - at >= 8; at += 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      const std::uint64_t del = word ^ (0x7f * kOnes);
      std::uint64_t hits = ((word - least * kOnes) & ~word) | ((del - kOnes) & ~del);
      if constexpr (!above) hits |= word;
      hits &= kHighs;
      if (hits != 0) return at + std::countr_zero(hits) / 8;
    }
  }
  for (; at != end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte < least || byte == 0x7f || (!above && byte >= 0x80)) break;
  }
  return at;
}

// RFC 9110 5.5: visible, space, tab, and bytes above ASCII.
inline const char* skipFieldValue(const char* at, const char* end) {
  for (;; ++at) {
    at = findOutside<0x20, true>(at, end);
    if (at == end || *at != '\t') return at;
  }
}
inline bool isFieldValue(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skipFieldValue(text.data(), end) == end;
}

// What may stand as a request target before a closer look: visible ASCII.
inline const char* skipTarget(const char* at, const char* end) {
  return findOutside<0x21, false>(at, end);
}
inline bool isTarget(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && skipTarget(text.data(), end) == end;
}

// Without optional white space around it (RFC 9110 5.6.3).
inline std::string_view trimBlanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

inline char lowerByte(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// `lower` is in lower case already.
inline bool equalsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lowerByte(text[i]) != lower[i]) return false;
  }
  return true;
}

inline bool sameName(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lowerByte(a[i]) != lowerByte(b[i])) return false;
  }
  return true;
}

// The value of a hexadecimal digit, or -1.
inline int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes the next element, without blanks around it, from the front of a comma list (RFC 9110 5.6.1; it may be empty).
inline std::string_view takeElement(std::string_view& list) {
  const auto comma = list.find(',');
  const std::string_view element = trimBlanks(list.substr(0, comma));
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  return element;
}

}  // namespace orbit::http
