// Readers of HTTP/1.1 requests as lax as some servers are, each in its own way, for tests that ask whether anybody
// could see another end of a message. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "http/core/syntax.h"

namespace orbit::support {

struct LaxReader {
  bool bareLf = false;      // an LF alone ends a line
  bool bareCr = false;      // a CR alone does
  bool trimsName = false;   // "Content-Length : 5" counts
  bool lastWins = false;    // of several Content-Length
  bool lengthWins = false;  // over Transfer-Encoding
  bool anyCoding = false;   // "xchunked" and "chunked, identity" count as chunked
  bool prefixed = false;    // "5abc" is 5

  std::string text() const {
    std::string out = "a reader with:";
    for (const auto& [set, name] :
         {std::pair(bareLf, " bare LF"), std::pair(bareCr, " bare CR"), std::pair(trimsName, " trimmed names"),
          std::pair(lastWins, " last length"), std::pair(lengthWins, " length over coding"),
          std::pair(anyCoding, " any coding"), std::pair(prefixed, " prefixed numbers")}) {
      if (set) out += name;
    }
    return out;
  }

  // Takes the next line, without its end, from the front of `bytes`.
  std::string_view takeLine(std::string_view& bytes) const {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const bool crlf = bytes.substr(at, 2) == "\r\n";
      if (!crlf && !(bareLf && bytes[at] == '\n') && !(bareCr && bytes[at] == '\r')) continue;
      const std::string_view line = bytes.substr(0, at);
      bytes.remove_prefix(at + (crlf ? 2 : 1));
      return line;
    }
    const std::string_view all = bytes;
    bytes = {};
    return all;
  }

  std::size_t number(std::string_view digits, unsigned base) const {
    std::size_t value = 0;
    for (const char c : digits) {
      const int digit = http::hexDigit(c);
      if (digit < 0 || static_cast<unsigned>(digit) >= base) return prefixed ? value : 0;
      value = value * base + static_cast<std::size_t>(digit);
    }
    return value;
  }

  // Where this reader sees the first message end.
  std::size_t messageBytes(std::string_view message) const {
    std::string_view rest = message;
    takeLine(rest);
    std::size_t length = 0;
    bool hasLength = false;
    bool chunked = false;
    while (!rest.empty()) {
      const std::string_view line = takeLine(rest);
      if (line.empty()) break;
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view name = trimsName ? http::trimBlanks(line.substr(0, colon)) : line.substr(0, colon);
      const std::string_view value = http::trimBlanks(line.substr(colon + 1));
      if (http::equalsLower(name, "content-length") && (lastWins || !hasLength)) {
        length = number(value, 10);
        hasLength = true;
      }
      if (http::equalsLower(name, "transfer-encoding")) {
        chunked = anyCoding ? value.find("chunked") != std::string_view::npos : http::equalsLower(value, "chunked");
      }
    }
    if (chunked && !(lengthWins && hasLength)) {
      for (;;) {
        const std::size_t size = number(takeLine(rest), 16);
        if (size == 0 || rest.size() < size) break;
        rest.remove_prefix(size);
        takeLine(rest);
      }
      while (!rest.empty() && !takeLine(rest).empty()) continue;
      return message.size() - rest.size();
    }
    return message.size() - rest.size() + length;
  }
};

// Every combination.
inline std::vector<LaxReader> laxReaders() {
  std::vector<LaxReader> readers;
  for (unsigned bits = 0; bits < 128; ++bits) {
    readers.push_back({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0,
                       (bits & 32) != 0, (bits & 64) != 0});
  }
  return readers;
}

}  // namespace orbit::support
