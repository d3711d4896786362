// What deployed environments serve.
#include "traffic/traffic_fixture.h"

namespace orbit::traffic {
namespace {

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

TEST_F(ServeTest, ThePortIsKnownBeforeAnythingIsServed) {
  taken = {"127.0.0.1:443"};
  begin();
  EXPECT_EQ(traffic->httpsPort(), 443) << "a guess";
  const auto listens = [this]() -> Task<void> {
    const Wait wait{clock.now() + 2s, nullptr};
    co_await traffic->listen(wait);
  };
  loop.runTask(listens());
  EXPECT_EQ(traffic->httpsPort(), 8443);
  ASSERT_TRUE(serve(production()).ok());
  EXPECT_EQ(traffic->url("shop", "production", "api"), "https://api.production.shop.localhost:8443");
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
  loop.runTask(traffic->known({clock.now() + 1s, nullptr}));
  EXPECT_EQ(traffic->url("shop", "production", "api"), "") << "nobody has said yet what there is";
  ASSERT_TRUE(serve(production(10)).ok());
  EXPECT_EQ(weights(),
            "shop.development.web development:100;shop.production.api r1:90 r2:10;other.production.api r1:100;");
  traffic->environmentsComplete();
  const Instant now = clock.now();
  loop.runTask(traffic->known({now + 1h, nullptr}));
  EXPECT_LT(clock.now(), now + 1s);
  EXPECT_EQ(traffic->url("shop", "production", "api"), "https://api.production.shop.localhost");
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
