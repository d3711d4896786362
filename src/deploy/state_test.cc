#include "deploy/state.h"

#include <gtest/gtest.h>

namespace orbit::deploy {
namespace {

using format::Json;
using Shape = model::DeployService::Shape;
using Live = std::map<std::string, int>;

// Facts as a journal has them, a second apart.
class History {
 public:
  History& fact(int group, std::string kind, Json body = Json::object()) {
    all.push_back({"shop", "production", group, atUs_ += 1'000'000, std::move(kind), std::move(body), ""});
    return *this;
  }
  // A group that changes these services; what was live before is what is live now.
  History& begins(int number, const std::vector<std::string>& changed, Shape shape = Shape::kStateless) {
    Group group;
    const EnvironmentState now = state();
    for (const auto& name : changed) {
      group.services[name] = {"hash", name + ":v" + std::to_string(number), "sha256:" + name, shape, 8000};
      const auto live = now.live.find(name);
      group.before[name] = live == now.live.end() ? 0 : live->second;
    }
    group.changed = changed;
    fact(number, "deploy", deployBody(group));
    return fact(number, "changes", changesBody(group));
  }
  History& settles(int number, const std::vector<std::string>& changed) {
    begins(number, changed);
    return fact(number, "live").fact(number, "promoted").fact(number, "settled");
  }
  EnvironmentState state() const {
    EnvironmentState now;
    for (const auto& one : all) apply(now, one);
    return now;
  }
  std::vector<Fact> all;

 private:
  std::int64_t atUs_ = 0;
};

Json named(const char* service) {
  return Json::object({{"service", service}});
}

Json from(const char* service, int number) {
  return Json::object({{"service", service}, {"from", number}});
}

TEST(State, ADeployIsReadBackAsItWasWritten) {
  Group group;
  group.source = {"a1b2c3d", "fix the total", "ann", "main", true};
  group.services["web"] = {"hash", "web:1", "sha256:web", Shape::kStateful, 8000};
  group.pins = {{"KEY", "web", "mark", true, 3}};
  group.allowDevelopmentSecrets = true;
  const EnvironmentState state = History().fact(7, "deploy", deployBody(group)).state();
  const Group& read = state.groups.at(7);
  EXPECT_EQ(read.source.message, "fix the total");
  EXPECT_TRUE(read.source.dirty);
  EXPECT_EQ(read.services.at("web").shape, Shape::kStateful);
  EXPECT_EQ(read.services.at("web").port, 8000);
  EXPECT_EQ(read.pins, group.pins);
  EXPECT_TRUE(read.allowDevelopmentSecrets);
  EXPECT_EQ(read.startedUs, 1'000'000);
  EXPECT_EQ(state.newest, 7);
  EXPECT_TRUE(read.underWay());
}

TEST(State, NetworkAndAddressesAreKept) {
  const EnvironmentState state =
      History()
          .fact(0, "network", Json::object({{"subnet", "10.213.4.0/24"}, {"bridge", "orb1"}}))
          .fact(0, "address", Json::object({{"service", "web"}, {"address", "10.213.4.130"}}))
          .state();
  EXPECT_EQ(state.subnet, "10.213.4.0/24");
  EXPECT_EQ(state.bridge, "orb1");
  EXPECT_EQ(state.addresses.at("web"), "10.213.4.130");
}

TEST(State, AReleaseGoesFromItsShareToSettled) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "port", Json::object({{"service", "web"}, {"port", 3000}}));
  EXPECT_EQ(history.state().live, (Live{{"web", 1}}));
  history.fact(2, "live");
  EXPECT_EQ(history.state().live, (Live{{"web", 2}}));
  EXPECT_EQ(history.state().previous, (Live{{"web", 1}}));
  EXPECT_EQ(history.state().watchedGroup()->number, 2);
  history.fact(2, "shared fault", Json::object({{"text", "the database"}}));
  history.fact(2, "promoted", Json::object({{"by", "hand"}, {"text", "by hand"}}));
  EXPECT_EQ(history.state().groups.at(2).stage, Stage::kPromoted);
  EXPECT_EQ(history.state().groups.at(2).by, "hand");
  history.fact(2, "settled", Json::object({{"text", "well"}}));
  const Group settled = history.state().groups.at(2);
  EXPECT_EQ(settled.stage, Stage::kSettled);
  EXPECT_EQ(settled.summary, "well");
  EXPECT_EQ(settled.services.at("web").port, 3000);
  EXPECT_EQ(settled.sharedFaults.size(), 1u);
  EXPECT_EQ(history.state().watchedGroup(), nullptr);
}

TEST(State, ATakenBackReleaseLeavesWhatWasBefore) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "live");
  Json body = backBody({{"web", 1}}, {{"web", 2}});
  body.set("by", "verdict");
  body.set("reasons", Json::strings({"it fails"}));
  history.fact(2, "taken back", std::move(body));
  const EnvironmentState state = history.state();
  EXPECT_EQ(state.live, (Live{{"web", 1}}));
  EXPECT_TRUE(state.previous.empty());
  EXPECT_EQ(state.groups.at(2).stage, Stage::kTakenBack);
  EXPECT_EQ(state.groups.at(2).reasons, std::vector<std::string>{"it fails"});
}

TEST(State, AWayBackThatIsWrittenTooLateMovesNothingNewer) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "live").begins(3, {"web"}).fact(3, "live");
  history.fact(2, "taken back", backBody({{"web", 1}}, {{"web", 2}}));
  EXPECT_EQ(history.state().live, (Live{{"web", 3}}));
  EXPECT_EQ(history.state().groups.at(2).stage, Stage::kSettled);
  history.fact(0, "rolled back", backBody({{"web", 1}}, {{"web", 2}}));
  EXPECT_EQ(history.state().live, (Live{{"web", 3}}));
  history.fact(0, "rolled back", backBody({{"web", 1}}, {{"web", 3}}));
  EXPECT_EQ(history.state().live, (Live{{"web", 1}}));
}

