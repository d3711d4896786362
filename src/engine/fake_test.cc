// What only the fake has: faults, restarts, virtual time. The contract suite has what it shares with the real engine.
#include "engine/fake.h"

#include <gtest/gtest.h>

namespace orbit::engine {
namespace {

using namespace std::chrono_literals;

class FakeTest : public ::testing::Test {
 protected:
  FakeTest() : loop_(clock_), engine_(FakeEngine::create(loop_, 1)) { engine_->addImage("app"); }
  template <class T>
  T run(net::Task<T> task) {
    return loop_.runTask(std::move(task));
  }
  std::string started(const std::string& name, const std::string& restart = "") {
    model::ContainerSpec spec;
    spec.image = "app";
    spec.restartPolicy = restart;
    const auto id = run(engine_->createContainer(name, spec, {}));
    EXPECT_TRUE(id.ok() && run(engine_->startContainer(*id, {})).ok());
    return *id;
  }
  void pass(Duration span) { EXPECT_TRUE(run(loop_.sleep(span)).ok()); }

  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<FakeEngine> engine_;
};

TEST_F(FakeTest, TheJournalTellsChangesInOrder) {
  const std::string id = started("web");
  EXPECT_TRUE(run(engine_->stopContainer(id, 1s, {})).ok());
  EXPECT_TRUE(run(engine_->removeContainer(id, false, false, {})).ok());
  EXPECT_EQ(engine_->journal(), (std::vector<std::string>{"create web", "start web", "stop web", "remove web"}));
}

TEST_F(FakeTest, ALostReplyHasTakenEffectALostRequestHasNot) {
  model::ContainerSpec spec;
  spec.image = "app";
  engine_->setFaults(1, 0);
  const auto unsent = run(engine_->createContainer("web", spec, {}));
  ASSERT_FALSE(unsent.ok());
  EXPECT_TRUE(unsent.error().retrySafe);
  EXPECT_TRUE(engine_->journal().empty());
  engine_->setFaults(0, 1);
  const auto unheard = run(engine_->createContainer("web", spec, {}));
  ASSERT_FALSE(unheard.ok());
  EXPECT_FALSE(unheard.error().retrySafe);
  EXPECT_EQ(engine_->journal(), std::vector<std::string>{"create web"});
  engine_->setFaults(0, 0);
  EXPECT_TRUE(run(engine_->inspectContainer("web", {})).ok());
}

TEST_F(FakeTest, AnEngineThatIsDownEndsStreamsAndKeepsContainers) {
  const std::string id = started("web");
  net::TaskGroup group(loop_);
  auto later = [](net::Loop* loop, FakeEngine* engine) -> net::Task<void> {
    EXPECT_TRUE((co_await loop->sleep(1s)).ok());
    engine->setDown(true);
  };
  group.add(later(&loop_, engine_.get()));
  EXPECT_EQ(run(engine_->waitContainer(id, {})).error().code, Code::kUnavailable);
  EXPECT_EQ(run(engine_->inspectContainer(id, {})).error().code, Code::kUnavailable);
  engine_->setDown(false);
  EXPECT_EQ(run(engine_->inspectContainer(id, {}))->summary.state, ContainerState::kRunning);
}

TEST_F(FakeTest, RestartPoliciesApplyWithGrowingPauses) {
  FakeBehaviour crashes;
  crashes.exitsAfter = 10ms;
  crashes.exitCode = 2;
  engine_->setBehaviour("app", crashes);
  const std::string always = started("always", "always");
  model::ContainerSpec limited;
  limited.image = "app";
  limited.restartPolicy = "on-failure";
  limited.restartMaxRetries = 2;
  const std::string failing = *run(engine_->createContainer("failing", limited, {}));
  EXPECT_TRUE(run(engine_->startContainer(failing, {})).ok());
  EXPECT_EQ(*run(engine_->waitContainer(failing, {})), 2);
  EXPECT_EQ(run(engine_->inspectContainer(failing, {}))->restartCount, 2);
  pass(10s);
  EXPECT_GT(run(engine_->inspectContainer(always, {}))->restartCount, 4);
  EXPECT_TRUE(run(engine_->stopContainer(always, 1s, {})).ok());
  pass(100s);
  EXPECT_EQ(run(engine_->inspectContainer(always, {}))->summary.state, ContainerState::kExited);
}

TEST_F(FakeTest, AStubbornContainerTakesItsWholeGrace) {
  FakeBehaviour stubborn;
  stubborn.stopsOnTerm = false;
  engine_->setBehaviour("app", stubborn);
  const std::string id = started("stubborn");
  const Instant before = clock_.now();
  EXPECT_TRUE(run(engine_->stopContainer(id, 7s, {})).ok());
  EXPECT_EQ(clock_.now() - before, Duration(7s));
  EXPECT_EQ(run(engine_->inspectContainer(id, {}))->exitCode, 137);
}

TEST_F(FakeTest, HealthAndPortsFollowTheBehaviour) {
  FakeBehaviour slow;
  slow.healthyAfter = 3s;
  slow.listensAfter = 5s;
  slow.ports = {80};
  engine_->setBehaviour("app", slow);
  const std::string id = started("web");
  const std::string address = run(engine_->inspectContainer(id, {}))->summary.addresses.at("bridge");
  EXPECT_EQ(run(engine_->exec(id, {}, {}))->exitCode, 1);
  pass(3s);
  EXPECT_EQ(run(engine_->exec(id, {}, {}))->exitCode, 0);
  EXPECT_FALSE(run(engine_->probeTcp(address, 80, {})).ok());
  pass(2s);
  EXPECT_TRUE(run(engine_->probeTcp(address, 80, {})).ok());
  EXPECT_FALSE(run(engine_->probeTcp(address, 81, {})).ok());
}

TEST_F(FakeTest, PullsKnowTheRegistryAndAFullDisk) {
  engine_->addRegistryImage("redis:7");
  engine_->setDiskFull(true);
  EXPECT_EQ(run(engine_->pullImage("redis:7", "", {}, {})).error().code, Code::kNoSpace);
  engine_->setDiskFull(false);
  EXPECT_TRUE(run(engine_->pullImage("redis:7", "", {}, {})).ok());
  EXPECT_TRUE(run(engine_->inspectImage("redis:7", {})).ok());
  EXPECT_EQ(run(engine_->pullImage("redis:8", "", {}, {})).error().code, Code::kNotFound);
}

TEST_F(FakeTest, LatencyIsVirtualAndTheSeedReplaysIt) {
  const auto took = [](std::uint64_t seed) {
    FakeClock clock;
    net::Loop loop(clock);
    auto engine = FakeEngine::create(loop, seed);
    engine->setLatency(1h);
    const Instant before = clock.now();
    EXPECT_TRUE(loop.runTask(engine->info({})).ok());
    return clock.now() - before;
  };
  EXPECT_GT(took(1), Duration::zero());
  EXPECT_EQ(took(1), took(1));
  EXPECT_NE(took(1), took(2));
}

}  // namespace
}  // namespace orbit::engine
