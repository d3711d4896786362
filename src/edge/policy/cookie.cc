#include <charconv>

#include "edge/policy/service.h"

namespace orbit::edge {

namespace {

constexpr std::string_view kAttributes = "; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax";

}  // namespace

std::string opaqueName(std::string_view text) {
  // FNV-1a, then the finaliser of MurmurHash3: short texts that differ in a letter differ everywhere.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  hash ^= hash >> 33;
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string name(11, '0');
  for (char& c : name) {
    c = kDigits[hash % kDigits.size()];
    hash /= kDigits.size();
  }
  return name;
}

std::string drawText(std::uint32_t draw) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(8, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, draw >>= 4) *at = kHex[draw & 15];
  return text;
}

bool readDraw(std::string_view text, std::uint32_t& draw) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), draw, 16);
  return text.size() == 8 && failed == std::errc() && end == text.data() + text.size();
}

std::string cookieLine(std::string_view name, std::string_view value, bool https) {
  constexpr std::string_view kField = "Set-Cookie: ", kSecure = "; Secure";
  std::string line;
  line.reserve(kField.size() + name.size() + 1 + value.size() + kAttributes.size() + kSecure.size() + 2);
  line.append(kField).append(name).append("=").append(value).append(kAttributes);
  if (https) line.append(kSecure);
  return line.append("\r\n");
}

std::string_view cookieValue(std::string_view cookies, std::string_view name) {
  if (name.empty()) return {};
  for (std::size_t at = cookies.find(name); at != std::string_view::npos; at = cookies.find(name, at + 1)) {
    const std::size_t equals = at + name.size();
    if (equals >= cookies.size()) return {};
    if (cookies[equals] != '=') continue;
    // Only at the front of a pair (RFC 6265 4.2.1), never inside the value of another.
    std::size_t before = at;
    while (before > 0 && cookies[before - 1] == ' ') --before;
    if (before > 0 && cookies[before - 1] != ';') continue;
    std::string_view value = cookies.substr(equals + 1);
    value = value.substr(0, value.find(';'));
    while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
    return value;
  }
  return {};
}

}  // namespace orbit::edge
