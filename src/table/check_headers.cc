#include <fmt/format.h>

#include "base/text.h"
#include "table/check_route.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

using Kind = model::TableHeaderEdit::Kind;

// What the edge itself tells the service, so that the service can believe it.
bool isOwnRequestField(std::string_view name) {
  static constexpr std::string_view kNames[] = {"forwarded", "x-request-id", "x-real-ip"};
  const std::string lowered = lower(name);
  return startsWith(lowered, "x-forwarded-") ||
         std::find(std::begin(kNames), std::end(kNames), lowered) != std::end(kNames);
}

void checkEdit(const model::TableHeaderEdit& edit, const Path& path, Problems& problems) {
  static constexpr std::string_view kKeys[] = {"set", "add", "remove"};
  const Path name = path / kKeys[static_cast<std::size_t>(edit.kind)];
  if (auto fault = tokenFault(edit.name); !fault.empty()) {
    problems.push_back({name.trail(), fmt::format("\"{}\" {}", edit.name, fault), ""});
  } else if (isFramingField(edit.name)) {
    problems.push_back({name.trail(), fmt::format("\"{}\" belongs to the connection, not to a route", edit.name),
                        lower(edit.name) == "host" ? "write `upstreamHost: NAME` instead" : "leave it out"});
  }
  if (auto fault = fieldValueFault(edit.value); !fault.empty()) {
    problems.push_back({(path / "value").trail(), fault, "write it on one line"});
  } else if (edit.kind == Kind::kRemove && !edit.value.empty()) {
    problems.push_back({(path / "value").trail(), "is given for a field that is removed", "leave it out"});
  }
}

std::string responseFault(const model::TableRoute& route, std::string_view name) {
  const std::string lowered = lower(name);
  if (route.hstsSeconds > 0 && lowered == "strict-transport-security") return "is written by `hsts`";
  if (!route.cors.empty() && startsWith(lowered, "access-control-")) return "is written by `cors`";
  return "";
}

// "https://app.example.com", "http://localhost:5173", "https://*.example.com", "*", "null".
std::string originFault(std::string_view origin) {
  if (origin == "*" || origin == "null") return "";
  const auto scheme = origin.find("://");
  if (scheme == std::string_view::npos || scheme == 0) return "has no scheme, like https://";
  auto rest = origin.substr(scheme + 3);
  if (rest.find('/') != std::string_view::npos) return "has a path: an origin ends with its host or port";
  const auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    const auto port = rest.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) {
      return "has a port that is none";
    }
    rest = rest.substr(0, colon);
  }
  return hostFault(rest, true);
}

}  // namespace

void checkHeaderEdits(const model::TableRoute& route, const Path& path, Problems& problems) {
  const Path requests = path / "requestHeaders", responses = path / "responseHeaders";
  for (std::size_t i = 0; i < route.requestHeaders.size(); ++i) {
    const auto& edit = route.requestHeaders[i];
    checkEdit(edit, requests[i], problems);
    if (isOwnRequestField(edit.name)) {
      problems.push_back(
          {requests[i].trail(), fmt::format("\"{}\" is written by the edge itself", edit.name), "leave it out"});
    }
  }
  for (std::size_t i = 0; i < route.responseHeaders.size(); ++i) {
    const auto& edit = route.responseHeaders[i];
    checkEdit(edit, responses[i], problems);
    if (auto fault = responseFault(route, edit.name); !fault.empty()) {
      problems.push_back({responses[i].trail(), fmt::format("\"{}\" {}", edit.name, fault), "keep one of the two"});
    }
  }
}

void checkCors(const model::TableRoute& route, const Path& path, Problems& problems) {
  const auto& cors = route.cors.front();
  const Path here = path / "cors", origins = here / "origins";
  if (cors.origins.empty()) {
    problems.push_back({here.trail(), "names no origin", "write `origins: [https://app.example.com]`"});
  }
  for (std::size_t i = 0; i < cors.origins.size(); ++i) {
    if (auto fault = originFault(cors.origins[i]); !fault.empty()) {
      problems.push_back({origins[i].trail(), fmt::format("\"{}\" {}", cors.origins[i], fault),
                          "write it like https://app.example.com or https://*.example.com"});
    }
    if (cors.origins[i] == "*" && cors.credentials) {
      problems.push_back({origins[i].trail(), "lets every site act with a visitor's credentials",
                          "name the origins, or leave credentials out"});
    }
  }
  const std::pair<std::string_view, const std::vector<std::string>*> lists[] = {
      {"methods", &cors.methods}, {"headers", &cors.headers}, {"expose", &cors.expose}};
  for (const auto& [key, items] : lists) {
    const Path list = here / key;
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (auto fault = tokenFault((*items)[i]); !fault.empty()) {
        problems.push_back({list[i].trail(), fmt::format("\"{}\" {}", (*items)[i], fault), ""});
      }
    }
  }
}

}  // namespace orbit::table
