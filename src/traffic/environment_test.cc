#include "traffic/environment.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "format/json.h"
#include "support/golden.h"
#include "table/table.h"
#include "traffic/carried.h"
#include "traffic/conflicts.h"

namespace orbit::traffic {
namespace {

using model::LiveEnvironment;
using model::LiveService;
using Protocol = model::TableListener::Protocol;

LiveService web() {
  LiveService service;
  service.name = "web";
  service.routed = true;
  service.virtualAddress = "10.213.4.130";
  service.probe.kind = model::Probe::Kind::kHttp;
  service.probe.path = "/health?deep=1";
  service.releases = {{"r11", 90, false, false, 8000, {{"w.r11.1", "10.213.4.2"}, {"w.r11.2", "10.213.4.3"}}},
                      {"r12", 10, true, false, 9000, {{"w.r12.1", "10.213.4.4"}}}};
  return service;
}

LiveService database() {
  LiveService service;
  service.name = "db";
  service.tcpPorts = {5432};
  service.virtualAddress = "10.213.4.131";
  service.releases = {{"r11", 100, false, false, 0, {{"d.r11.1", "10.213.4.9"}}}};
  return service;
}

LiveEnvironment shop(std::vector<LiveService> services = {web(), database()}, const std::string& project = "shop") {
  return {project, "production", "orb1a2b3c4d5e", "10.213.4.0/24", std::move(services)};
}

World worldOf(std::vector<LiveEnvironment> environments) {
  World world;
  for (auto& one : environments) world.environments[{one.project, one.environment}] = one;
  world.listeners = {{"http/127.0.0.1:8080", "127.0.0.1:8080", false},
                     {"https/127.0.0.1:8443", "127.0.0.1:8443", true}};
  world.authority.directory = "https://acme.example/directory";
  return world;
}

const model::TableService* serviceOf(const model::RouteTable& table, const std::string& name) {
  for (const auto& service : table.services) {
    if (service.name == name) return &service;
  }
  return nullptr;
}

std::string listenersOf(const model::RouteTable& table) {
  std::string text;
  for (const auto& one : table.listeners) {
    if (isOwnListener(one.name))
      text += one.name + "=" + one.service + (one.protocol == Protocol::kTcp ? "/tcp " : " ");
  }
  return text;
}

std::string routesOf(const model::RouteTable& table) {
  std::string text;
  for (const auto& route : table.routes) text += route.id + "=" + route.service + " ";
  return text;
}

void expectGood(const model::RouteTable& table) {
  for (const auto& problem : table::check(table)) ADD_FAILURE() << problem.text();
  const auto reading = table::read(table::write(table), "made");
  for (const auto& problem : reading.problems) ADD_FAILURE() << problem.text();
}

TEST(Environment, ServesReleasesWithTheirShares) {
  const auto made = makeTable(worldOf({shop()}));
  expectGood(made.table);
  const auto* service = serviceOf(made.table, "shop.production.web");
  ASSERT_NE(service, nullptr);
  ASSERT_EQ(service->releases.size(), 2u);
  EXPECT_EQ(service->releases[0].weight, 90u);
  EXPECT_EQ(service->releases[0].instances[1].address, "10.213.4.3:8000");
  EXPECT_TRUE(service->releases[1].watched);
  EXPECT_EQ(service->releases[1].instances[0].address, "10.213.4.4:9000") << "each release has its own port";
  ASSERT_EQ(service->health.size(), 1u);
  EXPECT_EQ(service->health[0].path, "/health?deep=1");
  EXPECT_GT(service->passiveFall, 0u);
  const auto* tcp = serviceOf(made.table, "shop.production.db:5432");
  ASSERT_NE(tcp, nullptr);
  EXPECT_EQ(tcp->protocol, model::TableService::Protocol::kTcp);
  EXPECT_EQ(tcp->releases[0].instances[0].address, "10.213.4.9:5432");
  EXPECT_EQ(serviceOf(made.table, "shop.production.db"), nullptr);
}

TEST(Environment, IsReachedInsideAtItsVirtualAddresses) {
  EXPECT_EQ(listenersOf(makeTable(worldOf({shop()})).table),
            "inside/10.213.4.130:8000=shop.production.web inside/10.213.4.130:9000=shop.production.web "
            "inside/10.213.4.131:5432=shop.production.db:5432/tcp ")
      << "those who know the old port and those who know the new one reach both";
  auto plain = shop();
  for (auto& service : plain.services) service.virtualAddress.clear();
  EXPECT_EQ(listenersOf(makeTable(worldOf({plain})).table), "");
  EXPECT_EQ(serviceOf(makeTable(worldOf({plain})).table, "shop.production.db:5432"), nullptr);
}

TEST(Environment, ExposesAPortOnTheHost) {
  auto environment = shop();
  environment.services[1].virtualAddress.clear();
  environment.services[1].exposeTcp = {5432};
  const auto made = makeTable(worldOf({environment}));
  expectGood(made.table);
  EXPECT_NE(listenersOf(made.table).find("expose/0.0.0.0:5432=shop.production.db:5432/tcp expose/:::5432="),
            std::string::npos);
  World lacking = worldOf({environment});
  lacking.lacking = {"expose/:::5432"};
  EXPECT_EQ(listenersOf(makeTable(lacking).table).find(":::"), std::string::npos);
}

TEST(Environment, WithoutADomainItHasAHostOfThisMachine) {
  const auto made = makeTable(worldOf({shop()}));
  EXPECT_EQ(routesOf(made.table), "web.production.shop.localhost=shop.production.web ");
  EXPECT_FALSE(made.table.routes[0].redirectToHttps);
  EXPECT_EQ(made.table.certificates[0].authority, "local");
  EXPECT_EQ(made.deployed.at({"shop", "production", "web"}), "web.production.shop.localhost");
  ASSERT_EQ(made.table.routes[0].errorPages.size(), 1u);
}

TEST(Environment, TwoServicesOfOneHostByPath) {
  auto environment = shop({web(), web()});
  environment.services[0].hosts = {"shop.example.com"};
  environment.services[1].name = "api";
  environment.services[1].virtualAddress = "10.213.4.132";
  environment.services[1].hosts = {"shop.example.com"};
  environment.services[1].path = "/api";
  const auto made = makeTable(worldOf({environment}));
  expectGood(made.table);
  EXPECT_EQ(routesOf(made.table), "shop.example.com=shop.production.web shop.example.com/api=shop.production.api ");
  EXPECT_TRUE(made.table.routes[1].redirectToHttps);
  EXPECT_EQ(made.table.certificates.size(), 1u);
  EXPECT_EQ(made.table.certificates[0].authority, "acme");
  EXPECT_EQ(urlOf(made.deployed.at({"shop", "production", "api"}), worldOf({}).listeners),
            "https://shop.example.com:8443/api");
}

TEST(Environment, ADomainOfTheStoreLeadsToIt) {
  World world = worldOf({shop()});
  world.domains = {{"shop.example.com", "shop", "production", "web", 0, true},
                   {"db.example.com", "shop", "production", "db", 0, false}};
  const auto made = makeTable(world);
  expectGood(made.table);
  EXPECT_EQ(routesOf(made.table), "shop.example.com=shop.production.web db.example.com= ");
  EXPECT_GT(made.table.routes[0].hstsSeconds, 0u);
  EXPECT_EQ(made.table.routes[1].respond.size(), 1u) << "a database is no website";
  EXPECT_EQ(made.deployed.at({"shop", "production", "web"}), "shop.example.com");
}

TEST(Environment, WithoutAnInstanceItWaitsOrSaysSo) {
  auto environment = shop();
  environment.services[0].releases.clear();
  environment.services[0].paused = true;
  environment.services[1].releases[0].weight = 0;
  const auto made = makeTable(worldOf({environment}));
  expectGood(made.table);
  const auto* service = serviceOf(made.table, "shop.production.web");
  ASSERT_NE(service, nullptr);
  EXPECT_TRUE(service->paused);
  EXPECT_TRUE(service->releases[0].instances.empty());
  EXPECT_EQ(routesOf(made.table), "web.production.shop.localhost=shop.production.web ");
}

TEST(Environment, WhatOthersHaveIsToldBeforeItIsServed) {
  auto other = shop({web()}, "other");
  other.services[0].hosts = {"shop.example.com"};
  other.services[0].exposeTcp = {5432};
  World world = worldOf({other});
  world.domains = {{"www.example.com", "third", "production", "site", 0, false},
                   {"mine.example.com", "shop", "production", "web", 0, false}};
  auto environment = shop();
  EXPECT_TRUE(conflictsOf(environment, world).empty());
  environment.services[0].hosts = {"shop.example.com", "www.example.com", "mine.example.com", "*.example.net"};
  environment.services[1].exposeTcp = {5432, 8443};
  std::string text;
  for (const auto& one : conflictsOf(environment, world)) text += one.message + "\n";
  EXPECT_EQ(text,
            "shop.example.com belongs to service web of other (production)\n"
            "port 5432 of this machine belongs to service web of other (production)\n"
            "www.example.com belongs to service site of third (production)\n"
            "*.example.net is a wildcard, which only dns-01 can prove\n"
            "port 8443 of this machine belongs to the edge, which serves all routes there\n");
  auto twice = shop({web(), web()});
  twice.services[0].hosts = twice.services[1].hosts = {"shop.example.com"};
  twice.services[1].name = "api";
  ASSERT_EQ(conflictsOf(twice, worldOf({})).size(), 1u) << "two services at one place";
  twice.services[1].path = "/api";
  EXPECT_TRUE(conflictsOf(twice, worldOf({})).empty());
  EXPECT_TRUE(conflictsOf(twice, worldOf({twice})).empty()) << "its own older state";
}

TEST(Environment, WhatNoTableHoldsIsTold) {
  EXPECT_TRUE(faultsOf(shop()).empty());
  auto bad = shop();
  bad.services[0].probe.path = "health";
  ASSERT_EQ(faultsOf(bad).size(), 1u);
}

TEST(Environment, ReleasesSideBySideHavePinsOfTheirOwn) {
  World world = worldOf({shop()});
  world.pinKey = std::string(32, 'k');
  const auto made = makeTable(world);
  expectGood(made.table);
  const auto& releases = serviceOf(made.table, "shop.production.web")->releases;
  EXPECT_EQ(releases[0].pin.size(), 40u);
  EXPECT_NE(releases[0].pin, releases[1].pin);
  EXPECT_EQ(serviceOf(made.table, "shop.production.db:5432")->releases[0].pin, "");
  world.pinKey.back() = 'j';
  EXPECT_NE(serviceOf(makeTable(world).table, "shop.production.web")->releases[0].pin, releases[0].pin);
}

// The whole text, as the edge gets it.
TEST(Environment, GoldenTables) {
  std::map<std::string, World> worlds;
  World side = worldOf({shop()});
  side.pinKey = std::string(32, 'k');
  side.environments.begin()->second.services[0].drain = std::chrono::seconds(10);
  worlds["two releases side by side, and a database inside"] = side;
  auto staging = shop({database()});
  staging.environment = "staging";
  staging.services[0].virtualAddress.clear();
  staging.services[0].exposeTcp = {5432};
  staging.services[0].paused = true;
  worlds["without root: a paused database, exposed"] = worldOf({staging});
  auto public_ = shop({web()});
  public_.services[0].hosts = {"shop.example.com"};
  World whole = worldOf({public_});
  whole.containers = {{"shop", "web", "shop-web-1", "172.18.0.4", 3000}};
  whole.domains = {{"www.example.com", "shop", "production", "web", 0, true}};
  worlds["beside development, on a domain and the file's host"] = whole;
  support::runGolden("traffic", [&](const std::string& input) {
    const auto found = worlds.find(std::string(trim(input)));
    if (found == worlds.end()) return std::string("no such world");
    return format::parseJson(table::write(makeTable(found->second).table)).value().dump(1);
  });
}

TEST(Carried, WhatWasNotToldYetStaysAsItIsServed) {
  auto web2 = shop({web()}, "two");
  web2.services[0].virtualAddress = "10.213.5.130";
  web2.services[0].hosts = {"two.example.com"};
  World whole = worldOf({shop(), web2});
  whole.containers = {{"shop", "web", "shop-web-1", "172.18.0.4", 3000}, {"shop", "old", "shop-old-1", "", 3000}};
  const auto before = makeTable(whole).table;

  World fresh = worldOf({});
  fresh.developmentKnown = fresh.environmentsKnown = false;
  model::RouteTable made = makeTable(fresh).table;
  carry(before, fresh, made);
  expectGood(made);
  EXPECT_EQ(made.services, before.services);
  EXPECT_EQ(made.routes, before.routes);
  EXPECT_EQ(made.listeners, before.listeners);
  EXPECT_EQ(made.certificates, before.certificates);

  // One of them is told: with another share, the other as before. Development is known, and has nothing.
  auto moved = shop();
  moved.services[0].releases[0].weight = 100;
  World some = worldOf({moved});
  some.environmentsKnown = false;
  made = makeTable(some).table;
  carry(before, some, made);
  expectGood(made);
  EXPECT_EQ(serviceOf(made, "shop.production.web")->releases[0].weight, 100u);
  EXPECT_NE(serviceOf(made, "two.production.web"), nullptr);
  EXPECT_EQ(serviceOf(made, "shop.development.web"), nullptr);
  EXPECT_EQ(routesOf(made), "web.production.shop.localhost=shop.production.web two.example.com=two.production.web ");
  EXPECT_EQ(made.authorities.size(), 1u);

  some.environmentsKnown = true;
  made = makeTable(some).table;
  carry(before, some, made);
  EXPECT_EQ(serviceOf(made, "two.production.web"), nullptr) << "all were told: it is gone";
}

TEST(Carried, ADomainOfWhatIsNotToldYetKeepsItsRoute) {
  World whole = worldOf({shop()});
  whole.domains = {{"shop.example.com", "shop", "production", "web", 0, true}};
  const auto before = makeTable(whole).table;
  World fresh = whole;
  fresh.environments.clear();
  fresh.environmentsKnown = false;
  model::RouteTable made = makeTable(fresh).table;
  carry(before, fresh, made);
  expectGood(made);
  EXPECT_EQ(made.routes, before.routes);
}

}  // namespace
}  // namespace orbit::traffic
