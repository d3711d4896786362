#include "traffic/room.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

constexpr auto kLearnTime = std::chrono::seconds(3);

class Room final : public Traffic {
 public:
  Room(net::Loop& loop, engine::Engine& engine, Options options, Peers peers)
      : loop_(loop),
        peers_(std::move(peers)),
        scout_(loop, engine, peers_, [this] { publish(); }),
        delivery_(loop, peers_, parsePorts(options.ports), std::move(options.rememberPorts)) {}

  void setDomains(std::vector<model::Domain> domains, model::TableAuthority authority) override {
    domains_ = std::move(domains);
    authority_ = std::move(authority);
    publish();
  }

  Task<void> run(net::Cancel& cancel) override {
    const Wait wait{loop_.clock().now() + kLearnTime, &cancel};
    scout_.remember(co_await delivery_.learn(wait));
    net::TaskGroup group(loop_);
    group.add(scout_.run(cancel));
    group.add(delivery_.run(cancel));
    co_await group.join();
  }

  std::vector<ServiceUrl> urls(const std::string& project) const override {
    const Development made = makeTable(world());
    std::vector<ServiceUrl> all;
    for (const auto& [key, host] : made.hosts) {
      const std::string url = urlOf(host, delivery_.listeners());
      if (key.first == project && !url.empty()) all.push_back({key.second, url});
    }
    return all;
  }

  std::vector<model::Warning> warnings(const std::string& project) const override {
    std::vector<model::Warning> all = scout_.warnings(project);
    const Development made = makeTable(world());
    const auto more = made.warnings.find(project);
    if (more != made.warnings.end()) all.insert(all.end(), more->second.begin(), more->second.end());
    return all;
  }

  Task<void> settle(std::string project, bool changed, Wait wait) override {
    if (!changed && scout_.ready()) co_return;
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
  World world() const { return {scout_.containers(), domains_, authority_, {}}; }

  void publish() {
    if (!scout_.ready()) return;
    std::set<int> avoid = scout_.publishedPorts();
    avoid.insert(given_.begin(), given_.end());
    delivery_.want(world(), std::move(avoid));
  }

  net::Loop& loop_;
  Peers peers_;
  std::vector<model::Domain> domains_;
  model::TableAuthority authority_;
  std::set<int> given_;  // to containers, by makeRoom()
  Scout scout_;
  Delivery delivery_;
};

}  // namespace

std::unique_ptr<Traffic> createWith(net::Loop& loop, engine::Engine& engine, Options options, Peers peers) {
  return std::make_unique<Room>(loop, engine, std::move(options), std::move(peers));
}

std::unique_ptr<Traffic> Traffic::create(net::Loop& loop, engine::Engine& engine, Options options) {
  Peers peers = realPeers(loop, options.holdSocket, options.edgeSocket);
  return createWith(loop, engine, std::move(options), std::move(peers));
}

}  // namespace orbit::traffic
