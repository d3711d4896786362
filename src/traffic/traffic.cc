#include <fmt/format.h>

#include "traffic/addresses.h"
#include "traffic/conflicts.h"
#include "traffic/environment.h"
#include "traffic/in_flight.h"
#include "traffic/limits.h"
#include "traffic/pin.h"
#include "traffic/room.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

constexpr const char* kPinPath = "/.well-known/orbit/open/";  // of the edge
constexpr auto kLearnTime = std::chrono::seconds(3);
constexpr auto kKnownAgain = std::chrono::milliseconds(20);

class Room final : public Traffic {
 public:
  Room(net::Loop& loop, engine::Engine& engine, Options options, Peers peers)
      : loop_(loop),
        peers_(std::move(peers)),
        earlier_(parsePorts(options.ports)),
        engineHere_(options.engineHere),
        pinKey_(std::move(options.pinKey)),
        scout_(loop, engine, peers_, [this] { publish(); }),
        delivery_(loop, peers_, parsePorts(options.ports), std::move(options.rememberPorts)),
        addresses_(loop, peers_) {}

  void setDomains(std::vector<model::Domain> domains, model::TableAuthority authority) override {
    domains_ = std::move(domains);
    authority_ = std::move(authority);
    publish();
  }

  void expectEnvironments() override { complete_ = false; }
  void environmentsComplete() override {
    complete_ = true;
    publish();
  }

  Task<Status> serve(model::LiveEnvironment environment, Wait wait) override;
  std::vector<Error> conflicts(const model::LiveEnvironment& environment) const override {
    World beside = world();
    beside.listeners = delivery_.listeners();
    return conflictsOf(environment, beside);
  }
  Task<Status> drained(std::string project, std::string environment, std::string service, std::string release,
                       Wait wait) override;
  Task<void> listen(Wait wait) override {
    if (portsOf(delivery_.listeners()).https != 0) co_return;
    listens_ = true;
    publish();
    co_await delivery_.delivered(wait);
  }
  int httpsPort() const override {
    const int now = portsOf(delivery_.listeners()).https;
    if (now != 0) return now;
    return earlier_.https != 0 ? earlier_.https : 443;
  }
  std::string probeKey() const override { return probeKeyOf(pinKey_); }
  bool virtualAddresses() const override { return engineHere_ && peers_.holdIsRoot(); }
  std::string url(const std::string& project, const std::string& environment,
                  const std::string& service) const override {
    const Made made = makeTable(world());
    const auto found = made.deployed.find({project, environment, service});
    return found == made.deployed.end() ? std::string() : urlOf(found->second, delivery_.listeners());
  }
  Task<void> known(Wait wait) override {
    while (!complete_ || !delivery_.tried()) {
      const Status slept = co_await loop_.sleep(kKnownAgain, wait);
      if (!slept.ok()) co_return;
    }
  }
  std::string openUrl(const std::string& project, const std::string& environment, const std::string& service,
                      const std::string& release) const override;
  std::vector<model::Domain> deployedDomains() const override;

  Task<void> run(net::Cancel& cancel) override {
    const Wait wait{loop_.clock().now() + kLearnTime, &cancel};
    scout_.remember(co_await delivery_.learn(wait));
    net::TaskGroup group(loop_);
    group.add(scout_.run(cancel));
    group.add(delivery_.run(cancel));
    group.add(addresses_.run(cancel));
    co_await group.join();
  }

  std::vector<ServiceUrl> urls(const std::string& project) const override {
    const Made made = makeTable(world());
    std::vector<ServiceUrl> all;
    for (const auto& [key, host] : made.hosts) {
      const std::string url = urlOf(host, delivery_.listeners());
      if (key.first == project && !url.empty()) all.push_back({key.second, url});
    }
    return all;
  }

  std::vector<model::Warning> warnings(const std::string& project) const override {
    std::vector<model::Warning> all = scout_.warnings(project);
    const Made made = makeTable(world());
    const auto more = made.warnings.find(project);
    if (more != made.warnings.end()) all.insert(all.end(), more->second.begin(), more->second.end());
    return all;
  }

