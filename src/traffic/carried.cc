#include "traffic/carried.h"

#include <algorithm>

#include "base/text.h"

namespace orbit::traffic {
namespace {

constexpr std::string_view kDevelopment = "development";

class Carrying {
 public:
  Carrying(const model::RouteTable& before, const World& world, model::RouteTable& made)
      : before_(before), world_(world), made_(made) {}

  void run() {
    for (const auto& service : before_.services) {
      if (!isUnknown(service.name)) continue;
      services_.insert(service.name);
      made_.services.push_back(service);
    }
    for (const auto& route : before_.routes) {
      if (isCarried(route)) addRoute(route);
    }
    for (const auto& listener : before_.listeners) {
      if (!listener.service.empty() && services_.contains(listener.service)) made_.listeners.push_back(listener);
    }
  }

 private:
  // By its name, as model/live.h makes it.
  bool isUnknown(const std::string& service) const {
    const auto parts = split(service, '.');
    if (parts.size() < 3) return false;
    if (parts[1] == kDevelopment) return !world_.developmentKnown;
    return !world_.environmentsKnown && !world_.environments.contains({std::string(parts[0]), std::string(parts[1])});
  }

  // What answers for a development service that is stopped has no service.
  bool isCarried(const model::TableRoute& route) const {
    if (!route.service.empty()) return services_.contains(route.service);
    return !world_.developmentKnown && isLocalHost(route.host);
  }

  void addRoute(const model::TableRoute& route) {
    std::erase_if(made_.routes, [&](const auto& other) { return other.id == route.id; });
    made_.routes.push_back(route);
    const auto covers = [&](const model::TableCertificate& row) {
      return std::find(row.hosts.begin(), row.hosts.end(), route.host) != row.hosts.end();
    };
    if (std::any_of(made_.certificates.begin(), made_.certificates.end(), covers)) return;
    const auto row = std::find_if(before_.certificates.begin(), before_.certificates.end(), covers);
    if (row == before_.certificates.end()) return;
    made_.certificates.push_back(*row);
    addAuthority(row->authority);
  }

  void addAuthority(const std::string& name) {
    const auto named = [&name](const auto& authority) { return authority.name == name; };
    if (std::any_of(made_.authorities.begin(), made_.authorities.end(), named)) return;
    const auto known = std::find_if(before_.authorities.begin(), before_.authorities.end(), named);
    if (known != before_.authorities.end()) made_.authorities.push_back(*known);
  }

  const model::RouteTable& before_;
  const World& world_;
  model::RouteTable& made_;
  std::set<std::string> services_;
};

}  // namespace

void carry(const model::RouteTable& before, const World& world, model::RouteTable& made) {
  if (world.developmentKnown && world.environmentsKnown) return;
  Carrying(before, world, made).run();
}

}  // namespace orbit::traffic
