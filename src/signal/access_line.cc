#include "signal/access_line.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace orbit::signal {
namespace {

// Escaping makes a byte into six at most, so that its writer needs no look at the space that is left.
static_assert(6 * (kPathBytesMax + kQueryBytesMax + kRefererBytesMax + 2 * kTextBytesMax + 9 * kNameBytesMax) + 1024 <
              kLineBytesMax);

// `digits` of them, with zeros in front.
void writeFixed(char* to, std::uint32_t value, int digits) {
  for (int at = digits; at-- > 0; value /= 10) to[at] = static_cast<char>('0' + value % 10);
}

// Pairs of digits, 00 to 99: six digits are three divisions that do not wait for each other.
constexpr auto kPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (std::size_t at = 0; at < pairs.size(); ++at) {
    pairs[at] = {static_cast<char>('0' + at / 10), static_cast<char>('0' + at % 10)};
  }
  return pairs;
}();

constexpr auto kHexPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t at = 0; at < pairs.size(); ++at) pairs[at] = {kDigits[at >> 4U], kDigits[at & 15U]};
  return pairs;
}();

// A line as it grows, where there is room for every one.
class Line {
 public:
  explicit Line(char* to) : to_(to) {}
  char* end() const { return to_; }
  void put(char c) { *to_++ = c; }
  void put(std::string_view text) {
    std::memcpy(to_, text.data(), text.size());
    to_ += text.size();
  }
  void number(std::uint64_t value) { to_ = std::to_chars(to_, to_ + 20, value).ptr; }
  void fixed(std::uint32_t value, int digits) {
    writeFixed(to_, value, digits);
    to_ += digits;
  }
  // '.' and six digits; below a million.
  void millionths(std::uint32_t value) {
    *to_ = '.';
    std::memcpy(to_ + 1, kPairs[value / 10'000].data(), 2);
    std::memcpy(to_ + 3, kPairs[value / 100 % 100].data(), 2);
    std::memcpy(to_ + 5, kPairs[value % 100].data(), 2);
    to_ += 7;
  }
  void uuid(const RequestId& id) { to_ = writeUuid(id, to_); }
  void unicodeEscape(unsigned value) {
    constexpr char kHex[] = "0123456789abcdef";
    put("\\u00");
    put(kHex[value >> 4U]);
    put(kHex[value & 15U]);
  }
  void escaped(std::string_view text);

 private:
  template <class Word>
  bool plainEnds(std::string_view text);
  bool plainFew(std::string_view text);
  void escapedEach(std::string_view text);
  std::size_t escapeOne(std::string_view text);

  char* to_;
};

// A second as RFC 3339 writes it, without its zone: most lines have the second of the line before.
struct Second {
  std::uint64_t number = ~std::uint64_t{0};
  char text[19] = {};
};

// Days to a civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
void spell(std::uint64_t seconds, Second& out) {
  out.number = seconds;
  const auto days = static_cast<std::uint32_t>(seconds / 86'400 + 719'468);
  const std::uint32_t era = days / 146'097, ofEra = days % 146'097;
  const std::uint32_t yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36'524 - ofEra / 146'096) / 365;
  const std::uint32_t dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::uint32_t shifted = (5 * dayOfYear + 2) / 153;
  const std::uint32_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  const auto ofDay = static_cast<std::uint32_t>(seconds % 86'400);
  writeFixed(out.text, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  out.text[4] = out.text[7] = '-';
  writeFixed(out.text + 5, month, 2);
  writeFixed(out.text + 8, dayOfYear - (153 * shifted + 2) / 5 + 1, 2);
  out.text[10] = 'T';
  writeFixed(out.text + 11, ofDay / 3600, 2);
  out.text[13] = out.text[16] = ':';
  writeFixed(out.text + 14, ofDay / 60 % 60, 2);
  writeFixed(out.text + 17, ofDay % 60, 2);
}

void instant(Line& out, std::int64_t wallUs) {
  const std::uint64_t us = wallUs > 0 ? static_cast<std::uint64_t>(wallUs) : 0;
  thread_local Second second;
  if (second.number != us / 1'000'000) spell(us / 1'000'000, second);
  out.put({second.text, sizeof second.text});
  out.millionths(static_cast<std::uint32_t>(us % 1'000'000));
  out.put('Z');
}

constexpr std::array<bool, 256> kPlainByte = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();
bool isPlain(char c) {
  return kPlainByte[static_cast<unsigned char>(c)];
}
// The same for the bytes of a word at once: the high bit of a byte is set where it is below 0x20, one of the three that
// are not plain, or set already (S. E. Anderson, "Bit Twiddling Hacks").
template <class Word>
[[gnu::always_inline]] inline bool allPlain(Word bytes) {
  constexpr Word kOnes = static_cast<Word>(~Word{0}) / 0xff, kHigh = kOnes * 0x80;
  const auto zeroByte = [](Word value) { return (value - kOnes) & ~value; };
  return ((bytes | (bytes - kOnes * 0x20) | zeroByte(bytes ^ (kOnes * '"')) | zeroByte(bytes ^ (kOnes * '\\')) |
           zeroByte(bytes ^ (kOnes * 0x7f))) &
          kHigh) == 0;
}

// Bytes of the well-formed UTF-8 character at the front (Unicode 15, table 3-7), 0 when there is none. Not below 0x80.
std::size_t characterBytes(std::string_view text) {
  const auto at = [text](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const auto follows = [&](std::size_t index) { return (at(index) & 0xc0U) == 0x80; };
  const unsigned first = at(0), second = at(1);
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool good = second >= (first == 0xe0 ? 0xa0U : 0x80U) && second <= (first == 0xed ? 0x9fU : 0xbfU);
    return good && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool good = second >= (first == 0xf0 ? 0x90U : 0x80U) && second <= (first == 0xf4 ? 0x8fU : 0xbfU);
    return good && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Writes the one character at the front, which is not plain; returns its bytes.
std::size_t Line::escapeOne(std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  if (c == '"' || c == '\\') {
    put('\\');
    put(text.front());
    return 1;
  }
  if (c < 0x80) {
    unicodeEscape(c);
    return 1;
  }
  const std::size_t bytes = characterBytes(text);
  if (bytes == 0) {
    put("\xef\xbf\xbd");  // U+FFFD
    return 1;
  }
  // The other control characters, U+0080 to U+009F, move cursors too.
  if (bytes == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
    unicodeEscape(static_cast<unsigned char>(text[1]));
  } else {
    put(text.substr(0, bytes));
  }
  return bytes;
}

// Writes a text of one to two words whole if all of it is plain, by its first word and its last, which may overlap.
template <class Word>
bool Line::plainEnds(std::string_view text) {
  Word first, last;
  char* const end = to_ + text.size();
  std::memcpy(&first, text.data(), sizeof first);
  std::memcpy(&last, text.data() + text.size() - sizeof last, sizeof last);
  if (!allPlain(first) || !allPlain(last)) return false;
  std::memcpy(to_, &first, sizeof first);
  std::memcpy(end - sizeof last, &last, sizeof last);
  to_ = end;
  return true;
}

// The same for one to three bytes: the first, the middle and the last.
bool Line::plainFew(std::string_view text) {
  const char first = text.front(), middle = text[text.size() / 2], last = text.back();
  if (!isPlain(first) || !isPlain(middle) || !isPlain(last)) return false;
  to_[0] = first;
  to_[text.size() / 2] = middle;
  to_[text.size() - 1] = last;
  to_ += text.size();
  return true;
}

void Line::escaped(std::string_view text) {
  for (; text.size() > 16; text.remove_prefix(8)) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data(), 8);
    if (!allPlain(eight)) return escapedEach(text);
    std::memcpy(to_, &eight, 8);
    to_ += 8;
  }
  if (text.empty()) return;
  const bool plain = text.size() >= 8   ? plainEnds<std::uint64_t>(text)
                     : text.size() >= 4 ? plainEnds<std::uint32_t>(text)
                                        : plainFew(text);
  if (!plain) escapedEach(text);
}

void Line::escapedEach(std::string_view text) {
  while (!text.empty()) {
    if (isPlain(text.front())) {
      put(text.front());
      text.remove_prefix(1);
    } else {
      text.remove_prefix(escapeOne(text));
    }
  }
}

void text(Line& out, std::string_view member, std::string_view value, std::size_t bytesMax) {
  if (value.empty()) return;
  out.put(member);
  out.escaped(cut(value, bytesMax));
  out.put('"');
}

// A name of ours, of plain bytes.
void name(Line& out, std::string_view member, std::string_view value) {
  if (value.empty()) return;
  out.put(member);
  out.put(value.substr(0, kNameBytesMax));
  out.put('"');
}

void identity(Line& out, const AccessLine& line) {
  if (!line.requestId.empty() || line.ownId == RequestId{}) {
    return text(out, R"(,"id":")", line.requestId, kNameBytesMax);
  }
  out.put(R"(,"id":")");
  out.uuid(line.ownId);
  out.put('"');
}

void seconds(Line& out, std::uint64_t us) {
  out.number(us / 1'000'000);
  out.millionths(static_cast<std::uint32_t>(us % 1'000'000));
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t bytesMax) {
  if (text.size() <= bytesMax) return text;
  // Back to the front of a character, of at most four bytes.
  for (int back = 0; back < 3 && (static_cast<unsigned char>(text[bytesMax]) & 0xc0U) == 0x80; ++back) --bytesMax;
  return text.substr(0, bytesMax);
}

char* writeUuid(const RequestId& id, char* to) {
  for (std::size_t at = 0; at < id.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) *to++ = '-';
    std::memcpy(to, kHexPairs[id[at]].data(), 2);
    to += 2;
  }
  return to;
}

char* formatJson(const AccessLine& line, char* to) {
  Line out(to);
  out.put(R"({"time":")");
  instant(out, line.wallUs);
  out.put('"');
  identity(out, line);
  text(out, R"(,"client":")", line.client, kNameBytesMax);
  text(out, R"(,"method":")", line.method, kNameBytesMax);
  text(out, R"(,"host":")", line.host, kTextBytesMax);
  text(out, R"(,"path":")", line.path, kPathBytesMax);
  text(out, R"(,"query":")", line.query, kQueryBytesMax);
  name(out, R"(,"protocol":")", line.protocol);
  out.put(R"(,"status":)");
  out.number(line.status > 0 ? static_cast<std::uint64_t>(line.status) : 0);
  name(out, R"(,"outcome":")", line.outcome);
  out.put(R"(,"duration":)");
  seconds(out, line.durationUs);
  if (line.attempts > 0) {
    out.put(R"(,"upstream":)");
    seconds(out, line.upstreamUs);
    out.put(R"(,"attempts":)");
    out.number(static_cast<std::uint64_t>(line.attempts));
  }
  out.put(R"(,"bytes_in":)");
  out.number(line.bytesIn);
  out.put(R"(,"bytes_out":)");
  out.number(line.bytesOut);
  text(out, R"(,"route":")", line.route, kNameBytesMax);
  text(out, R"(,"service":")", line.service, kNameBytesMax);
  text(out, R"(,"release":")", line.release, kNameBytesMax);
  text(out, R"(,"instance":")", line.instance, kNameBytesMax);
  text(out, R"(,"user_agent":")", line.userAgent, kTextBytesMax);
  text(out, R"(,"referer":")", line.referer, kRefererBytesMax);
  out.put("}\n");
  return out.end();
}

char* formatPlain(const AccessLine& line, char* to) {
  Line out(to);
  // Escaped as in JSON, so that neither a space nor a newline of a client's can make a false line or field.
  const auto word = [&out](std::string_view value, std::size_t bytesMax) {
    if (value.empty()) out.put('-');  // of a request that was refused
    value = cut(value, bytesMax);
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t space = std::min(value.find(' ', at), value.size());
      out.escaped(value.substr(at, space - at));
      if (space < value.size()) out.unicodeEscape(' ');
      at = space + 1;
    }
  };
  word(line.method, kNameBytesMax);
  out.put(' ');
  word(line.path, kPathBytesMax);
  out.put(" status=");
  out.number(line.status > 0 ? static_cast<std::uint64_t>(line.status) : 0);
  const std::uint64_t ms = (line.durationUs + 500) / 1000;
  out.put(" duration=");
  out.number(ms / 1000);
  out.put('.');
  out.fixed(static_cast<std::uint32_t>(ms % 1000), 3);
  out.put("s\n");
  return out.end();
}

}  // namespace orbit::signal
