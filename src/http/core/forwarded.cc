#include "http/core/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "http/core/syntax.h"

namespace orbit::http {
namespace {

constexpr std::size_t kHopsMax = 32;  // proxies in front of us that are followed
constexpr IpBytes kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0};
constexpr std::size_t kMappedBytes = 12;

bool isMapped(const IpBytes& address) {
  return std::memcmp(address.data(), kMappedPrefix.data(), kMappedBytes) == 0;
}

Error wrongRange(std::string_view range, std::string hint) {
  return {Code::kInvalid, "'" + std::string(range) + "' is no range of addresses", std::move(hint)};
}

// Up to five digits.
bool isPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), isDigit);
}

// An address with an optional port: "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", and "2001:db8::1" as many write
// X-Forwarded-For.
std::optional<IpBytes> parseNode(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view port = text.substr(close + 1);
    if (!port.empty() && (port.front() != ':' || !isPort(port.substr(1)))) return std::nullopt;
    const std::string_view inner = text.substr(1, close - 1);
    return inner.find(':') == std::string_view::npos ? std::nullopt : parseIp(inner);
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!isPort(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return parseIp(text);
}

enum class Scheme : std::uint8_t { kUnsaid, kHttp, kHttps };

Scheme schemeOf(std::string_view text) {
  if (equalsLower(text, "https")) return Scheme::kHttps;
  return equalsLower(text, "http") ? Scheme::kHttp : Scheme::kUnsaid;
}

// What one proxy said of the one that connected to it.
struct Hop {
  std::optional<IpBytes> from;  // none: "unknown", an obfuscated name, or nothing one can read
  Scheme scheme = Scheme::kUnsaid;
};
// Hops in the order written, oldest first; only the last kHopsMax count.
struct Chain {
  std::array<Hop, kHopsMax> hops;
  std::size_t size = 0;

  void add(const Hop& hop) {
    if (size == kHopsMax) {
      std::move(hops.begin() + 1, hops.end(), hops.begin());
      --size;
    }
    hops[size++] = hop;
  }
};

// X-Forwarded-For, right to left: no more is read than may be followed.
void readForwardedFor(const RequestIndex& request, Chain& chain) {
  for (auto field = request.fields.rbegin(); field != request.fields.rend(); ++field) {
    if (field->known != Known::kXForwardedFor) continue;
    std::string_view list = request.at(field->value);
    for (bool more = true; more && chain.size < kHopsMax;) {
      const auto comma = list.rfind(',');
      more = comma != std::string_view::npos;
      const std::string_view element = trimBlanks(more ? list.substr(comma + 1) : list);
      list = list.substr(0, more ? comma : 0);
      chain.hops[chain.size++].from = parseNode(element);
    }
  }
  std::reverse(chain.hops.begin(), chain.hops.begin() + static_cast<std::ptrdiff_t>(chain.size));
}

// The X-Forwarded-Proto of the proxy `hops` from the right. Proxies that replace it leave one element.
Scheme readForwardedProto(const RequestIndex& request, std::size_t hops) {
  std::array<Scheme, kHopsMax> said{};
  std::size_t count = 0;
  for (const FieldIndex& field : request.fields) {
    if (field.known != Known::kXForwardedProto) continue;
    std::string_view list = request.at(field.value);
    while (!list.empty()) said[count++ % kHopsMax] = schemeOf(takeElement(list));
  }
  if (count == 0 || hops > kHopsMax) return Scheme::kUnsaid;
  return said[(count > hops ? count - hops : 0) % kHopsMax];
}

// Forwarded's own grammar (RFC 7239 4): elements of pairs name=value, value a token or a quoted string.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) : rest_(text) {}

  // False: not by the grammar, and then nothing of it counts.
  bool read(Chain& chain) {
    for (;;) {
      Hop hop;
      bool hasFor = false;
      for (bool more = true; more; more = take(';')) {
        blanks();
        if (rest_.empty() || rest_.front() == ',' || rest_.front() == ';') continue;
        if (!readPair(hop, hasFor)) return false;
        blanks();
      }
      chain.add(hop);
      if (rest_.empty()) return true;
      if (!take(',')) return false;
    }
  }

 private:
  bool readPair(Hop& hop, bool& hasFor) {
    const std::string_view name = takeToken();
    if (name.empty() || !take('=')) return false;
    std::string_view value;
    if (!takeValue(value)) return false;
    if (equalsLower(name, "for")) {
      if (hasFor) return false;  // RFC 7239 4: each parameter once
      hasFor = true;
      hop.from = parseNode(value);
    } else if (equalsLower(name, "proto")) {
      if (hop.scheme != Scheme::kUnsaid) return false;
      hop.scheme = schemeOf(value);
    }
    return true;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void blanks() {
    while (take(' ') || take('\t')) continue;
  }
  std::string_view takeToken() {
    const char* const begin = rest_.data();
    const auto size = static_cast<std::size_t>(skip(begin, begin + rest_.size(), kTokenByte) - begin);
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }
  // No address or scheme needs an escaped character, so a value with one is nobody's.
  bool takeValue(std::string_view& value) {
    if (!take('"')) {
      value = takeToken();
      return !value.empty();
    }
    bool escaped = false;
    for (std::size_t at = 0; at < rest_.size(); ++at) {
      if (rest_[at] == '\\') {
        escaped = true;
        ++at;
      } else if (rest_[at] == '"') {
        value = escaped ? std::string_view() : rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return true;
      }
    }
    return false;
  }

  std::string_view rest_;
};

bool readForwarded(const RequestIndex& request, Chain& chain) {
  for (const FieldIndex& field : request.fields) {
    if (field.known != Known::kForwarded) continue;
    if (!ForwardedReader(request.at(field.value)).read(chain)) return false;
  }
  return true;
}

// From the right, to the first that is no trusted proxy; returns how many of the hops are believed.
std::size_t believed(const Chain& chain, const IpRanges& trusted) {
  for (std::size_t count = 1; count <= chain.size; ++count) {
    const std::optional<IpBytes>& from = chain.hops[chain.size - count].from;
    if (!from || !trusted.contains(*from)) return count;
  }
  return chain.size;
}

// The client by those hops: the oldest believed one that is known.
IpBytes clientOf(const Chain& chain, std::size_t hops, const IpBytes& peer) {
  for (; hops > 0; --hops) {
    const std::optional<IpBytes>& from = chain.hops[chain.size - hops].from;
    if (from) return *from;
  }
  return peer;
}

}  // namespace

