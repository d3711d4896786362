#include "deploy/world.h"

#include <gtest/gtest.h>

#include "deploy/deploy_fixture.h"

namespace orbit::deploy {
namespace {

const char* const kShop = R"(services:
  web:
    image: web:1
    ports: ["8000:8000"]
    x-orbit: {release: {share: 20}}
  notes:
    image: notes:1
    ports: ["8002:8002"]
    volumes: [notes:/data]
volumes: {notes: {}}
)";

class WorldTest : public ::testing::Test {
 protected:
  WorldTest() {
    state_.key = {"shop", "production"};
    state_.bridge = "orb1";
    state_.subnet = "10.213.4.0/24";
    state_.addresses = {{"web", "10.213.4.130"}, {"notes", "10.213.4.131"}};
    const auto plan = std::make_shared<const model::Deployment>(requestOf(kShop).plan);
    for (const int number : {1, 2, 3}) {
      Group& group = state_.groups[number];
      group.number = number;
      group.stage = Stage::kSettled;
      group.services["web"].port = 8000;
      group.services["notes"].port = 8002;
      plans_[number] = plan;
    }
    state_.live = {{"web", 2}, {"notes", 2}};
    add("web", 1);
    add("web", 2);
    add("notes", 2);
  }
  void add(const std::string& service, int group, bool running = true) {
    Instance one;
    one.name = containerName(state_.key, service, group, 1);
    one.service = service;
    one.group = group;
    one.number = 1;
    if (running) one.address = "10.213.4." + std::to_string(10 + instances_.size());
    instances_.push_back(one);
  }
  model::LiveService service(const std::string& name) {
    for (const auto& one : worldOf({state_, instances_, plans_, draining_, paused_}).services) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }

  EnvironmentState state_;
  std::vector<Instance> instances_;
  Plans plans_;
  std::set<ReleaseKey> draining_;
  std::set<std::string> paused_;
};

TEST_F(WorldTest, WhatIsLiveHasAll) {
  const auto web = service("web");
  EXPECT_TRUE(web.routed);
  EXPECT_EQ(web.virtualAddress, "10.213.4.130");
  ASSERT_EQ(web.releases.size(), 1u);
  EXPECT_EQ(web.releases[0].id, "r2");
  EXPECT_EQ(web.releases[0].weight, 100u);
  EXPECT_EQ(web.releases[0].port, 8000);
  EXPECT_FALSE(web.releases[0].watched);
  ASSERT_EQ(web.releases[0].instances.size(), 1u);
  EXPECT_EQ(web.releases[0].instances[0].id, "orbit.shop.production.web.r2.1");
}

TEST_F(WorldTest, AWatchedReleaseHasItsShareAndThenAllButATenth) {
  state_.previous["web"] = 1;
  state_.groups.at(2).stage = Stage::kShare;
  auto web = service("web");
  ASSERT_EQ(web.releases.size(), 2u);
  EXPECT_EQ(web.releases[0].id, "r2");
  EXPECT_EQ(web.releases[0].weight, 20u);
  EXPECT_TRUE(web.releases[0].watched);
  EXPECT_EQ(web.releases[1].weight, 80u);
  state_.groups.at(2).stage = Stage::kPromoted;
  web = service("web");
  EXPECT_EQ(web.releases[0].weight, 90u);
  EXPECT_EQ(web.releases[1].weight, 10u);
}

TEST_F(WorldTest, SharesLeaveBothSidesSomething) {
  Group group;
  group.stage = Stage::kShare;
  for (const unsigned share : {0U, 1U, 5U, 50U, 99U, 100U}) {
    model::ReleasePolicy policy;
    policy.sharePercent = share;
    const auto [fresh, old] = sharesOf(group, policy);
    EXPECT_GT(fresh, 0u);
    EXPECT_GT(old, 0u);
    EXPECT_EQ(fresh + old, 100u);
  }
}

TEST_F(WorldTest, AnOldReleaseWithoutInstancesGetsNothing) {
  state_.previous["web"] = 3;
  state_.groups.at(2).stage = Stage::kShare;
  add("web", 3, false);
  const auto web = service("web");
  ASSERT_EQ(web.releases.size(), 1u);
  EXPECT_EQ(web.releases[0].weight, 100u);
}

TEST_F(WorldTest, WhatDrainsIsNotChosen) {
  draining_.insert({"web", 1});
  const auto web = service("web");
  ASSERT_EQ(web.releases.size(), 2u);
  EXPECT_EQ(web.releases[0].id, "r2");
  EXPECT_TRUE(web.releases[1].draining);
  EXPECT_EQ(web.releases[1].weight, 0u);
}

TEST_F(WorldTest, WhatIsLiveAgainWhileItDrainsIsChosen) {
  draining_ = {{"web", 1}, {"web", 2}};
  state_.live["web"] = 1;
  const auto web = service("web");
  ASSERT_EQ(web.releases.size(), 2u);
  EXPECT_EQ(web.releases[0].id, "r1");
  EXPECT_FALSE(web.releases[0].draining);
  EXPECT_EQ(web.releases[0].weight, 100u);
}

TEST_F(WorldTest, StatefulServicesHaveNoShare) {
  state_.previous["notes"] = 1;
  add("notes", 1);
  state_.groups.at(2).stage = Stage::kShare;
  EXPECT_EQ(service("notes").releases.size(), 1u);
  paused_.insert("notes");
  EXPECT_TRUE(service("notes").paused);
  EXPECT_FALSE(service("web").paused);
}

TEST_F(WorldTest, WhatIsNotLiveIsNotServed) {
  state_.live["notes"] = 0;
  EXPECT_EQ(worldOf({state_, instances_, plans_, draining_, paused_}).services.size(), 1u);
}

}  // namespace
}  // namespace orbit::deploy
