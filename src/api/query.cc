#include "api/query.h"

#include <charconv>

#include "format/url.h"

namespace orbit::api {

Query queryOf(std::string_view text) {
  Query query;
  for (const auto part : split(text, '&')) {
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    query.emplace(format::percentDecode(part.substr(0, equals)), format::percentDecode(part.substr(equals + 1)));
  }
  return query;
}

std::string valueOf(const Query& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? "" : found->second;
}

Result<std::int64_t> numberOf(const Query& query, std::string_view name, std::int64_t fallback, std::int64_t least,
                              std::int64_t most) {
  const std::string text = valueOf(query, name);
  if (text.empty()) return fallback;
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return Error{.code = Code::kInvalid,
                 .message = "'" + std::string(name) + "' is " + text,
                 .hint = "it is a whole number from " + std::to_string(least) + " to " + std::to_string(most)};
  }
  return value;
}

}  // namespace orbit::api