TEST(State, ANewerLiveReleaseEndsAWatch) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "live").fact(2, "promoted").begins(3, {"web"}).fact(3, "live");
  const EnvironmentState state = history.state();
  EXPECT_EQ(state.groups.at(2).stage, Stage::kSettled);
  EXPECT_EQ(state.groups.at(2).endedUs, state.groups.at(3).liveUs);
  EXPECT_EQ(state.previous.at("web"), 2);
  EXPECT_EQ(state.watchedGroup()->number, 3);
}

TEST(State, StatefulServicesMoveOneByOne) {
  History history;
  history.begins(1, {"notes"}, Shape::kStateful).fact(1, "replaced", named("notes")).fact(1, "live");
  history.begins(2, {"notes"}, Shape::kStateful).fact(2, "replacing", from("notes", 1));
  EXPECT_EQ(history.state().groups.at(2).replacing, "notes");
  EXPECT_EQ(history.state().groups.at(2).replacingFrom, 1);
  EXPECT_EQ(history.state().live.at("notes"), 1);
  const History before = history;
  history.fact(2, "replaced", named("notes"));
  EXPECT_EQ(history.state().live.at("notes"), 2);
  EXPECT_EQ(history.state().groups.at(2).replaced, std::vector<std::string>{"notes"});
  EXPECT_EQ(history.state().groups.at(2).replacing, "");
  const EnvironmentState restored = History(before).fact(2, "restored", from("notes", 1)).state();
  EXPECT_EQ(restored.live.at("notes"), 1);
  EXPECT_EQ(restored.groups.at(2).replacing, "");
  EXPECT_TRUE(restored.previous.empty());
}

TEST(State, EndsBeforeItIsLiveChangeNothing) {
  for (const auto& [kind, stage] :
       {std::pair{"failed", Stage::kFailed}, {"cancelled", Stage::kCancelled}, {"superseded", Stage::kSuperseded}}) {
    History history;
    history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "stage", Json::object({{"stage", "gate"}}));
    EXPECT_EQ(history.state().groups.at(2).stage, Stage::kGate);
    history.fact(2, kind, Json::object({{"reasons", Json::strings({"why"})}}));
    EXPECT_EQ(history.state().groups.at(2).stage, stage);
    EXPECT_EQ(history.state().live, (Live{{"web", 1}}));
  }
}

TEST(State, WhatIsUnchangedOrRemovedLeavesOnlyItsNumber) {
  EXPECT_TRUE(History().begins(1, {"web"}).fact(1, "unchanged").state().groups.empty());
  const EnvironmentState state = History().settles(3, {"web"}).fact(0, "removed").state();
  EXPECT_TRUE(state.groups.empty());
  EXPECT_TRUE(state.live.empty());
  EXPECT_EQ(state.newest, 3);
  EXPECT_EQ(state.key.project, "shop");
}

TEST(State, FactsOfAForgottenGroupAreNothing) {
  History history;
  history.settles(1, {"web"}).fact(9, "live").fact(9, "taken back").fact(9, "replaced", named("web"));
  EXPECT_EQ(history.state().live, (Live{{"web", 1}}));
}

TEST(State, UndoingGivesWhatWasBeforeButDatabasesAndFirsts) {
  History history;
  history.settles(1, {"web", "db"}).begins(2, {"web", "api", "db"});
  EnvironmentState state = history.state();
  state.groups.at(2).services.at("db").shape = Shape::kDatabase;
  EXPECT_EQ(undoing(state, state.groups.at(2)), (Live{{"web", 1}}));
}

TEST(State, WhatWasTakenBackIsNoWayBack) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "live").begins(3, {"web"});
  history.fact(2, "taken back", backBody({{"web", 1}}, {{"web", 2}})).fact(3, "live");
  const EnvironmentState state = history.state();
  EXPECT_EQ(state.groups.at(3).before.at("web"), 2);
  EXPECT_EQ(undoing(state, state.groups.at(3)), (Live{{"web", 1}}));
}

TEST(State, OldGroupsAreForgettableButNotThoseThatAreNeeded) {
  History history;
  history.settles(1, {"db"});
  for (int number = 2; number <= 8; ++number) history.settles(number, {"web"});
  history.begins(9, {"web"});
  // 1 is live, 8 too, 7 beside it, 9 under way; of the others two are kept.
  EXPECT_EQ(forgettable(history.state(), 2), (std::vector<int>{4, 3, 2}));
  EXPECT_TRUE(forgettable(history.state(), 10).empty());
}

// What a group did to another one must outlive its facts.
TEST(State, ForgettingAGroupChangesNothingThatIsLive) {
  History history;
  history.settles(1, {"web"}).begins(2, {"web"}).fact(2, "live").begins(3, {"web"}).fact(3, "live");
  history.fact(2, "settled", Json::object({{"text", "its watch ended when r3 went live"}}));
  history.fact(3, "taken back", backBody({{"web", 2}}, {{"web", 3}}));
  const EnvironmentState whole = history.state();
  std::erase_if(history.all, [](const Fact& fact) { return fact.group == 3; });
  const EnvironmentState rest = history.state();
  EXPECT_EQ(rest.live, whole.live);
  EXPECT_EQ(rest.groups.at(2).stage, Stage::kSettled);
  EXPECT_EQ(rest.watchedGroup(), nullptr);
}

}  // namespace
}  // namespace orbit::deploy
