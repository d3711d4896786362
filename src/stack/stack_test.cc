// Whole operations against the fake engine, on virtual time.
#include "stack/stack.h"

#include <gtest/gtest.h>

#include "engine/fake.h"
#include "stack/failure.h"
#include "stack/limits.h"
#include "stack/names.h"

namespace orbit::stack {
namespace {

using Condition = model::Dependency::Condition;
using net::Task;

class StackTest : public testing::Test {
 protected:
  StackTest() : loop_(clock_), engine_(engine::FakeEngine::create(loop_, 1)), stack_(loop_, *engine_, "home") {
    plan_.project = "shop";
    plan_.workingDir = "/src/shop";
    model::Network network;
    network.key = "default";
    network.name = "shop_default";
    plan_.networks = {network};
  }

  // A service of an image of the same name, which is there.
  model::Service& add(const std::string& name, engine::FakeBehaviour behaviour = {}) {
    engine_->addImage(name + ":1");
    engine_->setBehaviour(name + ":1", std::move(behaviour));
    model::Service service;
    service.name = name;
    service.container.image = name + ":1";
    service.configHash = name + "-hash";
    service.at = {"/src/shop/compose.yaml", 3, 3};
    model::NetworkAttachment attachment;
    attachment.network = "default";
    service.container.networks = {attachment};
    plan_.services.push_back(std::move(service));
    return plan_.services.back();
  }

  static model::HealthCheck check(Duration interval = 5s) {
    model::HealthCheck made;
    made.test = {"CMD", "check"};
    made.interval = interval;
    return made;
  }

  static model::Dependency on(const std::string& name, Condition condition = Condition::kHealthy) {
    model::Dependency made;
    made.service = name;
    made.condition = condition;
    return made;
  }

  Observer observer() {
    Observer made;
    made.step = [this](const Step& step) { steps_.push_back(step.name + " " + step.state); };
    made.warning = [this](const model::Warning& warning) { warnings_.push_back(warning.message); };
    return made;
  }

