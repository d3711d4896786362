#include "traffic/world.h"

#include <gtest/gtest.h>

#include "table/table.h"

namespace orbit::traffic {
namespace {

constexpr auto kHttps = model::TableListener::Protocol::kHttps;

World shop() {
  World world;
  world.containers = {{"shop", "web", "shop-web-2", "172.18.0.4", 3000},
                      {"shop", "web", "shop-web-1", "172.18.0.3", 3000},
                      {"shop", "api_v1", "shop-api_v1-1", "fd00::5", 8000}};
  world.listeners = {{"http/127.0.0.1:8080", "127.0.0.1:8080", false},
                     {"https/127.0.0.1:8443", "127.0.0.1:8443", true}};
  world.authority.directory = "https://acme.example/directory";
  return world;
}

const model::TableRoute* routeOf(const Made& made, const std::string& host) {
  for (const auto& route : made.table.routes) {
    if (route.host == host) return &route;
  }
  return nullptr;
}

TEST(World, AServiceAnswersAtItsHost) {
  const auto made = makeTable(shop());
  ASSERT_EQ(made.table.services.size(), 2u);
  const auto& web = made.table.services[1];
  EXPECT_EQ(web.name, "shop.development.web");
  ASSERT_EQ(web.releases.size(), 1u);
  EXPECT_EQ(web.releases[0].id, "development");
  ASSERT_EQ(web.releases[0].instances.size(), 2u);
  EXPECT_EQ(web.releases[0].instances[0].id, "shop-web-1");
  EXPECT_EQ(web.releases[0].instances[0].address, "172.18.0.3:3000");
  EXPECT_EQ(made.table.services[0].releases[0].instances[0].address, "[fd00::5]:8000");
  const auto* route = routeOf(made, "web.shop.localhost");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->service, "shop.development.web");
  EXPECT_FALSE(route->redirectToHttps) << "*.localhost answers on both";
  ASSERT_NE(routeOf(made, "api-v1.shop.localhost"), nullptr) << "a host has no underscore";
  EXPECT_EQ(made.table.certificates.size(), 2u);
  EXPECT_EQ(made.table.certificates[0].authority, "local");
  EXPECT_TRUE(made.table.authorities.empty());
  EXPECT_EQ(made.table.listeners[1].protocol, kHttps);
  EXPECT_TRUE(made.warnings.empty());
}

TEST(World, TheSameWorldIsTheSameTableInAnyOrder) {
  World other = shop();
  std::reverse(other.containers.begin(), other.containers.end());
  EXPECT_EQ(table::write(makeTable(shop()).table), table::write(makeTable(other).table));
}

TEST(World, WhatItMakesIsAGoodTable) {
  World world = shop();
  world.domains = {{"shop.example.com", "shop", "development", "web", 0, true},
                   {"*.shop.example.com", "shop", "production", "web", 0, false}};
  for (const auto& problem : table::check(makeTable(world).table)) ADD_FAILURE() << problem.text();
  world.authority.challenge = model::TableAuthority::Challenge::kDns01;
  world.authority.dnsHook = {"/usr/local/bin/dns"};
  const auto made = makeTable(world);
  EXPECT_EQ(made.table.certificates.size(), 4u);
  for (const auto& problem : table::check(made.table)) ADD_FAILURE() << problem.text();
  const auto reading = table::read(table::write(made.table), "made");
  for (const auto& problem : reading.problems) ADD_FAILURE() << problem.text();
}

TEST(World, AStoppedServiceSaysSo) {
  World world = shop();
  for (auto& container : world.containers) {
    if (container.service == "web") container.address.clear();
  }
  const auto made = makeTable(world);
  EXPECT_EQ(made.table.services.size(), 1u);
  const auto* route = routeOf(made, "web.shop.localhost");
  ASSERT_NE(route, nullptr);
  ASSERT_EQ(route->respond.size(), 1u);
  EXPECT_EQ(route->respond[0].status, 503);
}

TEST(World, ADomainIsServedByWhatRuns) {
  World world = shop();
  world.domains = {{"shop.example.com", "shop", "development", "web", 0, true},
                   {"www.example.com", "shop", "production", "web", 0, false}};
  const auto made = makeTable(world);
  const auto* dev = routeOf(made, "shop.example.com");
  ASSERT_NE(dev, nullptr);
  EXPECT_EQ(dev->service, "shop.development.web");
  EXPECT_TRUE(dev->redirectToHttps);
  EXPECT_GT(dev->hstsSeconds, 0u);
  const auto* production = routeOf(made, "www.example.com");
  ASSERT_NE(production, nullptr);
  ASSERT_EQ(production->respond.size(), 1u) << "nothing is deployed to production yet";
  EXPECT_EQ(production->respond[0].status, 503);
  EXPECT_EQ(production->respond[0].body.find("shop"), std::string::npos) << "names are not told to the world";
  EXPECT_EQ(production->hstsSeconds, 0u);
  ASSERT_EQ(made.table.authorities.size(), 1u);
  EXPECT_EQ(made.table.authorities[0].directory, "https://acme.example/directory");
  EXPECT_EQ(made.table.certificates.back().authority, made.table.authorities[0].name);
}

TEST(World, NamesThatAreNoHostAreTold) {
  World world;
  world.containers = {{"shop", std::string(64, 'a'), "long-1", "10.0.0.2", 80},
                      {"my-shop", "web", "one", "10.0.0.3", 80},
                      {"my_shop", "web", "two", "10.0.0.4", 80}};
  const auto made = makeTable(world);
  EXPECT_EQ(made.table.routes.size(), 1u);
  ASSERT_EQ(made.warnings.at("shop").size(), 1u);
  EXPECT_NE(made.warnings.at("shop")[0].message.find("63"), std::string::npos);
  ASSERT_EQ(made.warnings.at("my_shop").size(), 1u);
  EXPECT_NE(made.warnings.at("my_shop")[0].message.find("belongs to service web of my-shop"), std::string::npos);
}

TEST(World, UrlsCarryTheTruePort) {
  EXPECT_EQ(urlOf("web.shop.localhost", shop().listeners), "https://web.shop.localhost:8443");
  EXPECT_EQ(urlOf("web.shop.localhost", {{"https/0.0.0.0:443", "0.0.0.0:443", true}}), "https://web.shop.localhost");
  EXPECT_EQ(urlOf("web.shop.localhost", {}), "");
  EXPECT_EQ(developmentHost("shop", "Web_"), "web.shop.localhost");
}

}  // namespace
}  // namespace orbit::traffic
