// Whole operations against the fake engine, on virtual time.
#include "stack/stack_fixture.h"

namespace orbit::stack {
namespace {

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

// The engine goes on with what a daemon that was killed had asked for, and has the name before it lists the container.
TEST_F(StackTest, ACreateThatOutlivedItsDaemonGivesWay) {
  add("db");
  model::ContainerSpec spec;
  spec.image = "db:1";
  spec.labels = containerLabels(plan_, plan_.services[0], 1, "home", "");
  engine_->createLate("shop-db-1", spec, 2s);
  const Outcome outcome = up();
  ASSERT_TRUE(outcome.ok()) << outcome.failures.at(0).error.text();
  ASSERT_EQ(rows().size(), 1u);
  EXPECT_EQ(rows()[0].state, "running");
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

// Seen on a real engine, killed in the middle of `up`: three of six containers refused every later start.
TEST_F(StackTest, AContainerTheEngineCannotStartAgainIsMadeAnew) {
  add("db");
  UpOptions create;
  create.noStart = true;
  create.forceRecreate = true;
  for (const char* answer : {"task 12ab: already exists", "some other trouble of a half start"}) {
    ASSERT_TRUE(up(create).ok());
    engine_->spoil("shop-db-1", answer);
    ASSERT_TRUE(up().ok());
    ASSERT_EQ(rows().size(), 1u);
    EXPECT_EQ(rows()[0].container, "shop-db-1");
    EXPECT_EQ(rows()[0].state, "running");
  }
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

}  // namespace
}  // namespace orbit::stack