  Task<void> settle(std::string project, bool changed, Wait wait) override {
    if (!changed && scout_.ready() && delivery_.tried()) co_return;
    co_await scout_.look(std::move(project), wait);
    co_await delivery_.delivered(wait);
  }

  Task<void> makeRoom(std::vector<int> ports, Wait wait) override {
    const PortPair ours = portsOf(delivery_.listeners());
    bool inTheWay = false;
    for (const int port : ports) inTheWay = inTheWay || port == ours.http || port == ours.https;
    if (!inTheWay) co_return;
    given_.insert(ports.begin(), ports.end());
    publish();
    co_await delivery_.delivered(wait);
  }

  Task<std::vector<DomainReport>> report(std::vector<model::Domain> domains, Wait wait) override {
    Surroundings here{peers_.publicAddresses(), authority_, delivery_.listeners()};
    std::vector<DnsAnswer> answers(domains.size());
    net::TaskGroup group(loop_);
    const std::function<Task<void>(std::size_t)> one = [&](std::size_t i) -> Task<void> {
      answers[i] = co_await peers_.resolve(domains[i].host, wait);
    };
    for (std::size_t i = 0; i < domains.size(); ++i) group.add(one(i));
    co_await group.join();
    std::vector<DomainReport> reports;
    for (std::size_t i = 0; i < domains.size(); ++i) reports.push_back(judge(domains[i], answers[i], here));
    std::string method = "GET", path = "/v1/status", nothing;
    auto status = co_await peers_.edge(std::move(method), std::move(path), std::move(nothing), wait);
    if (status.ok()) addCertificates(reports, status->body);
    co_return reports;
  }

 private:
  World world() const {
    World world{scout_.containers(), environments_, domains_, authority_, {}, pinKey_};
    world.developmentKnown = scout_.ready();
    world.environmentsKnown = complete_;
    world.listens = listens_;
    return world;
  }

  // The number of the wish. Development alone waits for the first whole look at it: nothing of it is lost meanwhile.
  std::uint64_t publish() {
    std::set<VirtualAddress> addresses;
    for (const auto& [key, environment] : environments_) {
      for (const auto& service : environment.services) {
        const bool any = !service.virtualAddress.empty() && !environment.bridge.empty();
        if (any) addresses.insert({service.virtualAddress, environment.bridge});
      }
    }
    addresses_.want(std::move(addresses));
    if (!scout_.ready() && environments_.empty() && !everServed_ && !listens_) return 0;
    std::set<int> avoid = scout_.publishedPorts();
    avoid.insert(given_.begin(), given_.end());
    return delivery_.want(world(), std::move(avoid));
  }
  Status exposed(const model::LiveEnvironment& environment) const;
  bool isPaused(const EnvironmentKey& environment, const std::string& service) const;

  net::Loop& loop_;
  Peers peers_;
  PortPair earlier_;  // of an earlier daemon
  bool engineHere_;
  std::string pinKey_;
  std::vector<model::Domain> domains_;
  model::TableAuthority authority_;
  Environments environments_;
  bool complete_ = true;     // all environments that there are have been told
  bool everServed_ = false;  // an environment
  bool listens_ = false;     // see listen()
  std::set<int> given_;      // to containers, by makeRoom()
  Scout scout_;
  Delivery delivery_;
  Addresses addresses_;
};

Task<Status> Room::serve(model::LiveEnvironment environment, Wait wait) {
  std::vector<Error> faults = faultsOf(environment);
  // While a restarted daemon tells what was served all along, nobody is a newcomer.
  if (faults.empty() && complete_) faults = conflicts(environment);
  if (!faults.empty()) co_return std::move(faults.front());
  const EnvironmentKey key{environment.project, environment.environment};
  everServed_ = true;
  if (environment.services.empty()) {
    environments_.erase(key);
  } else {
    environments_[key] = environment;
  }
  const std::uint64_t wish = publish();
  co_await addresses_.put(wait);
  ORBIT_CO_TRY_STATUS(co_await delivery_.served(wish, wait));
  co_return exposed(environment);
}

