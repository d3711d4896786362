#include <fmt/format.h>

#include <unordered_map>

#include "base/text.h"
#include "table/check.h"
#include "table/check_route.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

// The same for two routes that no request could tell apart.
std::string sameness(const model::TableRoute& route) {
  std::vector<std::string> methods = route.methods;
  std::sort(methods.begin(), methods.end());
  std::vector<std::string> headers;
  for (const auto& match : route.headers) {
    headers.push_back(lower(match.name) + "\n" + std::to_string(static_cast<int>(match.kind)) + match.value);
  }
  std::sort(headers.begin(), headers.end());
  return route.host + " " + route.path + " " + join(methods, ",") + "\n" + join(headers, "\n");
}

class RouteChecks {
 public:
  RouteChecks(const model::RouteTable& table, Problems& problems) : table_(table), problems_(problems) {
    for (const auto& service : table.services) services_.emplace(service.name, &service);
  }

  void target(const model::TableRoute& route, const Path& path) {
    const int targets =
        (route.service.empty() ? 0 : 1) + (route.redirect.empty() ? 0 : 1) + (route.respond.empty() ? 0 : 1);
    if (targets != 1) {
      problems_.push_back({path.trail(), targets == 0 ? "leads nowhere" : "leads to more than one place",
                           "give it exactly one of service, redirect and respond"});
    }
    if (route.service.empty()) return;
    const auto found = services_.find(route.service);
    if (found == services_.end()) {
      std::vector<std::string_view> names;
      if (problems_.size() < kToldMax) {
        for (const auto& service : table_.services) names.push_back(service.name);
      }
      const auto near = nearest(route.service, names);
      problems_.push_back({(path / "service").trail(), fmt::format("\"{}\" is no service of this table", route.service),
                           near.empty() ? "add it under services" : fmt::format("did you mean {}?", near)});
    } else if (found->second->protocol == model::TableService::Protocol::kTcp) {
      problems_.push_back({(path / "service").trail(), fmt::format("\"{}\" is a tcp service", route.service),
                           "routes lead to http services; a tcp listener names a tcp service"});
    }
  }

  void unique(const model::TableRoute& route, std::size_t number, const Path& list) {
    const Path here = list[number];
    if (auto fault = nameFault(route.id); !fault.empty()) {
      problems_.push_back({(here / "id").trail(), fmt::format("\"{}\" {}", route.id, fault), ""});
    }
    if (const auto [at, fresh] = ids_.emplace(route.id, number); !fresh) {
      problems_.push_back({(here / "id").trail(), fmt::format("\"{}\" names two routes", route.id), "give each its own",
                           list[at->second].trail()});
    }
    if (const auto [at, fresh] = seen_.emplace(sameness(route), number); !fresh) {
      const auto& first = table_.routes[at->second];
      problems_.push_back({here.trail(),
                           fmt::format("\"{}\" has the host, path, methods and headers of \"{}\"", route.id, first.id),
                           "remove one of the two", list[at->second].trail()});
    }
  }

 private:
  const model::RouteTable& table_;
  Problems& problems_;
  std::unordered_map<std::string_view, const model::TableService*> services_;
  std::unordered_map<std::string_view, std::size_t> ids_;
  std::unordered_map<std::string, std::size_t> seen_;
};

}  // namespace

void checkRoutes(const model::RouteTable& table, Problems& problems) {
  const Path root, list = root / "routes", services = root / "services";
  std::unordered_map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < table.services.size(); ++i) {
    const auto& service = table.services[i];
    if (const auto [at, fresh] = names.emplace(service.name, i); !fresh) {
      problems.push_back({(services[i] / "name").trail(), fmt::format("\"{}\" names two services", service.name),
                          "give each its own", services[at->second].trail()});
    }
  }
  RouteChecks checks(table, problems);
  for (std::size_t i = 0; i < table.routes.size(); ++i) {
    checks.unique(table.routes[i], i, list);
    checks.target(table.routes[i], list[i]);
    checkRoute(table.routes[i], list[i], problems);
  }
}

}  // namespace orbit::table
