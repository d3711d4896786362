#include "traffic/ports.h"

#include <gtest/gtest.h>

namespace orbit::traffic {
namespace {

using Ports = std::vector<int>;

PortFacts hearing(std::vector<engine::Engine::Listening> listening) {
  PortFacts facts;
  facts.listening = std::move(listening);
  return facts;
}

TEST(Ports, TheLowestIsAskedFirst) {
  const auto candidates = candidatesOf(hearing({{"0.0.0.0", 9000}, {"::", 8000}, {"0.0.0.0", 8000}}));
  EXPECT_EQ(candidates.ports, (Ports{8000, 9000}));
  EXPECT_FALSE(candidates.waiting);
}

TEST(Ports, ThoseOfTheFileComeFirstAndAreWaitedFor) {
  PortFacts facts = hearing({{"0.0.0.0", 80}, {"0.0.0.0", 3000}});
  facts.published = {3000, 4000};
  const auto candidates = candidatesOf(facts);
  EXPECT_EQ(candidates.ports, (Ports{3000, 80}));
  EXPECT_TRUE(candidates.waiting) << "4000 is not open yet";
  EXPECT_TRUE(candidates.isNamed(3000));
  EXPECT_FALSE(candidates.isNamed(80));
}

TEST(Ports, AnExposedPortIsWaitedForButNotPreferred) {
  PortFacts facts = hearing({{"0.0.0.0", 80}, {"0.0.0.0", 3000}});
  facts.exposed = {3000, 5432};
  EXPECT_EQ(candidatesOf(facts).ports, (Ports{80, 3000}));
  EXPECT_FALSE(candidatesOf(facts).waiting) << "a database's port is not waited for";
  facts.exposed = {8080};
  EXPECT_TRUE(candidatesOf(facts).waiting);
}

TEST(Ports, TheChosenOneIsTheOnlyOne) {
  PortFacts facts = hearing({{"0.0.0.0", 80}, {"0.0.0.0", 6379}});
  facts.preferred = 6379;
  facts.published = {80};
  EXPECT_EQ(candidatesOf(facts).ports, Ports{6379}) << "who writes it down means it";
  facts.preferred = 81;
  EXPECT_TRUE(candidatesOf(facts).ports.empty());
  EXPECT_TRUE(candidatesOf(facts).waiting);
}

TEST(Ports, DatabasesAndTheirLikeAreLeftAlone) {
  for (const int port : {22, 25, 443, 1433, 3306, 5432, 5672, 6379, 9092, 9229, 11211, 27017}) {
    EXPECT_TRUE(candidatesOf(hearing({{"0.0.0.0", port}})).ports.empty()) << port;
  }
}

TEST(Ports, OneThatOnlyTheContainerReachesIsTold) {
  PortFacts facts = hearing({{"127.0.0.1", 3000}, {"::1", 3000}, {"127.0.0.11", 43123}});
  facts.published = {3000};
  const auto candidates = candidatesOf(facts);
  EXPECT_TRUE(candidates.ports.empty());
  EXPECT_EQ(candidates.loopbackOnly, Ports{3000}) << "and not the engine's own name server";
  EXPECT_FALSE(candidates.waiting);
}

TEST(Ports, OnASharedNetworkOnlyNamedOnesAreOurs) {
  PortFacts facts = hearing({{"127.0.0.1", 8000}, {"0.0.0.0", 80}});
  facts.hostNetwork = facts.sharesNetwork = true;
  facts.exposed = {8000};
  EXPECT_EQ(candidatesOf(facts).ports, Ports{8000});
}

TEST(Ports, FactsComeFromTheContainer) {
  engine::ContainerDetail container;
  container.summary.labels[kPortLabel] = "8080";
  model::Port port;
  port.target = 3000;
  port.published = "3000";
  container.summary.ports = {port, port};
  container.config = std::move(format::parseJson(R"({"ExposedPorts": {"80/tcp": {}, "53/udp": {}}})")).value();
  const auto facts = portFacts(container, {});
  EXPECT_EQ(facts.preferred, 8080);
  EXPECT_EQ(facts.published, Ports{3000});
  EXPECT_EQ(facts.exposed, Ports{80});
  container.summary.labels[kPortLabel] = "80x";
  EXPECT_EQ(portFacts(container, {}).preferred, 0);
}

TEST(Ports, HttpIsKnownByItsFirstBytes) {
  EXPECT_EQ(speechOf(""), Speech::kUnknown);
  EXPECT_EQ(speechOf("HTT"), Speech::kUnknown);
  EXPECT_EQ(speechOf("HTTP/1.1 405"), Speech::kHttp);
  EXPECT_EQ(speechOf("-ERR"), Speech::kOther);
  EXPECT_EQ(speechOf("HTTP/2"), Speech::kOther);
}

}  // namespace
}  // namespace orbit::traffic
