#include "traffic/world.h"

#include <algorithm>

#include "base/text.h"
#include "traffic/environment.h"
#include "traffic/pin.h"

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
constexpr const char* kNotThere = "The service behind this domain does not run at the moment.";

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
  return model::tableService(key.first, kRelease, key.second);
}

std::string endpoint(const std::string& address, int port) {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]:" : address + ":") + std::to_string(port);
}

std::string page(const std::string& title, const std::string& text) {
  return "<!doctype html><meta charset=\"utf-8\"><title>" + title +
         "</title><body style=\"font:16px/1.5 system-ui;margin:4rem auto;max-width:34rem\"><h1>" + title + "</h1><p>" +
         text + "</p></body>\n";
}

model::TableRoute::Respond unavailablePage(const std::string& title, const std::string& text) {
  return {.status = 503, .contentType = "text/html; charset=utf-8", .body = page(title, text)};
}

class Making {
 public:
  explicit Making(const World& world) : world_(world) {}

  Made make() {
    made_.table.probeKey = probeKeyOf(world_.pinKey);
    for (const auto& container : world_.containers)
      byService_[{container.project, container.service}].push_back(&container);
    addListeners();
    for (auto& [key, containers] : byService_) addService(key, containers);
    for (const auto& [key, environment] : world_.environments) addRows(environment);
    for (const auto& domain : world_.domains) addDomain(domain);
    for (const auto& [key, environment] : world_.environments) {
      for (const auto& service : environment.services) {
        if (service.routed) addHosts(key, service);
      }
    }
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

  void addRows(const model::LiveEnvironment& environment) {
    for (const auto& service : environment.services) {
      ServiceRows rows = rowsOf(environment, service, world_.pinKey);
      if (rows.http) deployed_.insert(rows.services.front().name);
      if (service.vitals)
        withVitals_.insert(model::tableService(environment.project, environment.environment, service.name));
      for (auto& row : rows.services) made_.table.services.push_back(std::move(row));
      for (auto& row : rows.listeners) {
        if (!world_.lacking.contains(row.name)) made_.table.listeners.push_back(std::move(row));
      }
    }
  }

  // The hosts its file names, at its path; without any, and without a domain, one of its own on this machine.
  void addHosts(const EnvironmentKey& key, const model::LiveService& service) {
    const DeployedKey deployed{key.first, key.second, service.name};
    const std::string target = model::tableService(key.first, key.second, service.name);
    for (const std::string& host : service.hosts) {
      addCertificate(host);
      addRoute(host, service.path, target, false);
      if (!startsWith(host, "*.")) made_.deployed.emplace(deployed, service.path == "/" ? host : host + service.path);
    }
    if (!service.hosts.empty() || made_.deployed.contains(deployed)) return;
    const std::string host = environmentHost(key, service.name);
    if (host.empty()) {
      made_.warnings[key.first].push_back({"service " + service.name + " of " + key.second +
                                               " gets no URL: a part of its host is longer than 63 letters",
                                           "name one under x-orbit.domains",
                                           {}});
      return;
    }
    if (owners_.contains(host)) return;
    addCertificate(host);
    addRoute(host, "/", target, false);
    made_.deployed[deployed] = host;
  }

  void addRoute(const std::string& host, const std::string& path, const std::string& target, bool hsts) {
    model::TableRoute route;
    route.id = path == "/" ? host : host + path;
    if (!routes_.insert(route.id).second) return;
    route.host = host;
    route.path = path;
    route.redirectToHttps = !isLocalHost(host);
    if (hsts) route.hstsSeconds = kHstsSeconds;
    route.service = target;
    route.vitals = withVitals_.contains(target);
    route.errorPages.push_back(
        {{502, 503, 504},
         "text/html; charset=utf-8",
         page("Back in a moment", "The service behind this address cannot answer right now. Please try again."),
         false});
    made_.table.routes.push_back(std::move(route));
  }

  // None for a wildcard that cannot be proven: it would make the whole table a bad one.
  void addCertificate(const std::string& host) {
    const bool local = isLocalHost(host);
    const bool provable =
        !startsWith(host, "*.") || world_.authority.challenge == model::TableAuthority::Challenge::kDns01;
    if (!local && made_.table.authorities.empty()) {
      made_.table.authorities.push_back(world_.authority);
      made_.table.authorities.back().name = kAcme;
    }
    if ((local || provable) && certified_.insert(host).second) {
      made_.table.certificates.push_back({{host}, "", "", local ? kLocal : kAcme});
    }
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
    addCertificate(host);
    routes_.insert(host);
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

  // All of its host goes to one service, whatever path the service's file has.
  void addDomain(const model::Domain& domain) {
    addCertificate(domain.host);
    const bool development = domain.environment == kRelease;
    const std::string target = model::tableService(domain.project, domain.environment, domain.service);
    const bool there = development ? running_.contains({domain.project, domain.service}) : deployed_.contains(target);
    if (there && !development) {
      addRoute(domain.host, "/", target, domain.hsts);
      if (startsWith(domain.host, "*.")) return;
      made_.deployed.emplace(DeployedKey{domain.project, domain.environment, domain.service}, domain.host);
      return;
    }
    model::TableRoute route;
    route.id = route.host = domain.host;
    if (!routes_.insert(route.id).second) return;
    route.redirectToHttps = true;
    if (domain.hsts) route.hstsSeconds = kHstsSeconds;
    if (there) {
      route.service = target;
    } else {
      // Names are not told to the world: whoever owns the domain sees them in `orbit domains list`.
      route.respond.push_back(unavailablePage("Not running", kNotThere));
    }
    made_.table.routes.push_back(std::move(route));
  }

  const World& world_;
  Made made_;
  std::map<ServiceKey, Containers> byService_;
  std::map<std::string, ServiceKey> owners_;  // of hosts
  std::set<ServiceKey> running_;
  std::set<std::string> deployed_;            // HTTP services of environments, by their names in the table
  std::set<std::string> withVitals_;          // services whose pages report
  std::set<std::string> routes_, certified_;  // ids, hosts
};

}  // namespace

Made makeTable(const World& world) {
  return Making(world).make();
}

std::string developmentHost(const std::string& project, const std::string& service) {
  const std::string first = label(service), second = label(project);
  return first.empty() || second.empty() ? std::string() : first + "." + second + ".localhost";
}

std::string environmentHost(const EnvironmentKey& environment, const std::string& service) {
  const std::string parts[] = {label(service), label(environment.second), label(environment.first)};
  for (const std::string& part : parts) {
    if (part.empty()) return {};
  }
  return parts[0] + "." + parts[1] + "." + parts[2] + ".localhost";
}

bool isLocalHost(const std::string& host) {
  return endsWith(host, ".localhost");
}

std::string urlOf(const std::string& host, const std::vector<Listener>& listeners) {
  if (host.empty()) return {};
  const std::size_t slash = std::min(host.find('/'), host.size());
  for (const auto& listener : listeners) {
    if (!listener.tls) continue;
    const std::string port = listener.address.substr(listener.address.rfind(':') + 1);
    return "https://" + host.substr(0, slash) + (port == "443" ? "" : ":" + port) + host.substr(slash);
  }
  return {};
}

}  // namespace orbit::traffic
