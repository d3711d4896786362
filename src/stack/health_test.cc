// When a service counts as healthy, and what is said when it does not become so.
#include "stack/health.h"

#include "stack/failure.h"
#include "stack/stack_fixture.h"

namespace orbit::stack {
namespace {

using HealthTest = StackTest;

TEST_F(HealthTest, HealthyMeansTwoPassesApartAndNoLonger) {
  add("db").container.healthCheck = check();
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(clock_.now() - before, kPassesApart);
  // The engine's own probe is still to come, but this daemon knows already.
  const Instant again = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(clock_.now(), again);
  // Another daemon does not, and looks itself.
  Stack other(loop_, *engine_, "home");
  ASSERT_TRUE(loop_.runTask(other.up(plan_, {}, observer(), {})).ok());
  EXPECT_EQ(clock_.now() - again, kPassesApart);
}

TEST_F(HealthTest, APortThatOpensWakesTheProber) {
  engine::FakeBehaviour slow;
  slow.healthyAfter = 3s;
  slow.listensAfter = 3s;
  slow.ports = {5432};
  auto& db = add("db", slow);
  db.container.healthCheck = check(30s);
  db.readyPorts = {5432};
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_LT(clock_.now() - before, 3s + kPassesApart + kPortGapMost);
  EXPECT_TRUE(warnings_.empty());
}

// What the official Postgres image does: a temporary server answers the probe first.
TEST_F(HealthTest, ADependantWaitsForThePortThoughTheProbePassesEarly) {
  engine::FakeBehaviour slow;
  slow.listensAfter = 3s;
  slow.ports = {5432};
  auto& db = add("db", slow);
  db.container.healthCheck = check();
  db.readyPorts = {5432};
  add("web").dependsOn = {on("db")};
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_GE(clock_.now() - before, 3s);
  // Created early, started late.
  const std::string journal = journalSince(1);
  EXPECT_LT(journal.find("create shop-web-1"), journal.find("start shop-web-1"));
  EXPECT_LT(journal.find("start shop-db-1"), journal.find("start shop-web-1"));
}

TEST_F(HealthTest, AListenerOnLocalhostIsNamedWithoutWaitingLong) {
  engine::FakeBehaviour local;
  local.ports = {3000};
  local.localhostOnly = true;
  add("web", local).readyPorts = {3000};
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("listens on 127.0.0.1:3000 inside its container"), std::string::npos);
  EXPECT_LT(clock_.now() - before, kPortWait);
}

TEST_F(HealthTest, APortNobodyOpensIsAWarningAfterThirtySeconds) {
  engine::FakeBehaviour elsewhere;
  elsewhere.ports = {5173};
  add("web", elsewhere).readyPorts = {3000};
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(warnings_, std::vector<std::string>{"service web does not accept connections on port 3000"});
  EXPECT_GE(clock_.now() - before, kPortWait);
  // Said once; the next `up` does not wait for it again.
  const Instant again = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(clock_.now(), again);
}

TEST_F(HealthTest, AFailingServiceNamesItsExitAndLastLinesAndStopsItsDependants) {
  engine::FakeBehaviour dies;
  dies.exitsAfter = 100ms;
  dies.exitCode = 1;
  dies.log = {"reading configuration", "fatal: no such database"};
  add("db", dies).container.healthCheck = check();
  add("web").dependsOn = {on("db")};
  add("other");
  const Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 1u);
  const Failure& failure = outcome.failures[0];
  EXPECT_EQ(failure.service, "db");
  EXPECT_EQ(failure.container, "shop-db-1");
  EXPECT_EQ(failure.exitCode, 1);
  EXPECT_EQ(failure.logTail, (std::vector<std::string>{"reading configuration", "fatal: no such database"}));
  EXPECT_EQ(failure.error.message, "service db exited with code 1");
  EXPECT_EQ(failure.error.at.line, 3);
  EXPECT_EQ(journalSince(0).find("start shop-web-1"), std::string::npos);
  EXPECT_NE(journalSince(0).find("start shop-other-1"), std::string::npos);
}

TEST_F(HealthTest, AnOptionalDependencyThatFailsIsOnlyAWarning) {
  engine::FakeBehaviour dies;
  dies.exitsAfter = 100ms;
  dies.exitCode = 1;
  add("cache", dies).container.healthCheck = check();
  auto optional = on("cache");
  optional.required = false;
  add("web").dependsOn = {optional};
  EXPECT_EQ(up().failures.size(), 1u);
  EXPECT_NE(journalSince(0).find("start shop-web-1"), std::string::npos);
  EXPECT_EQ(warnings_, std::vector<std::string>{"service web starts without cache, which failed"});
}

TEST_F(HealthTest, UnhealthyIsDecidedByTheFilesRetriesAndInterval) {
  engine::FakeBehaviour never;
  never.healthyAfter = 1h;
  auto& db = add("db", never);
  db.container.healthCheck = check(2s);
  db.container.healthCheck->retries = 3;
  db.container.healthCheck->startPeriod = 10s;
  const Instant before = clock_.now();
  const Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_NE(outcome.failures[0].error.message.find("its healthcheck keeps failing; it last said: not ready"),
            std::string::npos);
  EXPECT_GE(clock_.now() - before, 14s);
  EXPECT_LE(clock_.now() - before, 20s);
}

TEST_F(HealthTest, TheWaitHasAnEnd) {
  engine::FakeBehaviour never;
  never.healthyAfter = 1h;
  add("db", never).container.healthCheck = check(1min);
  UpOptions options;
  options.waitTimeout = 7s;
  const Instant before = clock_.now();
  const Outcome outcome = up(options);
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.message, "service db was not healthy in time");
  EXPECT_EQ(clock_.now() - before, 7s);
}

TEST_F(HealthTest, AContainerThatItsPolicyBringsBackGetsThreeTries) {
  engine::FakeBehaviour dies;
  dies.exitsAfter = 50ms;
  dies.exitCode = 3;
  auto& web = add("web", dies);
  web.container.restartPolicy = "always";
  const Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].exitCode, 3);
  EXPECT_NE(outcome.failures[0].error.message.find("after 3 restarts"), std::string::npos);
}

TEST_F(HealthTest, AJobThatEndsWellIsASuccess) {
  engine::FakeBehaviour job;
  job.exitsAfter = 20ms;
  add("migrate", job);
  add("web").dependsOn = {on("migrate", Condition::kCompleted)};
  ASSERT_TRUE(up().ok());
  EXPECT_LT(journalSince(0).find("start shop-migrate-1"), journalSince(0).find("start shop-web-1"));
}

TEST(ExitMeaning, KnowsTheUsualCodes) {
  EXPECT_EQ(exitMeaning(137, true).meaning, "it was killed for lack of memory");
  EXPECT_EQ(exitMeaning(127, false).meaning, "its command was not found in the image");
  EXPECT_EQ(exitMeaning(42, false).meaning, "");
}

}  // namespace
}  // namespace orbit::stack
