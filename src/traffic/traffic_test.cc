// The whole room on virtual time: the fake engine, and stand-ins for hold, the edge and the containers' ports.
#include "traffic/traffic.h"

#include <gtest/gtest.h>

#include "engine/fake.h"
#include "table/table.h"
#include "traffic/room.h"

namespace orbit::traffic {
namespace {

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
    if (words[0] == "listeners") text = kept;
    co_return text + "ok\n";
  }
  Task<Result<EdgeAnswer>> serve(std::string method, std::string path, std::string body) {
    if (edgeGone) co_return Error{.code = Code::kUnavailable, .message = "no edge"};
    if (method == "GET" && path == "/v1/table") co_return EdgeAnswer{table.empty() ? 404 : 200, table};
    if (method == "GET") co_return EdgeAnswer{200, status};
    table = std::move(body);
    ++puts;
    co_return EdgeAnswer{200, "{}"};
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
    options.rememberPorts = [this](std::string ports) { remembered = std::move(ports); };
    traffic = createWith(loop, *engine, std::move(options), peers);
    traffic->setDomains(domains, {});
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
  bool edgeGone = false;
  int puts = 0;
  std::unique_ptr<net::Cancel> cancel;
  std::unique_ptr<Traffic> traffic;
};

TEST_F(TrafficTest, WhatSpeaksHttpGetsAUrl) {
  begin();
  pass(1s);
  start("db");
  const std::string web = start("web");
  settle();
  EXPECT_EQ(urls(), "web=https://web.shop.localhost ");
  EXPECT_EQ(routes(), "web.shop.localhost ");
  EXPECT_EQ(remembered, "80 443");
  for (const auto& asked : probes) EXPECT_TRUE(endsWith(asked, ":8000")) << asked;
  ASSERT_TRUE(loop.runTask(engine->removeContainer(web, true, false, {})).ok());
  pass(1s);
  EXPECT_EQ(routes(), "");
  EXPECT_EQ(urls(), "");
}

TEST_F(TrafficTest, NothingIsSentTwice) {
  start("web");
  begin();
  pass(1s);
  EXPECT_EQ(puts, 1);
  settle();
  EXPECT_EQ(puts, 1);
  end();
  begin();
  pass(5s);
  EXPECT_EQ(puts, 1) << "a daemon that starts anew finds the edge as it left it";
  EXPECT_EQ(urls(), "web=https://web.shop.localhost ");
}

TEST_F(TrafficTest, ARestartedDaemonTakesNothingAwayWhileItAsks) {
  start("web");
  begin();
  pass(1s);
  end();
  speaking.clear();  // busy for a while
  begin();
  pass(10s);
  EXPECT_EQ(puts, 1);
  EXPECT_EQ(urls(), "web=https://web.shop.localhost ");
}

TEST_F(TrafficTest, AServerThatOpensLateIsFound) {
  listening("web", {8000}, 20s);
  begin();
  start("web");
  settle();
  EXPECT_EQ(urls(), "");
  pass(30s);
  EXPECT_EQ(urls(), "web=https://web.shop.localhost ");
}

TEST_F(TrafficTest, SettlingDoesNotWaitForWhatOpensNoPort) {
  listening("web", {});
  begin();
  pass(1s);
  start("web");
  const Instant began = clock.now();
  settle();
  EXPECT_LT(clock.now() - began, 1s);
}

TEST_F(TrafficTest, AStoppedOneSaysSoUntilItIsBack) {
  const std::string web = start("web");
  begin();
  pass(1s);
  ASSERT_TRUE(loop.runTask(engine->stopContainer(web, {}, {})).ok());
  pass(1s);
  EXPECT_EQ(table::read(table, "t").table.services.size(), 0u);
  EXPECT_EQ(routes(), "web.shop.localhost ");
  ASSERT_TRUE(loop.runTask(engine->startContainer(web, {})).ok());
  pass(1s);
  EXPECT_EQ(table::read(table, "t").table.services.size(), 1u);
}

TEST_F(TrafficTest, AnEngineThatGoesAwayChangesNothing) {
  start("web");
  begin();
  pass(1s);
  engine->setDown(true);
  pass(60s);
  EXPECT_EQ(routes(), "web.shop.localhost ");
  EXPECT_EQ(puts, 1);
  engine->setDown(false);
  start("db");
  listening("two", {3000});
  engine->addImage("two");
  start("two");
  pass(30s);
  EXPECT_EQ(routes(), "two.shop.localhost web.shop.localhost ");
}

TEST_F(TrafficTest, AnEdgeThatIsAwayGetsTheTableWhenItIsBack) {
  edgeGone = true;
  begin();
  pass(5s);
  start("web");
  pass(30s);
  EXPECT_EQ(puts, 0);
  edgeGone = false;
  pass(10s);
  EXPECT_EQ(puts, 1);
  EXPECT_EQ(routes(), "web.shop.localhost ");
}

TEST_F(TrafficTest, AProjectThatPublishesOurPortGetsIt) {
  start("web");
  begin();
  pass(1s);
  EXPECT_NE(kept.find("127.0.0.1:443"), std::string::npos);
  const Wait wait{clock.now() + 5s, nullptr};
  std::vector<int> ports = {80};
  loop.runTask(traffic->makeRoom(ports, wait));
  EXPECT_EQ(kept.find("127.0.0.1:80\n"), std::string::npos);
  EXPECT_EQ(urls(), "web=https://web.shop.localhost:8443 ");
  EXPECT_EQ(remembered, "8080 8443");
}

TEST_F(TrafficTest, ADomainOpensTheDoorToTheWorld) {
  start("web");
  begin();
  pass(1s);
  domains = {{"shop.example.com", "shop", "development", "web", 0, false}};
  model::TableAuthority authority;
  authority.directory = "https://acme.example/directory";
  traffic->setDomains(domains, authority);
  pass(1s);
  EXPECT_NE(kept.find("0.0.0.0:443"), std::string::npos);
  EXPECT_EQ(kept.find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(routes(), "web.shop.localhost shop.example.com ");
  traffic->setDomains({}, {});
  pass(1s);
  EXPECT_EQ(kept.find("0.0.0.0"), std::string::npos);
  EXPECT_NE(kept.find("127.0.0.1:443"), std::string::npos);
}

TEST_F(TrafficTest, AListenerOnLoopbackOnlyIsTold) {
  engine::FakeBehaviour behaviour;
  behaviour.ports = {3000};
  behaviour.localhostOnly = true;
  engine->setBehaviour("web", behaviour);
  model::ContainerSpec spec;
  spec.image = "web";
  spec.labels = {{"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  model::Port port;
  port.target = 3000;
  port.published = "3000";
  spec.ports = {port};
  const auto id = loop.runTask(engine->createContainer("shop-web-1", spec, {}));
  ASSERT_TRUE(loop.runTask(engine->startContainer(*id, {})).ok());
  begin();
  pass(1s);
  ASSERT_EQ(traffic->warnings("shop").size(), 1u);
  EXPECT_NE(traffic->warnings("shop")[0].message.find("127.0.0.1:3000"), std::string::npos);
}

}  // namespace
}  // namespace orbit::traffic
