// The whole room on virtual time: the fake engine, and stand-ins for hold, the edge and the containers' ports. For
// tests.
#pragma once
#include <gtest/gtest.h>

#include "engine/fake.h"
#include "table/table.h"
#include "traffic/room.h"
#include "traffic/traffic.h"

namespace orbit::traffic {

using namespace std::chrono_literals;
using net::Task;
using net::Wait;

class TrafficTest : public testing::Test {
 protected:
  TrafficTest() {
    peers.speaksHttp = [this](std::string address, int port, Wait wait) { return probe(address, port, wait); };
    peers.hold = [this](std::string command, Wait) { return obey(std::move(command)); };
    peers.edge = [this](std::string method, std::string path, std::string body, Wait) {
      return serve(std::move(method), std::move(path), std::move(body));
    };
    peers.resolve = [](std::string, Wait) -> Task<DnsAnswer> { co_return DnsAnswer{}; };
    peers.publicAddresses = [] { return std::vector<std::string>{"198.18.0.7"}; };
    peers.virtualAddresses = [this] { return addresses; };
    peers.holdIsRoot = [] { return true; };
    for (const char* image : {"web", "db"}) engine->addImage(image);
    listening("web", {8000});
    listening("db", {5432});
    model::Network network;
    network.key = network.name = "net";
    EXPECT_TRUE(loop.runTask(engine->createNetwork(network, {})).ok());
  }

  void listening(const std::string& image, std::vector<int> ports, Duration after = {}) {
    engine::FakeBehaviour behaviour;
    behaviour.ports = std::move(ports);
    behaviour.listensAfter = after;
    engine->setBehaviour(image, behaviour);
  }

  Task<bool> probe(std::string address, int port, Wait) {
    probes.push_back(address + ":" + std::to_string(port));
    co_return speaking.contains(port);
  }
  Task<Result<std::string>> obey(std::string command) {
    const auto words = split(trim(command), ' ');
    std::string text;
    if (words[0] == "listen") kept += std::string(words[1]) + " " + std::string(words[2]) + "\n";
    if (words[0] == "release") {
      std::string rest;
      for (const auto line : split(kept, '\n')) {
        if (!line.empty() && !startsWith(line, std::string(words[1]) + " ")) rest += std::string(line) + "\n";
      }
      kept = rest;
    }
    if (words[0] == "listen" && taken.contains(std::string(words[2]))) {
      kept = kept.substr(0, kept.size() - words[1].size() - words[2].size() - 2);
      co_return std::string("error listening failed: another process listens there\n");
    }
    if (words[0] == "address" && !bridges.contains(std::string(words[4]))) {
      co_return std::string("error there is no such interface\n");
    }
    if (words[0] == "address") {
      const VirtualAddress one{std::string(split(words[2], '/')[0]), std::string(words[4])};
      if (words[1] == "add") addresses.insert(one);
      if (words[1] == "remove") addresses.erase(one);
    }
    if (words[0] == "listeners") text = kept;
    if (words[0] == "status") co_return processes;
    co_return text + "ok\n";
  }
  Task<Result<EdgeAnswer>> serve(std::string method, std::string path, std::string body) {
    if (edgeGone) co_return Error{.code = Code::kUnavailable, .message = "no edge"};
    if (method == "GET" && path == "/v1/table") co_return EdgeAnswer{table.empty() ? 404 : 200, table};
    if (method == "GET") co_return EdgeAnswer{200, status};
    paths.push_back(path);
    ++puts;
    constexpr std::string_view kServices = "/v1/services/";
    if (!startsWith(path, kServices)) {
      table = std::move(body);
      co_return EdgeAnswer{200, kept200};
    }
    auto current = table::read(table, "t").table;
    const auto reading = table::readService(body, "s");
    EXPECT_TRUE(reading.problems.empty());
    for (auto& service : current.services) {
      if (service.name == path.substr(kServices.size())) service = reading.service;
    }
    table = table::write(current);
    co_return EdgeAnswer{200, kept200};
  }

  std::string start(const std::string& service, const std::string& project = "shop") {
    model::ContainerSpec spec;
    spec.image = service;
    spec.labels = {{"com.docker.compose.project", project},
                   {"com.docker.compose.service", service},
                   {"com.docker.compose.container-number", "1"}};
    model::NetworkAttachment attachment;
    attachment.network = "net";
    spec.networks = {attachment};
    const auto id = loop.runTask(engine->createContainer(project + "-" + service + "-1", spec, {}));
    EXPECT_TRUE(id.ok());
    EXPECT_TRUE(loop.runTask(engine->startContainer(*id, {})).ok());
    return *id;
  }

  // A daemon's life: begins with what stands in this object.
  void begin() {
    cancel = std::make_unique<net::Cancel>();
    Options options;
    options.pinKey = std::string(32, 'k');
    options.rememberPorts = [this](std::string ports) { remembered = std::move(ports); };
    traffic = createWith(loop, *engine, std::move(options), peers);
    traffic->setDomains(domains, {});
    if (expecting) traffic->expectEnvironments();
    loop.spawn(traffic->run(*cancel));
  }
  void end() {
    cancel->request();
    pass(1ms);
    traffic.reset();
  }
  ~TrafficTest() override {
    if (traffic) end();
  }
  void pass(Duration span) { EXPECT_TRUE(loop.runTask(loop.sleep(span)).ok()); }
  void settle() {
    const Wait wait{clock.now() + 2s, nullptr};
    loop.runTask(traffic->settle("shop", true, wait));
  }
  std::string urls(const std::string& project = "shop") {
    std::string text;
    for (const auto& one : traffic->urls(project)) text += one.service + "=" + one.url + " ";
    return text;
  }
  std::string routes() {
    std::string text;
    for (const auto& route : table::read(table, "t").table.routes) text += route.host + " ";
    return text;
  }

  FakeClock clock;
  net::Loop loop{clock};
  std::unique_ptr<engine::FakeEngine> engine = engine::FakeEngine::create(loop, 1);
  Peers peers;
  std::set<int> speaking = {8000, 3000};
  std::vector<std::string> probes;
  std::string kept, table, status, remembered;
  std::vector<model::Domain> domains;
  std::string processes = "edge running 12 starts 1 generation 1 ready\nok\n", kept200 = R"({"kept":true})";
  std::set<VirtualAddress> addresses;
  std::set<std::string> bridges = {"orb1"}, taken;
  std::vector<std::string> paths;
  bool edgeGone = false, expecting = false;
  int puts = 0;
  std::unique_ptr<net::Cancel> cancel;
  std::unique_ptr<Traffic> traffic;
};

}  // namespace orbit::traffic
