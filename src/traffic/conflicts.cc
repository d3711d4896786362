#include "traffic/conflicts.h"

#include <fmt/format.h>

#include <algorithm>

#include "table/table.h"
#include "traffic/listeners.h"

namespace orbit::traffic {
namespace {

std::string nameOf(const EnvironmentKey& key, const std::string& service) {
  return fmt::format("service {} of {} ({})", service, key.first, key.second);
}

Error taken(const std::string& what, const std::string& owner, std::string hint) {
  return {.code = Code::kConflict, .message = fmt::format("{} belongs to {}", what, owner), .hint = std::move(hint)};
}

class Looking {
 public:
  Looking(const model::LiveEnvironment& environment, const World& world)
      : environment_(environment), world_(world), key_(environment.project, environment.environment) {}

  std::vector<Error> run() {
    collect(environment_, key_, true);
    for (const auto& [key, other] : world_.environments) {
      if (key != key_) collect(other, key, false);
    }
    for (const auto& domain : world_.domains) checkDomain(domain);
    checkWildcards();
    const PortPair ours = portsOf(world_.listeners);
    for (const auto& service : environment_.services) {
      for (const int port : service.exposeTcp) {
        if (port != ours.http && port != ours.https) continue;
        found_.push_back(taken(fmt::format("port {} of this machine", port), "the edge, which serves all routes there",
                               "expose " + service.name + " at another port (x-orbit.expose_tcp)"));
      }
    }
    return std::move(found_);
  }

 private:
  // Its own come first, so that what another has is told of the newcomer.
  void collect(const model::LiveEnvironment& environment, const EnvironmentKey& key, bool own) {
    for (const auto& service : environment.services) {
      const std::string name = nameOf(key, service.name);
      for (const auto& host : service.routed ? service.hosts : std::vector<std::string>()) {
        const std::string place = service.path == "/" ? host : host + service.path;
        const bool others = !own && hosts_.contains(host);
        if (own && !places_.emplace(place, name).second) {
          found_.push_back(taken(place, places_[place], "give one of the two another host or path under x-orbit"));
        }
        if (own) hosts_.insert(host);
        if (others)
          found_.push_back(taken(host, name, "one host belongs to one environment; take it out of the other"));
      }
      for (const int port : service.exposeTcp) {
        const auto [at, fresh] = ports_.emplace(port, std::make_pair(name, own));
        if (fresh || (!own && !at->second.second)) continue;
        found_.push_back(taken(fmt::format("port {} of this machine", port), own ? at->second.first : name,
                               "expose one of the two at another port (x-orbit.expose_tcp)"));
      }
    }
  }

  // A domain and a host in the file of its very service agree.
  void checkDomain(const model::Domain& domain) {
    const bool same = domain.project == key_.first && domain.environment == key_.second;
    if (!hosts_.contains(domain.host)) return;
    if (same) {
      const auto place = places_.find(domain.host);
      if (place == places_.end() || place->second == nameOf(key_, domain.service)) return;
    }
    found_.push_back(taken(domain.host, nameOf({domain.project, domain.environment}, domain.service),
                           "orbit domains remove " + domain.host + ", or take it out of x-orbit.domains"));
  }

  void checkWildcards() {
    if (world_.authority.challenge == model::TableAuthority::Challenge::kDns01) return;
    for (const auto& host : hosts_) {
      if (!startsWith(host, "*.")) continue;
      found_.push_back({.code = Code::kInvalid,
                        .message = host + " is a wildcard, which only dns-01 can prove",
                        .hint = "set it up first: orbit domains authority --challenge dns-01, with --dns-server or "
                                "--dns-hook"});
    }
  }

  const model::LiveEnvironment& environment_;
  const World& world_;
  EnvironmentKey key_;
  std::map<std::string, std::string> places_;          // its own: host and path → service
  std::set<std::string> hosts_;                        // its own
  std::map<int, std::pair<std::string, bool>> ports_;  // → service, and whether it is its own
  std::vector<Error> found_;
};

}  // namespace

std::vector<Error> conflictsOf(const model::LiveEnvironment& environment, const World& world) {
  return Looking(environment, world).run();
}

std::vector<Error> faultsOf(const model::LiveEnvironment& environment) {
  World alone;
  alone.environments.emplace(EnvironmentKey{environment.project, environment.environment}, environment);
  alone.authority.directory = "https://acme.example/directory";
  alone.authority.challenge = model::TableAuthority::Challenge::kDns01;  // another's trouble
  alone.authority.dnsHook = {"/bin/true"};
  return table::check(makeTable(alone).table);
}

}  // namespace orbit::traffic
