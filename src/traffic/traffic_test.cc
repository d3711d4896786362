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
      co_return std::string("error the address is in use\n");
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

model::LiveEnvironment production(unsigned share = 0) {
  model::LiveService api;
  api.name = "api";
  api.routed = true;
  api.virtualAddress = "10.213.4.130";
  api.releases = {{"r1", 100 - share, false, false, 8000, {{"api.r1.1", "10.213.4.2"}}}};
  if (share != 0) api.releases.push_back({"r2", share, true, false, 8000, {{"api.r2.1", "10.213.4.3"}}});
  return {"shop", "production", "orb1", "10.213.4.0/24", {api}};
}

class ServeTest : public TrafficTest {
 protected:
  Status serve(model::LiveEnvironment environment, Duration most = 2s) {
    const Wait wait{clock.now() + most, nullptr};
    return loop.runTask(traffic->serve(std::move(environment), wait));
  }
  std::string weights() {
    std::string text;
    for (const auto& service : table::read(table, "t").table.services) {
      text += service.name;
      for (const auto& release : service.releases) text += " " + release.id + ":" + std::to_string(release.weight);
      text += ";";
    }
    return text;
  }
};

TEST_F(ServeTest, ADeployedServiceAnswersBesideDevelopment) {
  start("web");
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  EXPECT_EQ(routes(), "web.shop.localhost api.production.shop.localhost ");
  EXPECT_EQ(traffic->url("shop", "production", "api"), "https://api.production.shop.localhost");
  EXPECT_EQ(traffic->url("shop", "production", "web"), "");
  EXPECT_EQ(urls(), "web=https://web.shop.localhost ");
  EXPECT_EQ(addresses, (std::set<VirtualAddress>{{"10.213.4.130", "orb1"}}));
  EXPECT_NE(kept.find("inside/10.213.4.130:8000 10.213.4.130:8000"), std::string::npos);
  EXPECT_TRUE(traffic->virtualAddresses());
  ASSERT_TRUE(serve({"shop", "production", "", "", {}}).ok());
  EXPECT_EQ(routes(), "web.shop.localhost ");
  EXPECT_TRUE(addresses.empty()) << "an address that nobody has is removed";
}

TEST_F(ServeTest, AShiftSendsOneServiceAtOnce) {
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  paths.clear();
  const Instant before = clock.now();
  ASSERT_TRUE(serve(production(10)).ok());
  EXPECT_EQ(clock.now(), before) << "nothing is waited for but the edge";
  EXPECT_EQ(paths, (std::vector<std::string>{"/v1/services/shop.production.api"}));
  EXPECT_EQ(weights(), "shop.production.api r1:90 r2:10;");
  const std::string pinned = traffic->openUrl("shop", "production", "api", "r2");
  EXPECT_TRUE(startsWith(pinned, "https://api.production.shop.localhost/.well-known/orbit/open/")) << pinned;
  EXPECT_EQ(traffic->openUrl("shop", "production", "api", "r9"), "");
  auto two = production(90);
  two.services.push_back(two.services[0]);
  two.services[1].name = "admin";
  two.services[1].virtualAddress = "10.213.4.131";
  ASSERT_TRUE(serve(two).ok());
  paths.clear();
  for (auto& service : two.services) service.releases[1].watched = false;
  ASSERT_TRUE(serve(two).ok());
  EXPECT_EQ(paths, (std::vector<std::string>{"/v1/table"})) << "a group moves by one swap";
  paths.clear();
  ASSERT_TRUE(serve(two).ok());
  EXPECT_TRUE(paths.empty());
}

TEST_F(ServeTest, AnEdgeThatIsAwayIsSaid) {
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  edgeGone = true;
  const Status away = serve(production(10));
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, Code::kUnavailable);
  EXPECT_NE(away.error().message.find("no edge"), std::string::npos);
  edgeGone = false;
  table.clear();  // another edge, which lost what it had
  pass(6s);
  EXPECT_EQ(weights(), "shop.production.api r1:90 r2:10;");
  EXPECT_EQ(paths.back(), "/v1/table");
}

TEST_F(ServeTest, ATableThatIsNotKeptIsSentAgain) {
  begin();
  pass(1s);
  kept200 = R"({"kept":false})";
  ASSERT_TRUE(serve(production()).ok());
  const int before = puts;
  pass(11s);
  EXPECT_EQ(puts, before + 2);
  kept200 = R"({"kept":true})";
  pass(60s);
  EXPECT_EQ(puts, before + 3);
}

