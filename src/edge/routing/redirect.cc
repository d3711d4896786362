#include "edge/routing/redirect.h"

#include "base/text.h"

namespace orbit::edge {
namespace {

// What stands in a Location as it is; the rest is percent-encoded. "%" stays: paths are in normal form already.
bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != 0 && std::string_view("-._~!$&'()*+,;=:@/?%[]|^`{}").find(c) != std::string_view::npos);
}

void appendEncoded(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (isPlain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
}

}  // namespace

RedirectTarget::RedirectTarget(std::string_view text) {
  namesHost_ = text.find("://") != std::string_view::npos || startsWith(text, "//");
  static constexpr std::pair<std::string_view, Piece::Kind> kNames[] = {
      {"$host", Piece::Kind::kHost}, {"$path", Piece::Kind::kPath}, {"$query", Piece::Kind::kQuery}};
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces_.push_back({Piece::Kind::kText, std::exchange(literal, {}), 0});
  };
  while (!text.empty()) {
    const auto* named = std::find_if(std::begin(kNames), std::end(kNames),
                                     [&](const auto& name) { return startsWith(text, name.first); });
    if (named != std::end(kNames)) {
      flush();
      pieces_.push_back({named->second, "", 0});
      text.remove_prefix(named->first.size());
    } else if (text.size() > 1 && text[0] == '$' && text[1] >= '1' && text[1] <= '9') {
      flush();
      pieces_.push_back({Piece::Kind::kGroup, "", static_cast<std::size_t>(text[1] - '0')});
      usesGroups_ = true;
      text.remove_prefix(2);
    } else {
      const std::size_t used = startsWith(text, "$$") ? 2 : 1;
      literal += text[0];
      text.remove_prefix(used);
    }
  }
  flush();
}

void RedirectTarget::write(const Values& values, std::string& out) const {
  const std::size_t start = out.size();
  for (const auto& piece : pieces_) {
    switch (piece.kind) {
      case Piece::Kind::kText:
        out += piece.text;
        break;
      case Piece::Kind::kHost:
        appendEncoded(values.host, out);
        break;
      case Piece::Kind::kPath:
        appendEncoded(values.path, out);
        break;
      case Piece::Kind::kQuery:
        if (values.hasQuery) appendEncoded(values.query, out.append(1, '?'));
        break;
      case Piece::Kind::kGroup:
        if (values.groups != nullptr) appendEncoded((*values.groups)[piece.group], out);
        break;
    }
  }
  // A path that a client began with "//" would name another host: it leads back here.
  if (namesHost_) return;
  const auto slashes = std::min(out.find_first_not_of('/', start), out.size()) - start;
  if (slashes > 1) out.erase(start, slashes - 1);
  if (out.size() == start || out[start] != '/') out.insert(start, 1, '/');
}

}  // namespace orbit::edge
