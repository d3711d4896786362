// Single moves on the simulated world, without chance: what the simulator once found, and what must never come back.
#include <gtest/gtest.h>

#include "deploy/deploy_fixture.h"
#include "deploy/edge_fixture.h"
#include "deploy/names.h"
#include "deploy/state.h"

namespace orbit::deploy {
namespace {

using net::Task;
using net::Wait;

class MovesTest : public ::testing::Test {
 protected:
  MovesTest()
      : loop_(clock_),
        engine_(engine::FakeEngine::create(loop_, 1)),
        stack_(loop_, *engine_, "home"),
        edge_(loop_, *engine_, 2),
        journal_(loop_, 3),
        visitors_(loop_) {
    visitors_.add(edge_.visit());
    start();
  }
  ~MovesTest() override {
    for (const auto& wrong : edge_.wrongs()) ADD_FAILURE() << wrong;
  }
  void start() {
    clients_ = std::make_unique<net::TaskGroup>(loop_);
    deploy_ = Deploy::create({loop_, *engine_, stack_, edge_, edge_, journal_, secrets_, "home"});
    running_ = std::make_unique<net::TaskGroup>(loop_);
    running_->add(deploy_->run(cancel_));
  }
  void kill() {
    clients_.reset();
    running_.reset();
    deploy_.reset();
    edge_.forgetCaller();
  }
  void pass(Duration span) { EXPECT_TRUE(loop_.runTask(loop_.sleep(span)).ok()); }

  // The image of the next deploys of a service.
  void image(const std::string& service, int port, const Nature& nature = {}, Duration listensAfter = {}) {
    const std::string tag = std::to_string(++versions_[service]);
    engine::ImageDetail detail;
    detail.id = "sha256:" + service + tag;
    engine::FakeBehaviour behaviour;
    behaviour.ports = {port};
    behaviour.listensAfter = listensAfter;
    if (nature.atGate) behaviour.httpStatus = 503;
    engine_->addImage(service + ":" + tag, detail);
    engine_->setBehaviour(detail.id, behaviour);
    edge_.setNature(detail.id, nature);
    ports_[service] = port;
  }
  void deploy(Duration waits) {
    std::string text = "services:\n";
    for (const auto& [service, port] : ports_) {
      const std::string at = std::to_string(port);
      text += "  " + service + ":\n    image: " + service + ":" + std::to_string(versions_[service]) +
              "\n    ports: [\"" + at + ":" + at + "\"]\n" +
              (service == "notes" ? "    volumes: [notes:/data]\n" : "") +
              "    x-orbit:\n      health: {path: /, deadline: 20s}\n"
              "      release: {pace: 20s, watch: 60s, warm: 60s, drain: 10s" +
              (check_.empty() ? "" : ", check: " + check_) + "}\n";
    }
    if (ports_.contains("notes")) text += "volumes: {notes: {}}\n";
    clients_->add(follow(deploy_.get(), requestOf(text)));
    pass(waits);
  }
  static Task<void> follow(Deploy* deploy, StartRequest request) {
    Observer nobody;
    const Wait forever;
    static_cast<void>(co_await deploy->start(std::move(request), Stage::kSettled, nobody, forever));
  }
  // Begins it; it is to succeed.
  void rollBack(std::string release) { clients_->add(backTo(deploy_.get(), std::move(release))); }
  static Task<void> backTo(Deploy* deploy, std::string release) {
    Observer nobody;
    const Wait forever;
    const Outcome outcome = co_await deploy->rollback("shop", "production", release, nobody, forever);
    EXPECT_TRUE(outcome.failures.empty()) << outcome.failures.front().error.text();
  }
  EnvironmentState state() const {
    EnvironmentState now;
    for (const auto& fact : journal_.facts) apply(now, fact);
    return now;
  }
  Stage stage(int group) const { return state().groups.at(group).stage; }
  // "r2 10, r1 90"
  std::string served(const std::string& service) const {
    std::vector<std::string> all;
    for (const auto& one : edge_.table().services) {
      if (one.name != service) continue;
      for (const auto& release : one.releases) all.push_back(release.id + " " + std::to_string(release.weight));
    }
    return join(all, ", ");
  }

  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<engine::FakeEngine> engine_;
  stack::Stack stack_;
  SimulatedEdge edge_;
  MemoryJournal journal_;
  MemorySecrets secrets_;
  std::map<std::string, int> versions_, ports_;
  std::string check_;
  net::Cancel cancel_;
  net::TaskGroup visitors_;
  std::unique_ptr<Deploy> deploy_;
  std::unique_ptr<net::TaskGroup> running_, clients_;
};

Nature failing(double failures) {
  Nature nature;
  nature.failures = failures;
  nature.bad = true;
  return nature;
}

Nature neverHealthy() {
  Nature nature;
  nature.atGate = nature.bad = true;
  return nature;
}

TEST_F(MovesTest, AGoodReleaseGoesThroughItsShareToSettled) {
  image("web", 8000);
  deploy(100s);
  EXPECT_EQ(stage(1), Stage::kSettled);
  image("web", 8000);
  deploy(6s);
  EXPECT_EQ(served("web"), "r2 10, r1 90");
  pass(25s);
  EXPECT_EQ(served("web"), "r2 90, r1 10");
  pass(80s);
  EXPECT_EQ(served("web"), "r2 100");
  EXPECT_EQ(stage(2), Stage::kSettled);
}

TEST_F(MovesTest, ABadReleaseIsTakenBackAndOneThatIsNeverHealthyNeverServes) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000, failing(1));
  deploy(40s);
  EXPECT_EQ(stage(2), Stage::kTakenBack);
  EXPECT_EQ(served("web"), "r1 100");
  image("web", 8000, neverHealthy());
  deploy(40s);
  EXPECT_EQ(stage(3), Stage::kFailed);
  EXPECT_EQ(served("web"), "r1 100");
}

