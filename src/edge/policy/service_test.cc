#include "edge/policy/service.h"

#include <gtest/gtest.h>

namespace orbit::edge {
namespace {

const Instant kNow{std::chrono::hours(5)};

model::TableRelease release(const std::string& id, unsigned weight, int instances, int net = 0) {
  model::TableRelease made;
  made.id = id;
  made.weight = weight;
  for (int i = 0; i < instances; ++i) {
    made.instances.push_back(
        {id + "." + std::to_string(i), "10.0." + std::to_string(net) + "." + std::to_string(i + 1) + ":80"});
  }
  return made;
}

model::TableService service(std::vector<model::TableRelease> releases) {
  model::TableService made;
  made.name = "web";
  made.releases = std::move(releases);
  return made;
}

ServicePtr make(const model::TableService& config, const ServicePtr& before = nullptr, Instant now = kNow) {
  auto made = nextService(config, before, now);
  EXPECT_TRUE(made.ok());
  return made.ok() ? std::move(made).value() : std::make_shared<const ServiceState>();
}

TEST(NextService, KeepsInstancesByIdAndAddress) {
  const ServicePtr first = make(service({release("r1", 100, 2)}));
  first->releases[0].instances[1]->active = 7;
  auto config = service({release("r2", 100, 1, 1), release("r1", 0, 2)});
  config.releases[1].instances[0].address = "10.9.9.9:80";
  const ServicePtr next = make(config, first);
  EXPECT_NE(next->releases[1].instances[0], first->releases[0].instances[0]) << "another address is another instance";
  EXPECT_EQ(next->releases[1].instances[1], first->releases[0].instances[1]);
  EXPECT_EQ(next->releases[1].instances[1]->active, 7U);
  std::set<std::uint32_t> numbers;
  for (const auto& one : next->releases) {
    for (const auto& instance : one.instances) numbers.insert(instance->number);
  }
  numbers.insert(first->releases[0].instances[0]->number);
  EXPECT_EQ(numbers.size(), 4U);

  drainGone(*first, next.get());
  EXPECT_TRUE(first->releases[0].instances[0]->draining);
  EXPECT_FALSE(first->releases[0].instances[1]->draining);
  drainGone(*next, nullptr);
  EXPECT_TRUE(first->releases[0].instances[1]->draining);
}

TEST(NextService, NamesServiceAndInstanceOfABadAddress) {
  auto config = service({release("r1", 100, 1)});
  config.releases[0].instances[0].address = "nonsense";
  const auto made = nextService(config, nullptr, kNow);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, Code::kInvalid);
  EXPECT_NE(made.error().message.find("service web, instance r1.0"), std::string::npos);
}

TEST(NextService, AsksForCookiesOnlyWhereTheyDecideSomething) {
  EXPECT_EQ(make(service({release("r1", 100, 2)}))->releaseCookieName, "");
  auto config = service({release("r1", 100, 2), release("r2", 100, 2, 1)});
  const ServicePtr several = make(config);
  EXPECT_EQ(several->releaseCookieName.substr(0, 10), "orbit_rel_");
  EXPECT_EQ(several->instanceCookieName, "");
  config.name = "api";
  EXPECT_NE(make(config)->releaseCookieName, several->releaseCookieName);
  config.stickyInstance = true;
  EXPECT_EQ(make(config)->instanceCookieName.substr(0, 9), "orbit_to_");
  config.stickyCookie = "node";
  EXPECT_EQ(make(config)->instanceCookieName, "node");
  config.protocol = model::TableService::Protocol::kTcp;
  EXPECT_EQ(make(config)->instanceCookieName + make(config)->releaseCookieName, "");
}

TEST(Cookie, ValueIsFoundOnlyAtTheFrontOfAPair) {
  EXPECT_EQ(cookieValue("a=1; orbit_rel=x; b=2", "orbit_rel"), "x");
  EXPECT_EQ(cookieValue("orbit_rel=x", "orbit_rel"), "x");
  EXPECT_EQ(cookieValue("a=1;orbit_rel=x ;b", "orbit_rel"), "x");
  EXPECT_EQ(cookieValue("my_orbit_rel=y; orbit_rel=x", "orbit_rel"), "x");
  EXPECT_EQ(cookieValue("a=orbit_rel=y", "orbit_rel"), "");
  EXPECT_EQ(cookieValue("orbit_relative=y", "orbit_rel"), "");
  EXPECT_EQ(cookieValue("orbit_rel", "orbit_rel"), "");
  EXPECT_EQ(cookieValue("orbit_rel=", "orbit_rel"), "");
  EXPECT_EQ(cookieValue("", "orbit_rel"), "");
  EXPECT_EQ(cookieValue("a=1", ""), "");
}

TEST(Cookie, LineIsOneField) {
  EXPECT_EQ(cookieLine("n", "v", false), "Set-Cookie: n=v; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax\r\n");
  EXPECT_EQ(cookieLine("n", "v", true), "Set-Cookie: n=v; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure\r\n");
}

TEST(Cookie, NameTellsNothingAndIsTheSameInEveryEdge) {
  EXPECT_EQ(opaqueName("r1"), opaqueName("r1"));
  EXPECT_EQ(opaqueName("r1").size(), 11U);
  std::set<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.insert(opaqueName("release-" + std::to_string(i)));
  EXPECT_EQ(names.size(), 10'000U);
  // An edge that takes over must know the cookies of the one before: this value may never change.
  EXPECT_EQ(opaqueName("web.r1"), "pgmzm3rd0e2");
}

TEST(PassiveHealth, FailuresInARowTakeAnInstanceOut) {
  const ServicePtr state = make(service({release("r1", 100, 1)}));
  InstanceState& instance = *state->releases[0].instances[0];
  for (unsigned i = 1; i < state->config.passiveFall; ++i) noteFailure(instance, state->config, kNow);
  EXPECT_FALSE(isResting(instance, kNow));
  noteSuccess(instance);
  for (unsigned i = 1; i < state->config.passiveFall; ++i) noteFailure(instance, state->config, kNow);
  EXPECT_FALSE(isResting(instance, kNow));
  noteFailure(instance, state->config, kNow);
  EXPECT_TRUE(isResting(instance, kNow));
  EXPECT_FALSE(isResting(instance, kNow + state->config.passiveRest));

  auto never = state->config;
  never.passiveFall = 0;
  noteSuccess(instance);
  for (int i = 0; i < 100; ++i) noteFailure(instance, never, kNow);
  EXPECT_FALSE(isResting(instance, kNow));
}

TEST(RetryBudget, GivesAShareAndAtLeastThreeASecond) {
  model::TableService config;
  config.retryBudgetPercent = 10;
  RetryBudget budget;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take(config, kNow));
  EXPECT_FALSE(budget.take(config, kNow));
  EXPECT_TRUE(budget.take(config, kNow + std::chrono::seconds(1)));

  RetryBudget busy;
  for (int second = 0; second < 5; ++second) {
    for (int i = 0; i < 200; ++i) busy.onRequest(kNow + std::chrono::seconds(second));
  }
  int taken = 0;
  while (busy.take(config, kNow + std::chrono::seconds(4))) ++taken;
  EXPECT_EQ(taken, 100) << "10 % of 1,000";
  // The requests are forgotten after ten seconds, and so are the retries.
  taken = 0;
  while (busy.take(config, kNow + std::chrono::seconds(15))) ++taken;
  EXPECT_EQ(taken, 3);
}

}  // namespace
}  // namespace orbit::edge
