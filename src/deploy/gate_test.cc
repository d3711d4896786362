#include "deploy/gate.h"

#include <gtest/gtest.h>

#include "engine/fake.h"

namespace orbit::deploy {
namespace {

using namespace std::chrono_literals;
using model::Probe;

class GateTest : public ::testing::Test {
 protected:
  GateTest() : loop_(clock_), engine_(engine::FakeEngine::create(loop_, 1)) {
    engine_->addImage("app");
    input_.service = "web";
    input_.routed = true;
    input_.port = 8000;
    input_.portFrom = "the file's ports";
    input_.probe.kind = Probe::Kind::kHttp;
    input_.probe.deadline = 30s;
    behaviour_.ports = {8000};
  }
  Result<GatePass> pass() {
    engine_->setBehaviour("app", behaviour_);
    model::ContainerSpec spec;
    spec.image = "app";
    spec.restartPolicy = "unless-stopped";
    const auto id = loop_.runTask(engine_->createContainer("web-1", spec, {}));
    EXPECT_TRUE(id.ok() && loop_.runTask(engine_->startContainer(*id, {})).ok());
    const auto detail = loop_.runTask(engine_->inspectContainer(*id, {}));
    input_.instance.id = *id;
    input_.instance.name = "web-1";
    input_.instance.running = true;
    for (const auto& [network, address] : detail->summary.addresses) input_.instance.address = address;
    begun_ = clock_.now();
    Gate gate(loop_, *engine_, input_);
    return loop_.runTask(gate.pass({}));
  }
  Duration took() const { return clock_.now() - begun_; }
  std::string refusal() {
    const auto passed = pass();
    EXPECT_FALSE(passed.ok());
    return passed.ok() ? "" : passed.error().text();
  }

  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<engine::FakeEngine> engine_;
  engine::FakeBehaviour behaviour_;
  GateInput input_;
  Instant begun_{};
};

bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_F(GateTest, PassesAfterSoManyProbesInARow) {
  input_.probe.rise = 4;
  const auto passed = pass();
  ASSERT_TRUE(passed.ok()) << passed.error().text();
  EXPECT_EQ(passed->port, 8000);
  EXPECT_GE(took(), 900ms);
  EXPECT_LT(took(), 3s);
}

TEST_F(GateTest, WaitsForWhoStartsSlowly) {
  behaviour_.listensAfter = 9s;
  behaviour_.healthyAfter = 12s;
  EXPECT_TRUE(pass().ok());
  EXPECT_GE(took(), 12s);
}

TEST_F(GateTest, SaysWhatItSawLast) {
  behaviour_.httpStatus = 503;
  behaviour_.httpBody = "no database";
  const std::string text = refusal();
  EXPECT_TRUE(has(text, "within 30 s")) << text;
  EXPECT_TRUE(has(text, "answered 503: no database")) << text;
  EXPECT_GE(took(), 30s);
}

TEST_F(GateTest, NamesAServerThatOnlyItsContainerCanReach) {
  behaviour_.localhostOnly = true;
  const std::string text = refusal();
  EXPECT_TRUE(has(text, "127.0.0.1:8000 only")) << text;
  EXPECT_TRUE(has(text, "0.0.0.0")) << text;
  EXPECT_LT(took(), 10s);
}

TEST_F(GateTest, NamesTheWrongPort) {
  input_.portNamed = true;
  input_.portFrom = "x-orbit.port";
  behaviour_.ports = {3000};
  const std::string text = refusal();
  EXPECT_TRUE(has(text, "does not listen on 8000 (x-orbit.port), but on 3000")) << text;
  EXPECT_LT(took(), 20s);
}

TEST_F(GateTest, TheFirstReleasesPortIsWhatItIsSeenListeningOn) {
  behaviour_.ports = {3000};
  const auto passed = pass();
  ASSERT_TRUE(passed.ok()) << passed.error().text();
  EXPECT_EQ(passed->port, 3000);
}

TEST_F(GateTest, EndsWhenTheProcessEnds) {
  behaviour_.exitsAfter = 100ms;
  behaviour_.exitCode = 3;
  const auto passed = pass();
  ASSERT_FALSE(passed.ok());
  EXPECT_EQ(passed.error().code, Code::kConflict);
  EXPECT_TRUE(has(passed.error().text(), "before it was ready")) << passed.error().text();
  EXPECT_LT(took(), 10s);
}

TEST_F(GateTest, ACommandOfItsOwnIsAsked) {
  input_.probe.kind = Probe::Kind::kExec;
  input_.probe.command = {"check"};
  input_.routed = false;
  input_.port = 0;
  behaviour_.ports.clear();
  behaviour_.healthyAfter = 5s;
  EXPECT_TRUE(pass().ok());
  EXPECT_GE(took(), 5s);
}

TEST_F(GateTest, WhatListensNowhereMustStayUp) {
  input_.probe.kind = Probe::Kind::kRuns;
  input_.routed = false;
  input_.port = 0;
  behaviour_.ports.clear();
  EXPECT_TRUE(pass().ok());
  EXPECT_GE(took(), 2s);
}

TEST_F(GateTest, AnEngineThatIsAwayForAWhileIsWaitedFor) {
  const auto away = [](net::Loop* loop, engine::FakeEngine* engine) -> net::Task<void> {
    static_cast<void>(co_await loop->sleep(200ms));
    engine->setDown(true);
    static_cast<void>(co_await loop->sleep(8s));
    engine->setDown(false);
  };
  input_.probe.rise = 3;
  loop_.spawn(away(&loop_, engine_.get()));
  EXPECT_TRUE(pass().ok());
}

}  // namespace
}  // namespace orbit::deploy
