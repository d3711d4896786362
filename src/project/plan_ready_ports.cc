// Which TCP ports must accept before a service counts as healthy (decision 20): those the file publishes or exposes,
// and those that dependants' URLs name. The image's EXPOSE does not count.
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

struct Mention {
  std::string host;  // lower case
  int port = 0;
};

void readHostPort(std::string_view word, std::vector<Mention>& mentions) {
  if (const auto user = word.rfind('@'); user != std::string_view::npos) word.remove_prefix(user + 1);
  const auto colon = word.find(':');
  if (colon == std::string_view::npos) return;
  mentions.push_back(
      {lower(word.substr(0, colon)), portNumber(word.substr(colon + 1, word.find('/', colon) - colon - 1))});
}

// A URL, or "host:port", or a list of either.
void readText(std::string_view text, std::vector<Mention>& mentions) {
  for (const auto part : split(text, ',')) {
    const auto word = trim(part);
    if (word.find("://") == std::string_view::npos) {
      readHostPort(word, mentions);
    } else if (const auto url = format::parseUrl(word); url && url->scheme != "udp") {
      mentions.push_back({lower(url->host), url->port != 0 ? url->port : format::defaultPort(url->scheme)});
    }
  }
}

// DB_HOST=db beside DB_PORT=5432.
void readPair(const std::string& key, const std::string& value, const model::ContainerSpec& container,
              std::vector<Mention>& mentions) {
  constexpr std::string_view kHost = "HOST";
  if (!endsWith(key, kHost)) return;
  const auto port = container.environment.find(key.substr(0, key.size() - kHost.size()) + "PORT");
  if (port != container.environment.end() && port->second)
    mentions.push_back({lower(value), portNumber(*port->second)});
}

std::vector<Mention> mentionsOf(const model::ContainerSpec& container) {
  std::vector<Mention> mentions;
  for (const auto& [key, value] : container.environment) {
    if (!value) continue;
    readText(*value, mentions);
    readPair(key, *value, container, mentions);
  }
  for (const auto* line : {&container.command, &container.entrypoint}) {
    if (!*line) continue;
    for (const auto& word : **line) {
      readText(word, mentions);
      if (const auto equals = word.find('='); equals != std::string::npos) readText(word.substr(equals + 1), mentions);
    }
  }
  return mentions;
}

struct Ports {
  std::set<int> tcp;
  std::set<int> other;  // known to be of another protocol
};

Ports ownPorts(const model::ContainerSpec& container) {
  Ports ports;
  for (const auto& port : container.ports) (port.protocol == "tcp" ? ports.tcp : ports.other).insert(port.target);
  for (const auto& exposed : container.expose) {
    const auto slash = exposed.find('/');
    (exposed.substr(slash + 1) == "tcp" ? ports.tcp : ports.other).insert(portNumber(exposed.substr(0, slash)));
  }
  if (ports.tcp.size() > kListenersMax) ports.tcp.clear();
  return ports;
}

using Index = std::map<std::string, std::size_t, std::less<>>;  // service → its place in the plan

// Everything a service waits for, directly or through others.
void collect(const model::Plan& plan, const Index& index, const model::Service& service, std::set<std::size_t>& found) {
  for (const auto& dependency : service.dependsOn) {
    const auto at = index.find(dependency.service);
    if (at != index.end() && found.insert(at->second).second) collect(plan, index, plan.services[at->second], found);
  }
}

}  // namespace

void planReadyPorts(model::Plan& plan) {
  Index index;
  std::multimap<std::string, std::size_t> byName;
  std::vector<Ports> ports;
  for (std::size_t i = 0; i < plan.services.size(); ++i) {
    index[plan.services[i].name] = i;
    for (const auto& name : namesOf(plan.services[i])) byName.emplace(name, i);
    ports.push_back(ownPorts(plan.services[i].container));
  }
  for (const auto& dependant : plan.services) {
    std::set<std::size_t> dependencies;
    collect(plan, index, dependant, dependencies);
    for (const auto& mention : mentionsOf(dependant.container)) {
      const auto [first, last] = byName.equal_range(mention.host);
      for (auto at = first; at != last; ++at) {
        Ports& theirs = ports[at->second];
        const bool counts = mention.port != 0 && theirs.other.count(mention.port) == 0;
        if (counts && dependencies.count(at->second) != 0) theirs.tcp.insert(mention.port);
      }
    }
  }
  for (std::size_t i = 0; i < plan.services.size(); ++i) {
    const std::string& mode = plan.services[i].container.networkMode;
    if (!mode.empty() && mode != "bridge") continue;  // no address of its own to dial
    plan.services[i].readyPorts.assign(ports[i].tcp.begin(), ports[i].tcp.end());
  }
}

}  // namespace orbit::project
