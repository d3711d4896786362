// What stands behind the '?' of a GET. Private to api. Thread rules: plain values.
#pragma once
#include <map>
#include <string>

#include "base/base.h"
#include "format/url.h"

namespace orbit::api {

class Query {
 public:
  explicit Query(const std::string& text) {
    for (const auto part : split(text, '&')) {
      const auto equals = part.find('=');
      if (equals == std::string_view::npos) continue;
      values_.emplace(format::percentDecode(part.substr(0, equals)), format::percentDecode(part.substr(equals + 1)));
    }
  }
  // "" when absent.
  std::string operator[](std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace orbit::api
