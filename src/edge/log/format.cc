#include <charconv>
#include <cstring>

#include "edge/log/access_log.h"

namespace orbit::edge {
namespace {

// Longest part of a text that is written. Escaping makes a byte into six at most, so that a line stays under
// kLineBytesMax.
constexpr std::size_t kPathBytesMax = 2048, kQueryBytesMax = 1024, kTextBytesMax = 512, kNameBytesMax = 128;
static_assert(6 * (kPathBytesMax + 2 * kQueryBytesMax + 3 * kTextBytesMax + 9 * kNameBytesMax) + 1024 < kLineBytesMax);

void number(std::string& out, std::uint64_t value) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

// `digits` of them, with zeros in front.
void fixed(std::string& out, std::uint64_t value, int digits) {
  char text[20];
  for (int at = digits; at-- > 0; value /= 10) text[at] = static_cast<char>('0' + value % 10);
  out.append(text, static_cast<std::size_t>(digits));
}

// RFC 3339 with microseconds. Days to a civil date: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
void instant(std::string& out, std::int64_t wallUs) {
  const std::uint64_t us = wallUs > 0 ? static_cast<std::uint64_t>(wallUs) : 0;
  const std::uint64_t seconds = us / 1'000'000;
  const std::uint64_t days = seconds / 86'400 + 719'468;
  const std::uint64_t era = days / 146'097, ofEra = days % 146'097;
  const std::uint64_t yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36'524 - ofEra / 146'096) / 365;
  const std::uint64_t dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::uint64_t shifted = (5 * dayOfYear + 2) / 153;
  const std::uint64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
  fixed(out, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  out.push_back('-');
  fixed(out, month, 2);
  out.push_back('-');
  fixed(out, dayOfYear - (153 * shifted + 2) / 5 + 1, 2);
  out.push_back('T');
  fixed(out, seconds / 3600 % 24, 2);
  out.push_back(':');
  fixed(out, seconds / 60 % 60, 2);
  out.push_back(':');
  fixed(out, seconds % 60, 2);
  out.push_back('.');
  fixed(out, us % 1'000'000, 6);
  out.push_back('Z');
}

constexpr std::array<bool, 256> kPlainByte = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();
bool isPlain(char c) {
  return kPlainByte[static_cast<unsigned char>(c)];
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

void unicodeEscape(std::string& out, unsigned value) {
  constexpr char kHex[] = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[value >> 4U]);
  out.push_back(kHex[value & 15U]);
}

// Writes the one character at the front, which is not plain; returns its bytes.
std::size_t escapeOne(std::string& out, std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(text.front());
    return 1;
  }
  if (c < 0x80) {
    unicodeEscape(out, c);
    return 1;
  }
  const std::size_t bytes = characterBytes(text);
  if (bytes == 0) {
    out.append("\xef\xbf\xbd");  // U+FFFD
    return 1;
  }
  // The other control characters, U+0080 to U+009F, move cursors too.
  if (bytes == 2 && c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
    unicodeEscape(out, static_cast<unsigned char>(text[1]));
  } else {
    out.append(text.substr(0, bytes));
  }
  return bytes;
}

std::string_view cut(std::string_view text, std::size_t bytesMax) {
  if (text.size() <= bytesMax) return text;
  // Back to the front of a character, of at most four bytes.
  for (int back = 0; back < 3 && (static_cast<unsigned char>(text[bytesMax]) & 0xc0U) == 0x80; ++back) --bytesMax;
  return text.substr(0, bytesMax);
}

void escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && isPlain(text[run])) ++run;
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (!text.empty()) text.remove_prefix(escapeOne(out, text));
  }
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool looksSecret(std::string_view key) {
  char plain[64];
  std::size_t size = 0;
  for (std::size_t at = 0; at < key.size() && size < sizeof plain; ++at) {
    char c = key[at];
    if (c == '%' && at + 2 < key.size() && hexDigit(key[at + 1]) >= 0 && hexDigit(key[at + 2]) >= 0) {
      c = static_cast<char>(hexDigit(key[at + 1]) * 16 + hexDigit(key[at + 2]));
      at += 2;
    }
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    plain[size++] = c;
  }
  const std::string_view name(plain, size);
  for (const std::string_view word : {"token", "key", "pass", "pwd", "secret", "sig", "code", "auth", "session",
                                      "credential", "jwt", "otp", "ticket"}) {
    if (name.find(word) != std::string_view::npos) return true;
  }
  return false;
}

