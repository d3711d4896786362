// What a service listens on once it is deployed, and what of it becomes a route (decision 15 b, c).
#include <algorithm>
#include <array>

#include "project/deploying.h"

namespace orbit::project {
namespace {

struct Database {
  std::string_view name;
  int port;
  std::string_view images;  // last parts of image names, separated by spaces
};

constexpr std::array<Database, 20> kDatabases = {{
    {"postgres", 5432, "postgres postgresql postgis timescaledb timescaledb-ha pgvector cloudnative-pg"},
    {"mysql", 3306, "mysql mysql-server percona percona-server"},
    {"mariadb", 3306, "mariadb"},
    {"mongodb", 27017, "mongo mongodb mongodb-community-server percona-server-mongodb"},
    {"redis", 6379, "redis redis-stack redis-stack-server"},
    {"valkey", 6379, "valkey valkey-bundle"},
    {"keydb", 6379, "keydb"},
    {"dragonfly", 6379, "dragonfly"},
    {"memcached", 11211, "memcached"},
    {"rabbitmq", 5672, "rabbitmq"},
    {"kafka", 9092, "kafka cp-kafka redpanda"},
    {"zookeeper", 2181, "zookeeper cp-zookeeper"},
    {"nats", 4222, "nats"},
    {"cassandra", 9042, "cassandra scylla"},
    {"clickhouse", 8123, "clickhouse clickhouse-server"},
    {"elasticsearch", 9200, "elasticsearch"},
    {"opensearch", 9200, "opensearch"},
    {"cockroachdb", 26257, "cockroach"},
    {"couchdb", 5984, "couchdb"},
    {"etcd", 2379, "etcd"},
}};

constexpr std::array<int, 27> kOtherPorts = {22,   25,   53,   110,  143,  389,  465,   587,   636,
                                             1433, 1521, 1883, 2181, 3306, 4222, 5432,  5433,  5671,
                                             5672, 6379, 6380, 8883, 9042, 9092, 11211, 26257, 27017};

constexpr int kPortMax = 65535;

int portNumber(const std::optional<std::string>& text) {
  const auto port = wholeNumber(text.value_or(""));
  return port && *port >= 1 && *port <= kPortMax ? static_cast<int>(*port) : 0;
}

bool contains(const std::vector<int>& all, int one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// The TCP ports of `ports:`, in the order written, each once.
std::vector<int> filePorts(const ServiceFacts& facts) {
  std::vector<int> ports;
  for (const auto& port : facts.ports) {
    if (port.protocol == "tcp" && !contains(ports, port.target)) ports.push_back(port.target);
  }
  return ports;
}

std::vector<int> exposePorts(const model::ContainerSpec& spec) {
  std::vector<int> ports;
  for (const auto& one : spec.expose) {
    const auto slash = one.find('/');
    const int port = portNumber(one.substr(0, slash));
    if (port != 0 && (slash == std::string::npos || one.substr(slash + 1) == "tcp")) ports.push_back(port);
  }
  return ports;
}

class PortRules {
 public:
  PortRules(Deploying& deploying, model::DeployService& service)
      : deploying_(deploying),
        service_(service),
        facts_(deploying.facts[service.service.name]),
        fields_(deploying.fieldsOf(service.service.name)),
        orbit_(fields_.in(kOrbitKey)) {}

  void apply() {
    published_ = filePorts(facts_);
    exposed_ = facts_.exposed;
    database_ = service_.shape == model::DeployService::Shape::kDatabase;
    findHttp();
    findOthers();
    tell();
  }

 private:
  void guess(int port, std::string from) {
    if (service_.port != 0 || port == 0 || isOtherThanHttp(port)) return;
    if (!takeTls_ && (port == 443 || port == 8443)) return;  // the edge dials instances without TLS
    service_.port = port;
    service_.portFrom = std::move(from);
  }

  bool wantsRoute() const {
    if (orbit_.has("port") || orbit_.has("route") || !service_.hosts.empty() || !facts_.railway.healthPath.empty())
      return true;
    if (database_) return false;
    const auto http = [](int port) { return !isOtherThanHttp(port); };
    if (std::any_of(published_.begin(), published_.end(), http)) return true;
    // What the image says counts for a service that runs what the image runs: a worker of the same image does not.
    return !facts_.ownCommand && std::any_of(exposed_.begin(), exposed_.end(), http);
  }

  void findHttp() {
    const std::string& name = service_.service.name;
    service_.routed = wantsRoute();
    if (database_ && service_.routed) {
      orbit_.findings().problem(fields_.at(kOrbitKey), "services." + name + " is a database and cannot have a route",
                                "for its port on the host: `x-orbit: {expose_tcp: PORT}`");
      service_.routed = false;
    }
    if (!service_.routed) return;
    if (const auto port = orbit_.integer("port", 1, kPortMax)) {
      service_.port = static_cast<int>(*port);
      service_.portFixed = true;
      service_.portFrom = "x-orbit.port";
    }
    guessHttp();
    takeTls_ = true;
    guessHttp();
  }

  void guessHttp() {
    const auto& environment = service_.service.container.environment;
    const auto variable = environment.find("PORT");
    if (variable != environment.end()) guess(portNumber(variable->second), "the variable PORT");
    for (const int port : published_) {
      if (contains(exposed_, port)) guess(port, "EXPOSE in the Dockerfile");
    }
    for (const auto& port : facts_.ports) {
      if (startsWith(port.appProtocol, "http")) guess(port.target, "app_protocol in the file");
    }
    for (const int port : exposed_) guess(port, "EXPOSE in the Dockerfile");
    for (const int port : published_) guess(port, "the file's ports");
    for (const int port : exposePorts(service_.service.container)) guess(port, "the file's expose");
  }

  void findOthers() {
    std::set<int> ports(service_.service.readyPorts.begin(), service_.service.readyPorts.end());
    for (const int port : published_) {
      // Where the Dockerfile names other ports, the file's belong to the server of development.
      const bool ofDevelopment = service_.routed && facts_.lostMount && !exposed_.empty() && !contains(exposed_, port);
      if (!ofDevelopment && !(service_.routed && service_.port == 0)) ports.insert(port);
    }
    if (database_ && ports.empty()) {
      ports.insert(
          databasePort(databaseOf(facts_.base.empty() ? service_.service.container.image : facts_.base.back())));
    }
    ports.erase(service_.port);
    ports.erase(0);
    service_.tcpPorts.assign(ports.begin(), ports.end());
    exposeTcp();
  }

  void exposeTcp() {
    const format::Node* value = orbit_.find("expose_tcp");
    if (value == nullptr) return;
    std::vector<format::Node> items = value->isScalar() ? std::vector<format::Node>{*value} : value->items;
    for (const auto& item : items) {
      const int port = portNumber(item.text);
      if (port == 0) {
        orbit_.findings().problem(item.at, orbit_.pathOf("expose_tcp") + ": `" + item.text + "` is no port",
                                  "a port of the container, for example `expose_tcp: 5432`");
        continue;
      }
      if (!contains(service_.exposeTcp, port)) service_.exposeTcp.push_back(port);
      if (port != service_.port && !contains(service_.tcpPorts, port)) service_.tcpPorts.push_back(port);
    }
    std::sort(service_.tcpPorts.begin(), service_.tcpPorts.end());
  }

  void tell() {
    const std::string& name = service_.service.name;
    std::vector<std::string> shown, other;
    for (const auto& port : facts_.ports) {
      shown.push_back(port.published.empty() ? std::to_string(port.target)
                                             : port.published + ":" + std::to_string(port.target));
      if (port.protocol != "tcp") other.push_back(std::to_string(port.target) + "/" + port.protocol);
    }
    const Location at = facts_.ports.empty() ? service_.service.at : facts_.portsAt;
    if (!shown.empty()) {
      const std::string why = service_.routed ? "its HTTP port becomes a route of the edge"
                                              : "it stays inside; `x-orbit.expose_tcp` opens one on the host";
      deploying_.note(name, "ports", "publishes no port of the host (" + join(shown, ", ") + ")", why, at);
    }
    if (!other.empty()) {
      deploying_.note(name, "ports", "is not reached at " + join(other, ", "), "only TCP is carried so far", at);
    }
    if (!service_.routed) return;
    const std::string port = std::to_string(service_.port);
    if (service_.portFixed) {
      deploying_.note(name, "port", "HTTP port " + port + ", by x-orbit.port", "", orbit_.at("port"));
    } else if (service_.port != 0) {
      deploying_.note(name, "port", "HTTP port " + port + ", by " + service_.portFrom,
                      "what it is seen listening on counts; `x-orbit.port` settles it", at);
    } else {
      deploying_.note(name, "port", "the HTTP port is what it is seen listening on", "no file names one", at);
    }
  }

  Deploying& deploying_;
  model::DeployService& service_;
  ServiceFacts& facts_;
  const Fields fields_, orbit_;
  std::vector<int> published_, exposed_;
  bool database_ = false, takeTls_ = false;
};

const Database* databaseRow(std::string_view image) {
  image = image.substr(0, image.find('@'));
  const bool mssql = image.find("mssql/") != std::string_view::npos;
  if (const auto slash = image.rfind('/'); slash != std::string_view::npos) image.remove_prefix(slash + 1);
  const std::string name = lower(image.substr(0, image.find(':')));
  static constexpr Database kSqlServer{"mssql", 1433, ""};
  if (mssql) return &kSqlServer;
  for (const auto& database : kDatabases) {
    for (const auto known : split(database.images, ' ')) {
      if (known == name) return &database;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view databaseOf(std::string_view image) {
  const Database* row = databaseRow(image);
  return row == nullptr ? "" : row->name;
}

int databasePort(std::string_view database) {
  if (database == "mssql") return 1433;
  for (const auto& one : kDatabases) {
    if (one.name == database) return one.port;
  }
  return 0;
}

bool isOtherThanHttp(int port) {
  return std::find(kOtherPorts.begin(), kOtherPorts.end(), port) != kOtherPorts.end();
}

void planPortsOfDeploy(Deploying& deploying, model::DeployService& service) {
  PortRules(deploying, service).apply();
}

}  // namespace orbit::project
