#include "traffic/development.h"

#include <algorithm>

#include "base/text.h"

namespace orbit::traffic {
namespace {

constexpr std::size_t kLabelBytesMax = 63;  // RFC 1035 2.3.4
constexpr const char* kAcme = "acme";
constexpr const char* kLocal = "local";
constexpr const char* kRelease = "development";
constexpr std::uint64_t kHstsSeconds = 365 * 24 * 3600;
// A developer may stand in a debugger: only a server that is gone is given up.
constexpr model::Millis kPatience = std::chrono::minutes(10);
// A server that reloads refuses for a moment; a rest would make it look longer.
constexpr unsigned kNeverRests = 0;

// One part of a host: `_` and what else a host cannot hold becomes `-`.
std::string label(const std::string& name) {
  std::string out = lower(name);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    if (!plain) c = '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  while (!out.empty() && (out.front() == '-' || out.front() == '.')) out.erase(0, 1);
  const auto parts = split(out, '.');
  const bool good =
      std::all_of(parts.begin(), parts.end(), [](auto part) { return !part.empty() && part.size() <= kLabelBytesMax; });
  return good ? out : std::string();
}

std::string serviceName(const ServiceKey& key) {
  return key.first + "." + kRelease + "." + key.second;
}

std::string endpoint(const std::string& address, int port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]:" : address + ":") + std::to_string(port);
}

model::TableRoute::Respond unavailablePage(const std::string& title, const std::string& text) {
  return {.status = 503,
          .contentType = "text/html; charset=utf-8",
          .body = "<!doctype html><meta charset=\"utf-8\"><title>" + title +
                  "</title><body style=\"font:16px/1.5 system-ui;margin:4rem auto;max-width:34rem\"><h1>" + title +
                  "</h1><p>" + text + "</p></body>\n"};
}

class Making {
 public:
  explicit Making(const World& world) : world_(world) {}

  Development make() {
    for (const auto& container : world_.containers)
      byService_[{container.project, container.service}].push_back(&container);
    addListeners();
    for (auto& [key, containers] : byService_) addService(key, containers);
    for (const auto& domain : world_.domains) addDomain(domain);
    return std::move(made_);
  }

 private:
  using Containers = std::vector<const HttpContainer*>;

  void addListeners() {
    for (const auto& given : world_.listeners) {
      model::TableListener listener;
      listener.name = given.name;
      listener.address = given.address;
      listener.protocol = given.tls ? model::TableListener::Protocol::kHttps : model::TableListener::Protocol::kHttp;
      made_.table.listeners.push_back(std::move(listener));
    }
  }

  void addService(const ServiceKey& key, Containers& containers) {
    std::sort(containers.begin(), containers.end(), [](auto a, auto b) { return a->name < b->name; });
    model::TableRelease release;
    release.id = kRelease;
    for (const auto* container : containers) {
      if (!container->address.empty()) {
        release.instances.push_back({container->name, endpoint(container->address, container->port)});
      }
    }
    if (!release.instances.empty()) {
      model::TableService service;
      service.name = serviceName(key);
      service.releases = {std::move(release)};
      service.passiveFall = kNeverRests;
      service.headTimeout = service.idleTimeout = kPatience;
      made_.table.services.push_back(std::move(service));
      running_.insert(key);
    }
    addHost(key);
  }

  void addHost(const ServiceKey& key) {
    const auto& [project, service] = key;
    const std::string host = developmentHost(project, service);
    if (host.empty()) {
      made_.warnings[project].push_back({"service " + service + " gets no URL: a part of " + service + "." + project +
                                             ".localhost is longer than 63 characters",
                                         "shorten its name, or the project's (`name:`)",
                                         {}});
      return;
    }
    if (const auto [other, fresh] = owners_.emplace(host, key); !fresh) {
      made_.warnings[project].push_back({"service " + service + " gets no URL: " + host + " belongs to service " +
                                             other->second.second + " of " + other->second.first,
                                         "rename one of them: in a host `_` and `-` are the same",
                                         {}});
      return;
    }
    made_.hosts[key] = host;
    made_.table.certificates.push_back({{host}, "", "", kLocal});
    model::TableRoute route;
    route.id = route.host = host;
    if (running_.contains(key)) {
      route.service = serviceName(key);
    } else {
      route.respond.push_back(
          unavailablePage(service + " is not running", "Start it with <code>orbit up " + service + "</code>."));
    }
    made_.table.routes.push_back(std::move(route));
  }

  void addDomain(const model::Domain& domain) {
    if (made_.table.authorities.empty()) {
      made_.table.authorities.push_back(world_.authority);
      made_.table.authorities.back().name = kAcme;
    }
    // A wildcard that cannot be proven would make the whole table a bad one.
    const bool provable =
        !startsWith(domain.host, "*.") || world_.authority.challenge == model::TableAuthority::Challenge::kDns01;
    if (provable) made_.table.certificates.push_back({{domain.host}, "", "", kAcme});
    model::TableRoute route;
    route.id = route.host = domain.host;
    route.redirectToHttps = true;
    if (domain.hsts) route.hstsSeconds = kHstsSeconds;
    const ServiceKey key{domain.project, domain.service};
    if (domain.environment == kRelease && running_.contains(key)) {
      route.service = serviceName(key);
    } else {
      // Names are not told to the world: whoever owns the domain sees them in `orbit domains list`.
      route.respond.push_back(
          unavailablePage("Not running", "The service behind this domain does not run at the moment."));
    }
    made_.table.routes.push_back(std::move(route));
  }

  const World& world_;
  Development made_;
  std::map<ServiceKey, Containers> byService_;
  std::map<std::string, ServiceKey> owners_;  // of hosts
  std::set<ServiceKey> running_;
};

}  // namespace

Development makeTable(const World& world) {
  return Making(world).make();
}

std::string developmentHost(const std::string& project, const std::string& service) {
  const std::string first = label(service), second = label(project);
  return first.empty() || second.empty() ? std::string() : first + "." + second + ".localhost";
}

std::string urlOf(const std::string& host, const std::vector<Listener>& listeners) {
  if (host.empty()) return {};
  for (const auto& listener : listeners) {
    if (!listener.tls) continue;
    const std::string port = listener.address.substr(listener.address.rfind(':') + 1);
    return "https://" + host + (port == "443" ? "" : ":" + port);
  }
  return {};
}

}  // namespace orbit::traffic