void maskedQuery(std::string& out, std::string_view query) {
  for (;;) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && looksSecret(pair.substr(0, equals))) {
      escaped(out, pair.substr(0, equals + 1));
      out.append("***");
    } else {
      escaped(out, pair);
    }
    if (end == query.size()) return;
    out.push_back(query[end]);
    query.remove_prefix(end + 1);
  }
}

void text(std::string& out, std::string_view member, std::string_view value, std::size_t bytesMax) {
  if (value.empty()) return;
  out.append(member);
  escaped(out, cut(value, bytesMax));
  out.push_back('"');
}

void refererText(std::string& out, std::string_view referer) {
  if (referer.empty()) return;
  out.append(R"(,"referer":")");
  const std::size_t mark = referer.find('?');
  escaped(out, cut(referer.substr(0, mark), kTextBytesMax));
  if (mark != std::string_view::npos) {
    out.push_back('?');
    maskedQuery(out, cut(referer.substr(mark + 1), kQueryBytesMax));
  }
  out.push_back('"');
}

void seconds(std::string& out, std::uint64_t us) {
  number(out, us / 1'000'000);
  out.push_back('.');
  fixed(out, us % 1'000'000, 6);
}

}  // namespace

void formatJson(const AccessLine& line, std::string& out) {
  out.append(R"({"time":")");
  instant(out, line.wallUs);
  out.push_back('"');
  text(out, R"(,"id":")", line.requestId, kNameBytesMax);
  text(out, R"(,"client":")", line.client, kNameBytesMax);
  text(out, R"(,"method":")", line.method, kNameBytesMax);
  text(out, R"(,"host":")", line.host, kTextBytesMax);
  text(out, R"(,"path":")", line.path, kPathBytesMax);
  if (!line.query.empty()) {
    out.append(R"(,"query":")");
    maskedQuery(out, cut(line.query, kQueryBytesMax));
    out.push_back('"');
  }
  text(out, R"(,"protocol":")", line.protocol, kNameBytesMax);
  out.append(R"(,"status":)");
  number(out, line.status > 0 ? static_cast<std::uint64_t>(line.status) : 0);
  text(out, R"(,"outcome":")", line.outcome, kNameBytesMax);
  out.append(R"(,"duration":)");
  seconds(out, line.durationUs);
  if (line.attempts > 0) {
    out.append(R"(,"upstream":)");
    seconds(out, line.upstreamUs);
    out.append(R"(,"attempts":)");
    number(out, static_cast<std::uint64_t>(line.attempts));
  }
  out.append(R"(,"bytes_in":)");
  number(out, line.bytesIn);
  out.append(R"(,"bytes_out":)");
  number(out, line.bytesOut);
  text(out, R"(,"route":")", line.route, kNameBytesMax);
  text(out, R"(,"service":")", line.service, kNameBytesMax);
  text(out, R"(,"release":")", line.release, kNameBytesMax);
  text(out, R"(,"instance":")", line.instance, kNameBytesMax);
  text(out, R"(,"user_agent":")", line.userAgent, kTextBytesMax);
  refererText(out, line.referer);
  out.append("}\n");
}

void formatPlain(const AccessLine& line, std::string& out) {
  // Escaped as in JSON, so that neither a space nor a newline of a client's can make a false line or field.
  const auto word = [&out](std::string_view value, std::size_t bytesMax) {
    value = cut(value, bytesMax);
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t space = std::min(value.find(' ', at), value.size());
      escaped(out, value.substr(at, space - at));
      if (space < value.size()) unicodeEscape(out, ' ');
      at = space + 1;
    }
  };
  word(line.method, kNameBytesMax);
  out.push_back(' ');
  word(line.path, kPathBytesMax);
  out.append(" status=");
  number(out, line.status > 0 ? static_cast<std::uint64_t>(line.status) : 0);
  const std::uint64_t ms = (line.durationUs + 500) / 1000;
  out.append(" duration=");
  number(out, ms / 1000);
  out.push_back('.');
  fixed(out, ms % 1000, 3);
  out.append("s\n");
}

}  // namespace orbit::edge