// What was live at the start of r3 was taken back before r3 went live: it is no way back.
TEST_F(MovesTest, ADeployGoesBackToWhatIsLiveWhenItGoesLive) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000, failing(1));
  deploy(3s);
  EXPECT_EQ(stage(2), Stage::kShare);
  image("web", 8000, failing(1));
  deploy(60s);
  EXPECT_EQ(stage(2), Stage::kTakenBack);
  EXPECT_EQ(state().groups.at(3).before.at("web"), 1);
  EXPECT_EQ(stage(3), Stage::kTakenBack);
  EXPECT_EQ(served("web"), "r1 100");
}

// A service that has all requests from the start does not hold up the others of its group.
TEST_F(MovesTest, AGroupWithANewServiceIsPromoted) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000);
  image("api", 8001);
  image("notes", 8002);
  deploy(40s);
  EXPECT_EQ(stage(2), Stage::kPromoted);
}

TEST_F(MovesTest, AFullDiskHoldsUpNoWayBack) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000, failing(1));
  deploy(3s);
  journal_.full = true;
  pass(40s);
  EXPECT_EQ(served("web"), "r1 100");
  EXPECT_EQ(stage(2), Stage::kShare);  // not written yet
  journal_.full = false;
  pass(10s);
  EXPECT_EQ(stage(2), Stage::kTakenBack);
}

TEST_F(MovesTest, AnEngineThatIsAwayIsNoReasonToTakeBack) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000);
  deploy(6s);
  engine_->setDown(true);
  pass(15s);
  engine_->setDown(false);
  pass(20s);
  EXPECT_EQ(stage(2), Stage::kPromoted);
}

TEST_F(MovesTest, ABadReleaseGoesAlsoWhileTheEngineIsAway) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000, failing(1));
  deploy(2s);
  engine_->setDown(true);
  pass(30s);
  EXPECT_EQ(served("web"), "r1 100");
  engine_->setDown(false);
}

TEST_F(MovesTest, AnInstanceThatStartsAgainIsServedAtItsNewAddress) {
  image("web", 8000);
  deploy(30s);
  engine_->crash("orbit.shop.production.web.r1.1", 1, false);
  pass(20s);
  const auto& release = edge_.table().services.at(0).releases.at(0);
  ASSERT_EQ(release.instances.size(), 1u);
  EXPECT_EQ(engine_->imageAt(release.instances[0].address, 8000), "sha256:web1");
}