std::optional<IpBytes> parseIp(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof copy || text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  IpBytes address = kMappedPrefix;
  if (text.find(':') != std::string_view::npos) {
    if (inet_pton(AF_INET6, copy, address.data()) != 1) return std::nullopt;
  } else if (inet_pton(AF_INET, copy, address.data() + kMappedBytes) != 1) {
    return std::nullopt;
  }
  return address;
}

std::string ipText(const IpBytes& address) {
  char text[INET6_ADDRSTRLEN];
  if (!isMapped(address)) return inet_ntop(AF_INET6, address.data(), text, sizeof text);
  char* at = text;
  for (std::size_t i = kMappedBytes; i < address.size(); ++i) {
    const unsigned byte = address[i];
    if (i > kMappedBytes) *at++ = '.';
    if (byte >= 100) *at++ = static_cast<char>('0' + byte / 100);
    if (byte >= 10) *at++ = static_cast<char>('0' + byte / 10 % 10);
    *at++ = static_cast<char>('0' + byte % 10);
  }
  return {text, static_cast<std::size_t>(at - text)};
}

Result<IpRanges> IpRanges::parse(const std::vector<std::string>& ranges) {
  IpRanges parsed;
  for (const std::string& text : ranges) {
    const auto slash = text.find('/');
    const std::optional<IpBytes> first = parseIp(std::string_view(text).substr(0, slash));
    if (!first) return wrongRange(text, "write 10.0.0.0/8, 2001:db8::/32 or one address");
    Range range{*first, 128};
    if (slash != std::string::npos) {
      const std::string_view length = std::string_view(text).substr(slash + 1);
      const bool four = text.find(':') == std::string::npos;
      const int most = four ? 32 : 128;
      int bits = 0;
      for (const char c : length) bits = isDigit(c) && bits <= 128 ? bits * 10 + (c - '0') : 1000;
      if (length.empty() || length.size() > 3 || bits > most) {
        return wrongRange(text, "the length after the slash is a number up to " + std::to_string(most));
      }
      range.bits = bits + (four ? 96 : 0);
    }
    for (std::size_t bit = static_cast<std::size_t>(range.bits); bit < 128; ++bit) {
      const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
      range.first[bit / 8] = static_cast<std::uint8_t>(range.first[bit / 8] & ~mask);
    }
    if (range.first != *first) {
      return wrongRange(text, "bits are set after its length; write " + ipText(range.first) + text.substr(slash));
    }
    parsed.ranges_.push_back(range);
  }
  return parsed;
}

