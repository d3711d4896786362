#include "stack/schedule.h"

#include <gtest/gtest.h>

namespace orbit::stack {
namespace {

using Condition = model::Dependency::Condition;

model::Service service(std::string name, std::vector<model::Dependency> dependsOn = {}) {
  model::Service made;
  made.name = std::move(name);
  made.dependsOn = std::move(dependsOn);
  return made;
}

model::Dependency on(std::string name, Condition condition = Condition::kStarted, bool required = true) {
  model::Dependency made;
  made.service = std::move(name);
  made.condition = condition;
  made.required = required;
  return made;
}

model::Plan shop() {
  model::Plan plan;
  plan.project = "shop";
  plan.services = {service("web", {on("api", Condition::kHealthy), on("cache")}),
                   service("api", {on("db", Condition::kHealthy), on("migrate", Condition::kCompleted)}),
                   service("migrate", {on("db", Condition::kHealthy)}), service("db"), service("cache")};
  return plan;
}

std::vector<std::string> names(const Schedule& schedule) {
  std::vector<std::string> all;
  for (const auto& turn : schedule.turns) all.push_back(turn.service->name);
  return all;
}

TEST(Schedule, DependenciesComeFirst) {
  const auto plan = shop();
  EXPECT_EQ(names(*schedule(plan, {})), (std::vector<std::string>{"db", "migrate", "api", "cache", "web"}));
}

TEST(Schedule, ANamedServiceTakesItsDependenciesAlong) {
  const auto plan = shop();
  const auto some = schedule(plan, {{"migrate"}, true, {}});
  ASSERT_EQ(names(*some), (std::vector<std::string>{"db", "migrate"}));
  EXPECT_FALSE(some->turns[0].named);
  EXPECT_TRUE(some->turns[1].named);
}

TEST(Schedule, WithoutDependenciesOnlyTheNamedTakePartButKeepTheirOrder) {
  const auto plan = shop();
  const auto some = schedule(plan, {{"web", "api"}, false, {}});
  ASSERT_EQ(names(*some), (std::vector<std::string>{"api", "web"}));
  EXPECT_TRUE(some->turns[0].waitsFor.empty());
  ASSERT_EQ(some->turns[1].waitsFor.size(), 1u);
  EXPECT_EQ(some->turns[1].waitsFor[0].service, "api");
}

TEST(Schedule, NobodyWaitsForAServiceOfNoContainers) {
  const auto plan = shop();
  const auto all = schedule(plan, {{}, true, {{"cache", 0}}});
  EXPECT_EQ(all->turns.back().waitsFor.size(), 1u);
}

TEST(Schedule, AnUnknownNameGetsTheNearestKnownOne) {
  const auto plan = shop();
  const auto none = schedule(plan, {{"wbe"}, true, {}});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_EQ(none.error().hint, "did you mean web?");
}

TEST(Schedule, ADisabledDependencyIsAnErrorUnlessItIsOptional) {
  model::Plan plan;
  plan.disabled = {"debug"};
  plan.services = {service("web", {on("debug")})};
  const auto refused = schedule(plan, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message, "web depends on debug, which no active profile enables");
  plan.services[0].dependsOn[0].required = false;
  const auto fine = schedule(plan, {});
  ASSERT_TRUE(fine.ok());
  EXPECT_EQ(fine->warnings.size(), 1u);
  EXPECT_TRUE(fine->turns[0].waitsFor.empty());
}

TEST(Schedule, ACircleIsNamed) {
  model::Plan plan;
  plan.services = {service("a", {on("b")}), service("b", {on("c")}), service("c", {on("b")})};
  const auto none = schedule(plan, {});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "services depend on each other in a circle: b → c → b");
}

TEST(MayStart, EachConditionWaitsForItsOwn) {
  const auto web = service("web");
  for (const auto condition : {Condition::kStarted, Condition::kHealthy, Condition::kCompleted}) {
    const Turn turn{&web, {on("db", condition)}, true};
    std::map<std::string, Progress> progress;
    EXPECT_EQ(mayStart(turn, progress).kind, Verdict::Kind::kWait);
    progress["db"].started = true;
    EXPECT_EQ(mayStart(turn, progress).kind,
              condition == Condition::kStarted ? Verdict::Kind::kStart : Verdict::Kind::kWait);
    progress["db"].healthy = true;
    EXPECT_EQ(mayStart(turn, progress).kind,
              condition == Condition::kCompleted ? Verdict::Kind::kWait : Verdict::Kind::kStart);
    progress["db"].completed = true;
    EXPECT_EQ(mayStart(turn, progress).kind, Verdict::Kind::kStart);
  }
}

TEST(MayStart, AFailedDependencyEndsTheWaitUnlessItIsOptional) {
  const auto web = service("web");
  std::map<std::string, Progress> progress;
  progress["db"].started = true;
  progress["db"].failed = true;
  const Turn hard{&web, {on("db", Condition::kHealthy)}, true};
  EXPECT_EQ(mayStart(hard, progress).kind, Verdict::Kind::kGiveUp);
  EXPECT_EQ(mayStart(hard, progress).dependency, "db");
  const Turn soft{&web, {on("db", Condition::kHealthy, false)}, true};
  EXPECT_EQ(mayStart(soft, progress).kind, Verdict::Kind::kStart);
  EXPECT_EQ(mayStart(soft, progress).withoutThe, std::vector<std::string>{"db"});
  // It did start, which was all that was asked.
  const Turn started{&web, {on("db")}, true};
  EXPECT_EQ(mayStart(started, progress).kind, Verdict::Kind::kStart);
}

TEST(MayStart, AnOptionalFailureDoesNotSkipTheOtherWaits) {
  const auto web = service("web");
  std::map<std::string, Progress> progress;
  progress["cache"].failed = true;
  const Turn turn{&web, {on("cache", Condition::kHealthy, false), on("db")}, true};
  EXPECT_EQ(mayStart(turn, progress).kind, Verdict::Kind::kWait);
}

TEST(StopsAfter, DependantsGoFirst) {
  const auto order = stopsAfter(shop());
  EXPECT_EQ(order.at("db"), (std::set<std::string>{"api", "migrate"}));
  EXPECT_EQ(order.at("web"), std::set<std::string>{});
}

TEST(RestartsWith, OnlyThoseThatAskForIt) {
  auto plan = shop();
  plan.services[1].dependsOn[0].restart = true;
  EXPECT_EQ(restartsWith(plan, "db"), std::vector<std::string>{"api"});
}

TEST(SharesWith, NamespacesAndVolumes) {
  auto made = service("sidecar");
  made.container.networkMode = "service:api";
  made.container.pidMode = "container:other";
  made.volumesFrom = {"db:ro", "container:old"};
  EXPECT_EQ(sharesWith(made), (std::set<std::string>{"api", "db"}));
}

}  // namespace
}  // namespace orbit::stack
