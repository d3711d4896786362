#include <fmt/format.h>

#include "base/text.h"
#include "table/check_route.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

constexpr std::string_view kVariables[] = {"$host", "$path", "$query", "$$"};

// Every "$" is a variable; what stands before the path may hold no part that a client chooses, but the request's host.
std::string targetFault(std::string_view to, bool hasPattern) {
  const bool path = startsWith(to, "/") || startsWith(to, "$path");
  const bool absolute = startsWith(to, "https://") || startsWith(to, "http://");
  if (!path && !absolute) return "is neither a path nor an http or https URL";
  if (startsWith(to, "//")) return "begins with \"//\", which names a host without a scheme";
  for (const char c : to) {
    if (c <= ' ' || c > '~' || std::string_view("\"<>\\").find(c) != std::string_view::npos) {
      return "holds a character that no URL may have";
    }
  }
  bool inHost = absolute;
  std::string_view rest = absolute ? to.substr(to.find("://") + 3) : to;
  if (absolute && (rest.empty() || std::string_view("/?#").find(rest[0]) != std::string_view::npos))
    return "has no host";
  while (!rest.empty()) {
    if (rest[0] != '$') {
      if (std::string_view("/?#").find(rest[0]) != std::string_view::npos) inHost = false;
      rest.remove_prefix(1);
      continue;
    }
    if (rest.size() > 1 && rest[1] >= '1' && rest[1] <= '9') {
      if (!hasPattern) return fmt::format("uses {} without a rewriteFrom to take it from", rest.substr(0, 2));
      if (inHost) return fmt::format("lets a client choose the host by {}: put a \"/\" before it", rest.substr(0, 2));
      rest.remove_prefix(2);
      continue;
    }
    const auto* known =
        std::find_if(std::begin(kVariables), std::end(kVariables), [&](auto name) { return startsWith(rest, name); });
    if (known == std::end(kVariables)) return "has a \"$\" that is none of $host, $path, $query, $1 to $9 and $$";
    if (*known == "$path") inHost = false;
    rest.remove_prefix(known->size());
  }
  return "";
}

}  // namespace

void checkRedirect(const model::TableRoute& route, const Path& path, Problems& problems) {
  const auto& redirect = route.redirect.front();
  const Path here = path / "redirect";
  if (auto fault = targetFault(redirect.to, !route.rewriteFrom.empty()); !fault.empty()) {
    problems.push_back({(here / "to").trail(), fmt::format("\"{}\" {}", redirect.to, fault),
                        "write it like https://example.com$path$query or /new"});
  }
  static constexpr int kStatuses[] = {301, 302, 303, 307, 308};
  if (std::find(std::begin(kStatuses), std::end(kStatuses), redirect.status) == std::end(kStatuses)) {
    problems.push_back({(here / "status").trail(), fmt::format("{} is no redirect", redirect.status),
                        "use 308 (for good) or 307 (for now); 301, 302 and 303 let clients turn a POST into a GET"});
  }
}

}  // namespace orbit::table