bool IpRanges::contains(const IpBytes& address) const {
  for (const Range& range : ranges_) {
    const auto bytes = static_cast<std::size_t>(range.bits / 8);
    if (std::memcmp(address.data(), range.first.data(), bytes) != 0) continue;
    if (range.bits % 8 == 0) return true;
    if ((address[bytes] ^ range.first[bytes]) >> (8 - range.bits % 8) == 0) return true;
  }
  return false;
}

ClientOrigin clientOrigin(const RequestIndex& request, const IpBytes& peer, bool https, const IpRanges& trusted) {
  ClientOrigin origin;
  origin.address = peer;
  origin.https = https;
  const bool readable = !trusted.empty() && trusted.contains(peer);
  const bool hasForwarded = readable && request.find(Known::kForwarded) != nullptr;
  const bool hasFor = readable && request.find(Known::kXForwardedFor) != nullptr;
  Chain chain;
  Scheme scheme = Scheme::kUnsaid;
  std::size_t hops = 0;
  if (hasFor) {
    readForwardedFor(request, chain);
    hops = believed(chain, trusted);
  }
  if (hasForwarded) {
    Chain other;
    const bool valid = readForwarded(request, other);
    const std::size_t otherHops = valid ? believed(other, trusted) : 0;
    if (otherHops > 0) scheme = other.hops[other.size - otherHops].scheme;
    // A proxy writes one of the two and may let the client's own word pass in the other: where they do not agree,
    // neither is believed.
    const bool agree = valid && (!hasFor || clientOf(other, otherHops, peer) == clientOf(chain, hops, peer));
    if (!hasFor) chain = other;
    if (!hasFor) hops = otherHops;
    if (!agree) hops = 0;
    if (!agree) scheme = Scheme::kUnsaid;
  }
  if (readable) {
    const Scheme proto = readForwardedProto(request, std::max<std::size_t>(hops, 1));
    if (scheme == Scheme::kUnsaid) scheme = proto;
    // Again two words that differ: the one that gives less.
    if (proto != Scheme::kUnsaid && proto != scheme) scheme = Scheme::kHttp;
  }
  if (scheme != Scheme::kUnsaid) origin.https = scheme == Scheme::kHttps;
  origin.address = clientOf(chain, hops, peer);
  for (; hops > 0; --hops) {
    const std::optional<IpBytes>& from = chain.hops[chain.size - hops].from;
    if (from) origin.forwardedFor.append(ipText(*from)).append(", ");
  }
  origin.forwardedFor += ipText(peer);
  return origin;
}

}  // namespace orbit::http
