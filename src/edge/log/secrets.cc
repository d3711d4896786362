#include "edge/log/secrets.h"

#include <algorithm>
#include <cstddef>

#include "signal/signal.h"

namespace orbit::edge {
namespace {

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
  const auto has = [name](std::size_t at, std::string_view word) { return name.substr(at, word.size()) == word; };
  for (std::size_t at = 0; at + 2 < size; ++at) {
    bool found = false;
    switch (name[at]) {
      case 'a':
        found = has(at, "auth");
        break;
      case 'c':
        found = has(at, "code") || has(at, "credential");
        break;
      case 'j':
        found = has(at, "jwt");
        break;
      case 'k':
        found = has(at, "key");
        break;
      case 'o':
        found = has(at, "otp");
        break;
      case 'p':
        found = has(at, "pass") || has(at, "pwd");
        break;
      case 's':
        found = has(at, "secret") || has(at, "session") || has(at, "sig");
        break;
      case 't':
        found = has(at, "token") || has(at, "ticket");
        break;
      default:
        break;
    }
    if (found) return true;
  }
  return false;
}

// Whether its key looks like a secret's; `equals` is where that ends.
bool isSecret(std::string_view pair, std::size_t& equals) {
  equals = pair.find('=');
  return equals != std::string_view::npos && looksSecret(pair.substr(0, equals));
}

bool hasSecret(std::string_view query) {
  for (std::size_t equals = 0; !query.empty();) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    if (isSecret(query.substr(0, end), equals)) return true;
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

void appendMasked(std::string_view query, std::string& out) {
  for (;;) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    std::size_t equals = 0;
    if (isSecret(pair, equals)) {
      out.append(pair.substr(0, equals + 1)).append("***");
    } else {
      out.append(pair);
    }
    if (end == query.size()) return;
    out.push_back(query[end]);
    query.remove_prefix(end + 1);
  }
}

}  // namespace

std::string_view maskedQuery(std::string_view query, std::string& scratch) {
  if (query.empty()) return query;
  query = signal::cut(query, signal::kQueryBytesMax);
  if (!hasSecret(query)) return query;
  scratch.clear();
  appendMasked(query, scratch);
  return scratch;
}

std::string_view maskedAddress(std::string_view address, std::string& scratch) {
  const std::size_t mark = address.find('?');
  const std::string_view front = address.substr(0, mark);
  if (mark == std::string_view::npos) return signal::cut(front, signal::kTextBytesMax);
  const std::string_view query = signal::cut(address.substr(mark + 1), signal::kQueryBytesMax);
  if (front.size() <= signal::kTextBytesMax && !hasSecret(query)) return address.substr(0, mark + 1 + query.size());
  scratch = signal::cut(front, signal::kTextBytesMax);
  scratch.push_back('?');
  appendMasked(query, scratch);
  return scratch;
}

}  // namespace orbit::edge
