// Which TCP ports must accept before a service counts as healthy (decision 20): those the file publishes or exposes,
// and those that dependants' URLs name. The image's EXPOSE does not count.
#include <algorithm>
#include <set>

#include "format/url.h"
#include "project/plan.h"

namespace orbit::project {
namespace {

constexpr int kPortMax = 65535;
// More than this is a range that is kept open for what may come (media streams), not a list of listeners.
constexpr std::size_t kListenersMax = 16;

std::set<std::string> namesOf(const model::Service& service) {
  std::set<std::string> names{lower(service.name)};
  if (!service.containerName.empty()) names.insert(lower(service.containerName));
  if (!service.container.hostname.empty()) names.insert(lower(service.container.hostname));
  for (const auto& attachment : service.container.networks) {
    for (const auto& alias : attachment.aliases) names.insert(lower(alias));
  }
  return names;
}

int portNumber(std::string_view text) {
  const auto port = wholeNumber(text);
  return port && *port >= 1 && *port <= kPortMax ? static_cast<int>(*port) : 0;
}

class Ports {
 public:
  explicit Ports(const model::Service& service) : names_(namesOf(service)) {
    for (const auto& port : service.container.ports) {
      (port.protocol == "tcp" ? tcp_ : other_).insert(port.target);
    }
    for (const auto& exposed : service.container.expose) {
      const auto slash = exposed.find('/');
      (exposed.substr(slash + 1) == "tcp" ? tcp_ : other_).insert(portNumber(exposed.substr(0, slash)));
    }
    if (tcp_.size() > kListenersMax) tcp_.clear();
  }

  bool isNamed(std::string_view host) const { return names_.count(lower(host)) != 0; }

  // A URL, or "host:port", or a list of either, somewhere in a dependant's variable or command.
  void readText(std::string_view text) {
    for (const auto part : split(text, ',')) {
      const auto word = trim(part);
      const auto scheme = word.find("://");
      if (scheme == std::string_view::npos) {
        readHostPort(word);
      } else if (const auto url = format::parseUrl(word)) {
        if (isNamed(url->host) && url->scheme != "udp") {
          add(url->port != 0 ? url->port : format::defaultPort(url->scheme));
        }
      }
    }
  }

  // DB_HOST=db beside DB_PORT=5432.
  void readPair(const std::string& key, const std::string& value,
                const std::map<std::string, std::optional<std::string>>& environment) {
    constexpr std::string_view kHost = "HOST";
    if (!endsWith(key, kHost) || !isNamed(value)) return;
    const auto port = environment.find(key.substr(0, key.size() - kHost.size()) + "PORT");
    if (port != environment.end() && port->second) add(portNumber(*port->second));
  }

  std::vector<int> take() const { return {tcp_.begin(), tcp_.end()}; }

 private:
  void readHostPort(std::string_view word) {
    if (const auto user = word.rfind('@'); user != std::string_view::npos) word.remove_prefix(user + 1);
    const auto colon = word.find(':');
    if (colon == std::string_view::npos || !isNamed(word.substr(0, colon))) return;
    add(portNumber(word.substr(colon + 1, word.find('/', colon) - colon - 1)));
  }
  void add(int port) {
    if (port != 0 && other_.count(port) == 0) tcp_.insert(port);
  }

  std::set<std::string> names_;
  std::set<int> tcp_, other_;
};

using Dependants = std::multimap<std::string, std::string>;  // service → who waits for it

void collect(const Dependants& all, const std::string& name, std::set<std::string>& found) {
  const auto [first, last] = all.equal_range(name);
  for (auto at = first; at != last; ++at) {
    if (found.insert(at->second).second) collect(all, at->second, found);
  }
}

void readDependant(const model::Service& dependant, Ports& ports) {
  const auto& container = dependant.container;
  for (const auto& [key, value] : container.environment) {
    if (!value) continue;
    ports.readText(*value);
    ports.readPair(key, *value, container.environment);
  }
  for (const auto* line : {&container.command, &container.entrypoint}) {
    if (!*line) continue;
    for (const auto& word : **line) {
      ports.readText(word);
      if (const auto equals = word.find('='); equals != std::string::npos) ports.readText(word.substr(equals + 1));
    }
  }
}

}  // namespace

void planReadyPorts(model::Plan& plan) {
  Dependants all;
  for (const auto& service : plan.services) {
    for (const auto& dependency : service.dependsOn) all.emplace(dependency.service, service.name);
  }
  for (auto& service : plan.services) {
    const std::string& mode = service.container.networkMode;
    if (!mode.empty() && mode != "bridge") continue;  // no address of its own to dial
    Ports ports(service);
    std::set<std::string> dependants;
    collect(all, service.name, dependants);
    for (const auto& name : dependants) readDependant(*plan.find(name), ports);
    service.readyPorts = ports.take();
  }
}

}  // namespace orbit::project