  Outcome up(UpOptions options = {}, net::Wait wait = {}) {
    return loop_.runTask(stack_.up(plan_, std::move(options), observer(), wait));
  }
  Outcome down(Stack::DownOptions options = {}) {
    return loop_.runTask(stack_.down("shop", &plan_, std::move(options), observer(), {}));
  }
  Outcome change(Stack::Verb verb, std::vector<std::string> services = {}) {
    return loop_.runTask(stack_.change(verb, "shop", &plan_, std::move(services), std::nullopt, observer(), {}));
  }
  std::vector<Stack::Row> rows(bool all = true) {
    return std::move(loop_.runTask(stack_.list("shop", all, {}))).value();
  }
  std::string journalSince(std::size_t from) const {
    const auto& all = engine_->journal();
    return join({all.begin() + static_cast<std::ptrdiff_t>(from), all.end()}, "\n");
  }

  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<engine::FakeEngine> engine_;
  Stack stack_;
  model::Plan plan_;
  std::vector<std::string> steps_, warnings_;
};

TEST_F(StackTest, UpMakesNetworkAndContainerAndASecondUpNothing) {
  add("db");
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(journalSince(0), "create network shop_default\ncreate shop-db-1\nstart shop-db-1");
  steps_.clear();
  const Instant before = clock_.now();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(engine_->journal().size(), 3u);
  EXPECT_EQ(steps_, std::vector<std::string>{"shop-db-1 unchanged"});
  EXPECT_EQ(clock_.now(), before);
}

TEST_F(StackTest, HealthyMeansTwoPassesApartAndNoLonger) {
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

TEST_F(StackTest, APortThatOpensWakesTheProber) {
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
TEST_F(StackTest, ADependantWaitsForThePortThoughTheProbePassesEarly) {
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

TEST_F(StackTest, AListenerOnLocalhostIsNamedWithoutWaitingLong) {
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

TEST_F(StackTest, APortNobodyOpensIsAWarningAfterThirtySeconds) {
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

TEST_F(StackTest, AFailingServiceNamesItsExitAndLastLinesAndStopsItsDependants) {
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

TEST_F(StackTest, AnOptionalDependencyThatFailsIsOnlyAWarning) {
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

TEST_F(StackTest, UnhealthyIsDecidedByTheFilesRetriesAndInterval) {
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

TEST_F(StackTest, TheWaitHasAnEnd) {
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

TEST_F(StackTest, AContainerThatItsPolicyBringsBackGetsThreeTries) {
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

TEST_F(StackTest, AJobThatEndsWellIsASuccess) {
  engine::FakeBehaviour job;
  job.exitsAfter = 20ms;
  add("migrate", job);
  add("web").dependsOn = {on("migrate", Condition::kCompleted)};
  ASSERT_TRUE(up().ok());
  EXPECT_LT(journalSince(0).find("start shop-migrate-1"), journalSince(0).find("start shop-web-1"));
}

TEST_F(StackTest, AMissingImageIsPulledOrNamed) {
  auto& db = add("db");
  db.container.image = "elsewhere:1";
  db.attributeAt["image"] = {"/src/shop/compose.yaml", 4, 12};
  Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.code, Code::kNotFound);
  EXPECT_EQ(outcome.failures[0].error.at.line, 4);
  EXPECT_TRUE(engine_->journal().empty());
  db.pullPolicy = "never";
  outcome = up();
  EXPECT_EQ(outcome.failures[0].error.message, "image elsewhere:1 of service db is not on this machine");
  db.pullPolicy = "";
  engine_->addRegistryImage("elsewhere:1");
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(engine_->journal()[0], "pull elsewhere:1");
}

TEST_F(StackTest, WhatMustBeBuiltIsAskedForBeforeAnythingChanges) {
  auto& web = add("web");
  web.container.image.clear();
  web.build.emplace();
  web.build->context = "/src/shop/web";
  web.build->dockerfile = "/src/shop/web/docker/Dockerfile";
  const Outcome needs = up();
  ASSERT_EQ(needs.needContexts.size(), 1u);
  EXPECT_EQ(needs.needContexts[0].folder, "/src/shop/web");
  EXPECT_EQ(needs.needContexts[0].dockerfile, "docker/Dockerfile");
  EXPECT_TRUE(engine_->journal().empty());
  UpOptions options;
  options.contexts["web"] = "/tmp/web.tar";
  ASSERT_TRUE(up(options).ok());
  EXPECT_EQ(engine_->journal()[0], "build shop-web");
  // Built once; --build builds again.
  ASSERT_TRUE(up().ok());
  UpOptions again;
  again.build = true;
  EXPECT_EQ(up(again).needContexts.size(), 1u);
}

TEST_F(StackTest, APortThatIsTakenNamesItsHolder) {
  model::Port port;
  port.target = 80;
  port.published = "8080";
  auto& web = add("web");
  web.container.ports = {port};
  web.attributeAt["ports"] = {"/src/shop/compose.yaml", 9, 7};
  ASSERT_TRUE(up().ok());
  model::Plan other = plan_;
  other.project = "blog";
  other.networks[0].name = "blog_default";
  const Outcome outcome = loop_.runTask(stack_.up(other, {}, observer(), {}));
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.message,
            "service web: port 8080 of this machine is already in use: container shop-web-1 of project shop holds it");
  EXPECT_EQ(outcome.failures[0].error.at.line, 9);
}

TEST_F(StackTest, ANameThatIsTakenNamesItsHolder) {
  add("web").containerName = "the-web";
  ASSERT_TRUE(up().ok());
  model::Plan other = plan_;
  other.project = "blog";
  const Outcome outcome = loop_.runTask(stack_.up(other, {}, observer(), {}));
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_NE(outcome.failures[0].error.message.find("the-web"), std::string::npos);
  EXPECT_NE(outcome.failures[0].error.message.find("by project shop"), std::string::npos);
}

TEST_F(StackTest, ExternalThingsMustExist) {
  auto& db = add("db");
  plan_.networks[0].external = true;
  plan_.networks[0].at = {"/src/shop/compose.yaml", 20, 3};
  model::Volume volume;
  volume.key = "data";
  volume.name = "precious";
  volume.external = true;
  plan_.volumes = {volume};
  model::Mount mount;
  mount.source = "data";
  mount.target = "/data";
  db.container.mounts = {mount};
  Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 2u);
  EXPECT_EQ(outcome.failures[0].error.code, Code::kNotFound);
  EXPECT_TRUE(engine_->journal().empty());
  loop_.runTask(engine_->createNetwork(plan_.networks[0], {})).value();
  ASSERT_TRUE(loop_.runTask(engine_->createVolume(volume, {})).ok());
  ASSERT_TRUE(up().ok());
  ASSERT_TRUE(up().ok());
  Stack::DownOptions all;
  all.volumes = true;
  ASSERT_TRUE(down(all).ok());
  EXPECT_TRUE(loop_.runTask(engine_->inspectVolume("precious", {})).ok());
  EXPECT_TRUE(loop_.runTask(engine_->inspectNetwork("shop_default", {})).ok());
}

TEST_F(StackTest, AVolumeOfSomebodyElseIsUsedWithAWarning) {
  auto& db = add("db");
  model::Volume volume;
  volume.key = "data";
  volume.name = "shop_data";
  plan_.volumes = {volume};
  model::Mount mount;
  mount.source = "data";
  mount.target = "/data";
  db.container.mounts = {mount};
  ASSERT_TRUE(loop_.runTask(engine_->createVolume(volume, {})).ok());
  ASSERT_TRUE(up().ok());
  ASSERT_EQ(warnings_.size(), 1u);
  EXPECT_NE(warnings_[0].find("volume shop_data exists already"), std::string::npos);
}

TEST_F(StackTest, TextSecretsAreWrittenBeforeTheStart) {
  auto& db = add("db");
  model::FileObject secret;
  secret.key = "password";
  secret.from = model::FileObject::From::kEnvironment;
  secret.content = "hunter2";
  plan_.secrets = {secret};
  model::FileGrant grant;
  grant.source = "password";
  grant.target = "/run/secrets/password";
  db.container.secrets = {grant};
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(journalSince(1), "create shop-db-1\nput / into shop-db-1\nstart shop-db-1");
}

TEST_F(StackTest, CancellationEndsItAndTheNextUpGoesOn) {
  engine::FakeBehaviour slow;
  slow.healthyAfter = 8s;
  add("db", slow).container.healthCheck = check();
  add("web").dependsOn = {on("db")};
  net::Cancel cancel;
  loop_.spawn([](net::Loop* loop, net::Cancel* stop) -> Task<void> {
    static_cast<void>(co_await loop->sleep(3s));
    stop->request();
  }(&loop_, &cancel));
  net::Wait wait;
  wait.cancel = &cancel;
  const Outcome outcome = up({}, wait);
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.code, Code::kCancelled);
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(rows(false).size(), 2u);
}

TEST_F(StackTest, AnEngineThatIsGoneIsSaidOnce) {
  add("db");
  add("web");
  engine_->setDown(true);
  const Outcome outcome = up();
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.code, Code::kUnavailable);
}

TEST_F(StackTest, ProjectsOfOneNameInTwoFoldersAndHomesAreKeptApart) {
  add("db");
  ASSERT_TRUE(up().ok());
  Stack other(loop_, *engine_, "another home");
  model::Plan elsewhere = plan_;
  ASSERT_TRUE(loop_.runTask(other.up(elsewhere, {}, observer(), {})).ok());
  elsewhere.workingDir = "/src/else";
  const Outcome outcome = loop_.runTask(other.up(elsewhere, {}, observer(), {}));
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].error.code, Code::kConflict);
}

TEST_F(StackTest, DownGoesInReverseOrderAndKeepsVolumes) {
  auto& db = add("db");
  db.container.healthCheck = check();
  model::Volume volume;
  volume.key = "data";
  volume.name = "shop_data";
  plan_.volumes = {volume};
  model::Mount mount;
  mount.source = "data";
  mount.target = "/data";
  db.container.mounts = {mount};
  add("web").dependsOn = {on("db")};
  ASSERT_TRUE(up().ok());
  const auto before = engine_->journal().size();
  // Without the file: the labels say who depends on whom.
  ASSERT_TRUE(loop_.runTask(stack_.down("shop", nullptr, {}, observer(), {})).ok());
  EXPECT_EQ(journalSince(before),
            "stop shop-web-1\nremove shop-web-1\nstop shop-db-1\nremove shop-db-1\nremove network shop_default");
  ASSERT_TRUE(up().ok());
  Stack::DownOptions all;
  all.volumes = true;
  ASSERT_TRUE(down(all).ok());
  EXPECT_EQ(engine_->journal().back(), "remove volume shop_data");
}

TEST_F(StackTest, ANetworkInUseStaysWithAWarning) {
  add("db");
  ASSERT_TRUE(up().ok());
  engine_->addImage("guest:1");
  model::ContainerSpec guest;
  guest.image = "guest:1";
  model::NetworkAttachment attachment;
  attachment.network = "shop_default";
  guest.networks = {attachment};
  const auto id = loop_.runTask(engine_->createContainer("guest", guest, {}));
  ASSERT_TRUE(loop_.runTask(engine_->startContainer(*id, {})).ok());
  ASSERT_TRUE(down().ok());
  EXPECT_EQ(warnings_, std::vector<std::string>{"network shop_default is still in use and stays"});
}

TEST_F(StackTest, OrphansAreNamedAndRemovedOnlyWhenAsked) {
  add("db");
  add("old");
  ASSERT_TRUE(up().ok());
  plan_.services.pop_back();
  ASSERT_TRUE(up().ok());
  EXPECT_EQ(warnings_,
            std::vector<std::string>{"containers of services that are not in the file any more: shop-old-1"});
  UpOptions options;
  options.removeOrphans = true;
  ASSERT_TRUE(up(options).ok());
  EXPECT_EQ(rows().size(), 1u);
}

TEST_F(StackTest, RestartTakesDependantsThatAskForIt) {
  add("db");
  auto with = on("db", Condition::kStarted);
  with.restart = true;
  add("web").dependsOn = {with};
  add("other").dependsOn = {on("db", Condition::kStarted)};
  ASSERT_TRUE(up().ok());
  const auto before = engine_->journal().size();
  ASSERT_TRUE(change(Stack::Verb::kRestart, {"db"}).ok());
  EXPECT_EQ(journalSince(before), "stop shop-web-1\nstop shop-db-1\nstart shop-db-1\nstart shop-web-1");
  ASSERT_TRUE(change(Stack::Verb::kStop).ok());
  EXPECT_TRUE(rows(false).empty());
  ASSERT_TRUE(change(Stack::Verb::kStart, {"web"}).ok());
  EXPECT_EQ(rows(false).size(), 1u);
  const Outcome none = change(Stack::Verb::kStart, {"we"});
  EXPECT_EQ(none.failures.at(0).error.hint, "did you mean web?");
}

TEST_F(StackTest, ScaleMakesAndRemovesContainers) {
  add("web");
  UpOptions options;
  options.scale["web"] = 3;
  ASSERT_TRUE(up(options).ok());
  EXPECT_EQ(rows().size(), 3u);
  options.scale["web"] = 1;
  ASSERT_TRUE(up(options).ok());
  ASSERT_EQ(rows().size(), 1u);
  EXPECT_EQ(rows()[0].container, "shop-web-1");
  plan_.services[0].containerName = "the-web";
  options.scale["web"] = 2;
  EXPECT_EQ(up(options).failures.at(0).error.code, Code::kInvalid);
}

TEST_F(StackTest, NoStartOnlyCreates) {
  add("db").container.healthCheck = check();
  add("web").dependsOn = {on("db")};
  UpOptions options;
  options.noStart = true;
  ASSERT_TRUE(up(options).ok());
  ASSERT_EQ(rows().size(), 2u);
  for (const auto& row : rows()) EXPECT_EQ(row.state, "created");
  plan_.services[0].configHash = "changed";
  ASSERT_TRUE(up(options).ok());
  EXPECT_EQ(rows().size(), 2u);
}

TEST_F(StackTest, AOneOffIsMadeBesideAndLeftAlone) {
  add("db").container.healthCheck = check();
  auto& web = add("web");
  web.dependsOn = {on("db")};
  model::Port port;
  port.target = 80;
  port.published = "8080";
  web.container.ports = {port};
  Stack::RunOptions options;
  options.service = "web";
  options.command = {"echo", "hello"};
  const auto created = loop_.runTask(stack_.createOneOff(plan_, options, observer(), {}));
  ASSERT_TRUE(created.outcome.ok());
  const auto detail = loop_.runTask(engine_->inspectContainer(created.container, {}));
  ASSERT_TRUE(detail.ok());
  EXPECT_TRUE(startsWith(detail->summary.name, "shop-web-run-"));
  EXPECT_TRUE(isOneOff(detail->summary.labels));
  EXPECT_EQ(detail->config["Cmd"].asStrings(), (std::vector<std::string>{"echo", "hello"}));
  EXPECT_EQ(detail->summary.state, engine::ContainerState::kCreated);
  EXPECT_EQ(rows(false).size(), 1u);
  UpOptions upOptions;
  upOptions.removeOrphans = true;
  ASSERT_TRUE(up(upOptions).ok());
  EXPECT_EQ(rows().size(), 3u);
}

TEST_F(StackTest, ProjectsAreCounted) {
  add("db");
  ASSERT_TRUE(up().ok());
  const auto all = loop_.runTask(stack_.projects({}));
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].project, "shop");
  EXPECT_EQ((*all)[0].workingDir, "/src/shop");
  EXPECT_EQ((*all)[0].running, 1);
}

TEST(ExitMeaning, KnowsTheUsualCodes) {
  EXPECT_EQ(exitMeaning(137, true).meaning, "it was killed for lack of memory");
  EXPECT_EQ(exitMeaning(127, false).meaning, "its command was not found in the image");
  EXPECT_EQ(exitMeaning(42, false).meaning, "");
}

}  // namespace
}  // namespace orbit::stack