TEST_F(ServeTest, ARestartedDaemonKeepsWhatIsNotToldYet) {
  start("web");
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  auto other = production();
  other.project = "other";
  other.services[0].virtualAddress = "10.213.4.140";
  ASSERT_TRUE(serve(other).ok());
  end();
  const int before = puts;
  expecting = true;
  begin();
  pass(10s);
  EXPECT_EQ(puts, before);
  ASSERT_TRUE(serve(production(10)).ok());
  EXPECT_EQ(weights(),
            "shop.development.web development:100;shop.production.api r1:90 r2:10;other.production.api r1:100;");
  traffic->environmentsComplete();
  pass(1s);
  EXPECT_EQ(weights(), "shop.development.web development:100;shop.production.api r1:90 r2:10;");
}

TEST_F(ServeTest, WithTheEngineDownItServesAndKeepsDevelopment) {
  start("web");
  begin();
  pass(1s);
  end();
  engine->setDown(true);
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  EXPECT_EQ(weights(), "shop.production.api r1:100;shop.development.web development:100;");
  engine->setDown(false);
  pass(30s);
  EXPECT_EQ(weights(), "shop.development.web development:100;shop.production.api r1:100;");
}

TEST_F(ServeTest, ABridgeMayComeLater) {
  bridges.clear();
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  EXPECT_NE(kept.find("10.213.4.130:8000"), std::string::npos) << "bound all the same";
  EXPECT_TRUE(addresses.empty());
  bridges.insert("orb1");
  pass(3s);
  EXPECT_EQ(addresses.size(), 1u);
  addresses.clear();  // the engine made it anew
  pass(3s);
  EXPECT_EQ(addresses.size(), 1u);
}

TEST_F(ServeTest, APortThatIsTakenIsSaidAndTheRestServed) {
  begin();
  pass(1s);
  taken = {"0.0.0.0:5432"};
  auto environment = production();
  environment.services[0].exposeTcp = {5432};
  const Status served = serve(environment);
  ASSERT_FALSE(served.ok());
  EXPECT_EQ(served.error().code, Code::kConflict);
  EXPECT_EQ(routes(), "api.production.shop.localhost ");
  taken.clear();
  pass(6s);
  EXPECT_TRUE(serve(environment).ok());
  EXPECT_NE(kept.find("expose/0.0.0.0:5432"), std::string::npos);
}

TEST_F(ServeTest, WhatCannotBeServedChangesNothing) {
  begin();
  pass(1s);
  ASSERT_TRUE(serve(production()).ok());
  auto bad = production();
  bad.services[0].hosts = {"Shop.example.com"};
  EXPECT_EQ(serve(bad).error().code, Code::kInvalid);
  auto other = production();
  other.project = "other";
  other.services[0].virtualAddress = "10.213.4.140";
  other.services[0].hosts = {"shop.example.com"};
  ASSERT_TRUE(serve(other).ok());
  EXPECT_EQ(traffic->deployedDomains().size(), 1u);
  EXPECT_NE(kept.find("0.0.0.0:443"), std::string::npos);
  bad.services[0].hosts = {"shop.example.com"};
  EXPECT_EQ(serve(bad).error().code, Code::kConflict);
  EXPECT_EQ(weights(), "other.production.api r1:100;shop.production.api r1:100;");
}

TEST_F(ServeTest, DrainedWhenNothingIsInFlight) {
  begin();
  const auto rows = [](int http, int tcp, bool swapping) {
    return R"({"swapping":)" + std::string(swapping ? "true" : "false") +
           R"(,"instances":[{"service":"shop.production.api","release":"r1","active":)" + std::to_string(http) +
           R"(},{"service":"shop.production.api:5432","release":"r1","active":)" + std::to_string(tcp) +
           R"(},{"service":"shop.production.api","release":"r2","active":7}]})";
  };
  const auto drained = [&] {
    const Wait wait{clock.now() + 2s, nullptr};
    return loop.runTask(traffic->drained("shop", "production", "api", "r1", wait));
  };
  status = rows(0, 0, false);
  EXPECT_TRUE(drained().ok());
  status = rows(1, 2, false);
  const Status busy = drained();
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().code, Code::kTimeout);
  EXPECT_NE(busy.error().message.find("3 requests"), std::string::npos);
  auto held = production();
  held.services[0].paused = true;
  ASSERT_TRUE(serve(held).ok());
  EXPECT_FALSE(drained().ok()) << "a request is waited for";
  status = rows(0, 2, false);
  const Wait longer{clock.now() + 10s, nullptr};
  const Instant began = clock.now();
  EXPECT_TRUE(loop.runTask(traffic->drained("shop", "production", "api", "r1", longer)).ok()) << "a pool's connections";
  EXPECT_GE(clock.now() - began, 2s);
  status = rows(0, 0, true);
  EXPECT_FALSE(drained().ok()) << "a worker may still send one there";
  status = rows(0, 0, false);
  processes = "edge draining 11 generation 1\n" + processes;
  EXPECT_FALSE(drained().ok());
}

}  // namespace
}  // namespace orbit::traffic
