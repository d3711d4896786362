// Where a redirect leads: a text with $host, $path, $query and $1..$9 in it. Whatever a client sends, the result is one
// field value, and its host is the operator's own words or the request's host. Private to edge. Thread rules:
// immutable.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "edge/routing/pattern.h"

namespace orbit::edge {

class RedirectTarget {
 public:
  explicit RedirectTarget(std::string_view text);
  struct Values {
    std::string_view host, path, query;  // query without "?"
    bool hasQuery = false;
    const Pattern::Groups* groups = nullptr;  // $1..$9 are "" without
  };
  void write(const Values& values, std::string& out) const;
  bool usesGroups() const { return usesGroups_; }

 private:
  struct Piece {
    enum class Kind { kText, kHost, kPath, kQuery, kGroup } kind = Kind::kText;
    std::string text;
    std::size_t group = 0;
  };
  std::vector<Piece> pieces_;
  bool usesGroups_ = false;
  bool namesHost_ = false;  // "https://…" or "//…", by the operator's own words
};

}  // namespace orbit::edge
