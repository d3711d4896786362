#include "traffic/traffic_fixture.h"

namespace orbit::traffic {
namespace {

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

// What looked around and had not yet asked hold for the listeners told of no URL: for `ps`, a service without one.
TEST_F(TrafficTest, WhoAsksARestartedDaemonGetsTheUrls) {
  start("web");
  begin();
  pass(1s);
  end();
  peers.hold = [this](std::string command, Wait) -> Task<Result<std::string>> {
    static_cast<void>(co_await loop.sleep(500ms));
    co_return co_await obey(std::move(command));
  };
  begin();
  pass(100ms);
  loop.runTask(traffic->settle("shop", false, Wait{clock.now() + 2s, nullptr}));
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