TEST_F(MovesTest, ADaemonThatDiesLeavesWhatIsLiveAndUndoesWhatIsNot) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000, {}, 10s);
  deploy(5s);
  EXPECT_EQ(stage(2), Stage::kGate);
  kill();
  pass(3s);
  EXPECT_EQ(served("web"), "r1 100");
  start();
  pass(30s);
  EXPECT_EQ(stage(2), Stage::kFailed);
  EXPECT_EQ(served("web"), "r1 100");
}

// A daemon that has just started, and waits for the engine, was asked: it died of that.
TEST_F(MovesTest, WhoPromotesAtOnceAfterAStartIsHeard) {
  image("web", 8000);
  deploy(30s);
  image("web", 8000);
  deploy(6s);
  EXPECT_EQ(stage(2), Stage::kShare);
  kill();
  engine_->setDown(true);
  start();
  pass(100ms);
  const auto promote = [](Deploy* deploy) -> Task<void> {
    Observer nobody;
    const Wait forever;
    const Outcome outcome = co_await deploy->promote("shop", "production", nobody, forever);
    EXPECT_TRUE(outcome.failures.empty()) << outcome.failures.front().error.text();
  };
  clients_->add(promote(deploy_.get()));
  pass(1s);
  engine_->setDown(false);
  pass(8s);
  EXPECT_EQ(served("web"), "r2 90, r1 10");
}

// Its fact is written and the edge has not taken it yet: whoever ends its move then, it is live and stays that.
TEST_F(MovesTest, WhatIsLiveIsNotTakenBackByTheNextDeploy) {
  image("web", 8000);
  deploy(30s);
  edge_.setAway(true);
  image("web", 8000);
  deploy(5s);
  EXPECT_EQ(stage(2), Stage::kShare);
  image("web", 8000, {}, 10s);
  deploy(5s);
  EXPECT_EQ(stage(2), Stage::kShare);
  edge_.setAway(false);
  pass(60s);
  EXPECT_EQ(stage(2), Stage::kSettled);
  EXPECT_EQ(stage(3), Stage::kPromoted);
}

// A cold way back goes through its gate; the sweep leaves its instances alone meanwhile.
TEST_F(MovesTest, AColdRollbackIsNotSweptAway) {
  image("web", 8000, {}, 12s);
  deploy(200s);
  image("web", 8000);
  deploy(200s);  // r1 is not warm any more
  rollBack("r1");
  pass(40s);
  EXPECT_EQ(served("web"), "r1 100");
}

// A daemon that died while it made an instance has the engine go on with it: the name is taken, and nobody is there
// yet.
TEST_F(MovesTest, AColdRollbackWaitsForANameThatIsStillBeingMade) {
  image("web", 8000);
  deploy(200s);
  image("web", 8000);
  deploy(200s);
  model::ContainerSpec spec;
  spec.image = "web:1";
  spec.labels = {{kHomeLabel, "home"}};
  engine_->createLate("orbit.shop.production.web.r1.1", spec, 2s);
  rollBack("r1");
  pass(20s);
  EXPECT_EQ(served("web"), "r1 100");
}

// A moment ago it was warm: what was seen of it before is no reason to send visitors there.
TEST_F(MovesTest, AWayBackToWhatWasJustRemovedGoesThroughItsGate) {
  image("web", 8000, {}, 5s);
  deploy(100s);
  image("web", 8000);
  deploy(40s);
  const auto back = [](Deploy* deploy, engine::FakeEngine* engine) -> Task<void> {
    const Wait forever;
    const Status removed = co_await engine->removeContainer("orbit.shop.production.web.r1.1", true, true, forever);
    EXPECT_TRUE(removed.ok()) << removed.error().text();
    Observer nobody;
    const Outcome outcome = co_await deploy->rollback("shop", "production", "", nobody, forever);
    EXPECT_TRUE(outcome.failures.empty()) << outcome.failures.front().error.text();
  };
  clients_->add(back(deploy_.get(), engine_.get()));
  pass(3s);
  EXPECT_NE(served("web"), "r1 100");
  pass(30s);
  EXPECT_EQ(served("web"), "r1 100");
}