// Whether the ports that are to be open on this machine are.
Status Room::exposed(const model::LiveEnvironment& environment) const {
  for (const auto& service : environment.services) {
    for (const auto& listener : rowsOf(environment, service, {}).listeners) {
      const auto lacking = delivery_.lacking().find(listener.name);
      if (lacking == delivery_.lacking().end() || lacking->second.empty()) continue;
      return Error{.code = Code::kConflict,
                   .message = fmt::format("service {} cannot be reached at {}: {}", service.name, listener.address,
                                          lacking->second),
                   .hint = "all the rest of it is served; free the port, and it is taken by itself"};
    }
  }
  return {};
}

bool Room::isPaused(const EnvironmentKey& environment, const std::string& service) const {
  const auto known = environments_.find(environment);
  if (known == environments_.end()) return false;
  const auto& all = known->second.services;
  return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.name == service && one.paused; });
}

Task<Status> Room::drained(std::string project, std::string environment, std::string service, std::string release,
                           Wait wait) {
  const std::string name = model::tableService(project, environment, service);
  std::string left = "the edge did not say";
  const Instant held = loop_.clock().now() + kHeldConnections;
  for (Duration pause = kInFlightAgainMin;; pause = std::min<Duration>(pause * 2, kInFlightAgainMax)) {
    std::string method = "GET", path = "/v1/status", nothing, command = "status\n";
    const auto answer = co_await peers_.edge(std::move(method), std::move(path), std::move(nothing), wait);
    const auto processes = co_await peers_.hold(std::move(command), wait);
    if (answer.ok() && processes.ok()) {
      const InFlight seen = inFlightAt(answer->body, name, release);
      const bool older = edgeDrains(*processes);
      const bool onlyHeld = loop_.clock().now() >= held && isPaused({project, environment}, service);
      const bool none = seen.requests == 0 && (seen.connections == 0 || onlyHeld);
      if (seen.known && none && !seen.swapping && !older) co_return Status();
      left = older ? "an older generation of the edge still finishes what it has"
                   : fmt::format("{} requests or connections are still in flight", seen.requests + seen.connections);
    }
    const Status slept = co_await loop_.sleep(pause, wait);
    if (slept.ok()) continue;
    if (slept.error().code != Code::kTimeout) co_return slept;
    co_return Error{.code = Code::kTimeout, .message = fmt::format("{} {}: {}", service, release, left)};
  }
}

std::string Room::openUrl(const std::string& project, const std::string& environment, const std::string& service,
                          const std::string& release) const {
  const std::string shown = url(project, environment, service);
  const auto known = environments_.find({project, environment});
  if (shown.empty() || known == environments_.end()) return {};
  for (const auto& live : known->second.services) {
    const auto named = [&release](const auto& one) { return one.id == release; };
    if (live.name != service || std::none_of(live.releases.begin(), live.releases.end(), named)) continue;
    if (live.releases.size() == 1 || pinKey_.empty()) return shown;
    const std::size_t host = shown.find("//") + 2;
    return shown.substr(0, std::min(shown.find('/', host), shown.size())) + kPinPath +
           pinOf(pinKey_, model::tableService(project, environment, service), release);
  }
  return {};
}

std::vector<model::Domain> Room::deployedDomains() const {
  std::vector<model::Domain> all;
  std::set<std::string> seen;
  for (const auto& domain : domains_) seen.insert(domain.host);
  for (const auto& [key, environment] : environments_) {
    for (const auto& service : environment.services) {
      for (const auto& host : service.routed ? service.hosts : std::vector<std::string>()) {
        if (isLocalHost(host) || !seen.insert(host).second) continue;
        model::Domain domain;
        domain.host = host;
        domain.project = key.first;
        domain.environment = key.second;
        domain.service = service.name;
        all.push_back(std::move(domain));
      }
    }
  }
  return all;
}

}  // namespace

std::unique_ptr<Traffic> createWith(net::Loop& loop, engine::Engine& engine, Options options, Peers peers) {
  return std::make_unique<Room>(loop, engine, std::move(options), std::move(peers));
}

std::unique_ptr<Traffic> Traffic::create(net::Loop& loop, engine::Engine& engine, Options options) {
  Peers peers = realPeers(loop, options.holdSocket, options.edgeSocket);
  return createWith(loop, engine, std::move(options), std::move(peers));
}

}  // namespace orbit::traffic
