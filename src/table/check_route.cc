#include "table/check_route.h"

#include <fmt/format.h>

#include "base/text.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

void say(Problems& problems, const Path& path, std::string_view value, const std::string& fault,
         std::string hint = "") {
  if (!fault.empty()) problems.push_back({path.trail(), fmt::format("\"{}\" {}", value, fault), std::move(hint)});
}

void checkMatch(const model::TableRoute& route, const Path& path, Problems& problems) {
  if (!route.host.empty()) say(problems, path / "host", route.host, hostFault(route.host, true));
  const std::string_view route_path = startsWith(route.path, "=") ? std::string_view(route.path).substr(1) : route.path;
  say(problems, path / "path", route.path, pathFault(route_path),
      "write a prefix like /api, or =/api for that path alone");
  const Path methods = path / "methods", headers = path / "headers";
  for (std::size_t i = 0; i < route.methods.size(); ++i) {
    say(problems, methods[i], route.methods[i], tokenFault(route.methods[i]));
    if (lower(route.methods[i]) == route.methods[i] && tokenFault(route.methods[i]).empty()) {
      say(problems, methods[i], route.methods[i], "is in lower case, and methods are not", "write it like GET");
    }
  }
  for (std::size_t i = 0; i < route.headers.size(); ++i) {
    const auto& match = route.headers[i];
    const Path here = headers[i];
    say(problems, here / "name", match.name, tokenFault(match.name));
    if (match.kind != model::TableHeaderMatch::Kind::kRegex) continue;
    int groups = 0;
    say(problems, here / "regex", match.value, patternFault(match.value, groups));
  }
}

void checkRewrite(const model::TableRoute& route, const Path& path, Problems& problems) {
  if (!route.stripPrefix.empty()) say(problems, path / "stripPrefix", route.stripPrefix, pathFault(route.stripPrefix));
  if (!route.addPrefix.empty()) say(problems, path / "addPrefix", route.addPrefix, pathFault(route.addPrefix));
  if (!route.upstreamHost.empty()) {
    say(problems, path / "upstreamHost", route.upstreamHost, hostAndPortFault(route.upstreamHost));
  }
  int groups = 0;
  if (!route.rewriteFrom.empty()) {
    say(problems, path / "rewriteFrom", route.rewriteFrom, patternFault(route.rewriteFrom, groups));
  }
  if (!route.rewriteTo.empty() && route.rewriteFrom.empty()) {
    problems.push_back({(path / "rewriteTo").trail(), "stands without rewriteFrom", "give both"});
  } else if (!route.rewriteFrom.empty() && route.rewriteTo.empty() && route.redirect.empty()) {
    problems.push_back({(path / "rewriteFrom").trail(), "stands without rewriteTo", "give both"});
  } else if (!route.rewriteTo.empty()) {
    say(problems, path / "rewriteTo", route.rewriteTo, replacementFault(route.rewriteTo, groups),
        "write \\1 to \\9 for the groups of rewriteFrom, \\0 for the whole path");
  }
  if (route.service.empty() && (!route.stripPrefix.empty() || !route.addPrefix.empty() || !route.rewriteTo.empty())) {
    problems.push_back({path.trail(), "rewrites the path but leads to no service", "leave the rewrite out"});
  }
}

void checkPages(const model::TableRoute& route, const Path& path, Problems& problems) {
  const Path pages = path / "errorPages";
  for (std::size_t i = 0; i < route.errorPages.size(); ++i) {
    const auto& page = route.errorPages[i];
    const Path here = pages[i];
    if (page.statuses.empty()) {
      problems.push_back({here.trail(), "names no status", "write `statuses: [502, 503, 504]`"});
    }
    say(problems, here / "contentType", page.contentType, fieldValueFault(page.contentType));
  }
  if (!route.maintenance.empty()) {
    const auto& page = route.maintenance.front();
    const Path here = path / "maintenance";
    say(problems, here / "contentType", page.contentType, fieldValueFault(page.contentType));
    if (!page.statuses.empty() || page.replaceUpstream) {
      problems.push_back({here.trail(), "has a status of its own: 503", "leave statuses and replaceUpstream out"});
    }
  }
  if (!route.respond.empty()) {
    const auto& respond = route.respond.front();
    const Path here = path / "respond";
    say(problems, here / "contentType", respond.contentType, fieldValueFault(respond.contentType));
    if ((respond.status == 204 || respond.status == 304) && !respond.body.empty()) {
      problems.push_back({(here / "body").trail(), fmt::format("cannot be sent with status {}", respond.status),
                          "leave it out, or answer 200"});
    }
  }
}

}  // namespace

void checkRoute(const model::TableRoute& route, const Path& path, Problems& problems) {
  checkMatch(route, path, problems);
  checkRewrite(route, path, problems);
  checkPages(route, path, problems);
  if (!route.redirect.empty()) checkRedirect(route, path, problems);
  checkHeaderEdits(route, path, problems);
  if (!route.cors.empty()) checkCors(route, path, problems);
  if (route.hstsSeconds == 0 && (route.hstsSubdomains || route.hstsPreload)) {
    problems.push_back({(path / (route.hstsSubdomains ? "hstsSubdomains" : "hstsPreload")).trail(),
                        "stands without hsts", "write `hsts: 365d`"});
  }
}

}  // namespace orbit::table