TEST_F(MovesTest, AnEngineShortOfDiskKeepsNoMoreThanTheWayBack) {
  for (int turn = 0; turn < 5; ++turn) {
    image("web", 8000);
    deploy(100s);
  }
  pass(5min);
  EXPECT_EQ(state().groups.size(), 5u);
  engine_->setDiskFree(5'000'000'000, 100'000'000'000);
  pass(5min);
  const auto left = state().groups;
  EXPECT_EQ(left.size(), 3u) << "the one that is live, the one before it, and one more";
  EXPECT_EQ(left.begin()->first, 3);
  EXPECT_EQ(served("web"), "r5 100");
}

// Checks run before a move has its turn, and a sweep comes in between.
TEST_F(MovesTest, ALongCheckIsNotSweptAway) {
  image("web", 8000);
  deploy(100s);
  check_ = "pytest";
  image("web", 8000);
  engine::FakeBehaviour tests;
  tests.exitsAfter = 60s;
  engine_->setBehaviour("sha256:web2", tests);
  deploy(30s);
  EXPECT_EQ(stage(2), Stage::kBuilding);
  engine::FakeBehaviour serves;
  serves.ports = {8000};
  engine_->setBehaviour("sha256:web2", serves);
  pass(100s);
  EXPECT_EQ(served("web"), "r2 90, r1 10") << stageName(stage(2));
}

// To and fro, at whatever moment the sweep is at: who is asked never is one that is being removed.
TEST_F(MovesTest, WhoComesBackToWhatIsBeingRemovedWaitsForAnother) {
  image("web", 8000);
  deploy(100s);
  image("web", 8000);
  engine::FakeBehaviour slow;
  slow.ports = {8000};
  slow.stopsOnTerm = false;
  engine_->setBehaviour("sha256:web2", slow);
  deploy(100s);
  for (int turn = 0; turn < 40; ++turn) {
    rollBack("r1");
    pass(500ms * turn);
    rollBack("r2");
    pass(30s);
    EXPECT_EQ(served("web"), "r2 100");
  }
}

TEST_F(MovesTest, AStatefulServiceIsReplacedAndComesBackWhenTheNewOneFails) {
  image("notes", 8002);
  deploy(30s);
  image("notes", 8002, neverHealthy());
  deploy(60s);
  EXPECT_EQ(stage(2), Stage::kFailed);
  EXPECT_EQ(served("notes"), "r1 100");
  image("notes", 8002);
  deploy(40s);
  EXPECT_EQ(served("notes"), "r3 100");
}

// Two homes on one engine, of the same project.
TEST_F(MovesTest, WhatAnotherHomeRunsIsNeitherTakenNorRemoved) {
  const engine::Labels theirs = {{kHomeLabel, "another"}, {kProjectLabel, "shop"}, {kEnvironmentLabel, "production"}};
  image("web", 8000);
  model::ContainerSpec spec;
  spec.image = "sha256:web1";
  spec.labels = theirs;
  const std::string name = "orbit.shop.production.web.r1.1";
  const std::string id = loop_.runTask(engine_->createContainer(name, spec, {})).value();
  ASSERT_TRUE(loop_.runTask(engine_->startContainer(id, {})).ok());
  deploy(60s);
  EXPECT_EQ(stage(1), Stage::kFailed);
  EXPECT_EQ(loop_.runTask(engine_->inspectContainer(name, {})).value().summary.id, id);
  EXPECT_EQ(served("web"), "");
}

TEST_F(MovesTest, WhereAnotherHomeHasTheNetworkNothingIsStarted) {
  model::Network network;
  network.name = "orbit.shop.production";
  network.labels = {{kHomeLabel, "another"}};
  ASSERT_TRUE(loop_.runTask(engine_->createNetwork(network, {})).ok());
  image("web", 8000);
  deploy(60s);
  EXPECT_EQ(stage(1), Stage::kFailed);
  EXPECT_EQ(loop_.runTask(engine_->inspectContainer("orbit.shop.production.web.r1.1", {})).error().code,
            Code::kNotFound);
  Observer nobody;
  EXPECT_TRUE(loop_.runTask(deploy_->remove("shop", "production", true, nobody, {})).failures.empty());
  EXPECT_TRUE(loop_.runTask(engine_->inspectNetwork(network.name, {})).ok());
}

}  // namespace
}  // namespace orbit::deploy
