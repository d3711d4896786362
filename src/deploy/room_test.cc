// What a rollback's target means.
#include "deploy/room.h"

#include <gtest/gtest.h>

namespace orbit::deploy {
namespace {

using Live = std::map<std::string, int>;

class TargetTest : public ::testing::Test {
 protected:
  // r1: web and api; r2: web; r3: api; r4: web, taken back; r5: web, failed at its gate.
  TargetTest() {
    add(1, {"web", "api"}, {{"web", 0}, {"api", 0}}, Stage::kSettled);
    add(2, {"web"}, {{"web", 1}}, Stage::kSettled);
    add(3, {"api"}, {{"api", 1}}, Stage::kSettled);
    add(4, {"web"}, {{"web", 2}}, Stage::kTakenBack);
    add(5, {"web"}, {{"web", 2}}, Stage::kFailed);
    state_.live = {{"web", 2}, {"api", 3}};
  }
  void add(int number, std::vector<std::string> changed, Live before, Stage stage) {
    Group& group = state_.groups[number];
    group.number = number;
    group.stage = stage;
    for (const auto& name : changed) group.services[name] = {};
    group.changed = std::move(changed);
    group.before = std::move(before);
  }
  Live target(const std::string& text) {
    const auto found = targetOf(state_, text);
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().text());
    return found.ok() ? *found : Live();
  }
  Code refusal(const std::string& text) {
    const auto found = targetOf(state_, text);
    return found.ok() ? Code::kInternal : found.error().code;
  }

  EnvironmentState state_;
};

TEST_F(TargetTest, WithoutANameTheNewestLiveGroupIsUndone) {
  EXPECT_EQ(target(""), (Live{{"api", 1}}));
}

TEST_F(TargetTest, AServiceGoesToWhatItWasBefore) {
  EXPECT_EQ(target("web"), (Live{{"web", 1}}));
  EXPECT_EQ(target("api"), (Live{{"api", 1}}));
}

TEST_F(TargetTest, AReleaseIsAllThatWasLiveThen) {
  EXPECT_EQ(target("r2"), (Live{{"web", 2}, {"api", 1}}));
  EXPECT_EQ(target("r3"), (Live{{"web", 2}, {"api", 3}}));
  EXPECT_EQ(target("r1"), (Live{{"web", 1}, {"api", 1}}));
  EXPECT_EQ(target("web@r1"), (Live{{"web", 1}}));
}

TEST_F(TargetTest, WhatWasTakenBackCanBeAskedForByName) {
  EXPECT_EQ(target("r4"), (Live{{"web", 4}, {"api", 3}}));
  EXPECT_EQ(target("r5"), (Live{{"web", 2}, {"api", 3}}));  // it was never live
}

TEST_F(TargetTest, WhatThereIsNotIsRefused) {
  EXPECT_EQ(refusal("r9"), Code::kNotFound);
  EXPECT_EQ(refusal("db"), Code::kConflict);
  state_.live = {{"web", 1}, {"api", 1}};
  EXPECT_EQ(refusal(""), Code::kConflict);
}

}  // namespace
}  // namespace orbit::deploy
