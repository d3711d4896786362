#include "stack/converge.h"

#include <gtest/gtest.h>

#include "stack/names.h"

namespace orbit::stack {
namespace {

using engine::ContainerState;
using Action = Replica::Action;

// A plan of one service and what the engine has; tests bend both.
class Converge : public testing::Test {
 protected:
  Converge() {
    plan_.project = "shop";
    model::Network network;
    network.key = "default";
    network.name = "shop_default";
    plan_.networks = {network};
    model::Volume volume;
    volume.key = "data";
    volume.name = "shop_data";
    plan_.volumes = {volume};
    plan_.services = {service("db")};
    observed_.networks = {{"n1", "shop_default", "bridge", {}, false, {}}};
    observed_.volumes = {{"shop_data", "local", {}}};
  }

  static model::Service service(const std::string& name) {
    model::Service made;
    made.name = name;
    made.configHash = "hash-" + name;
    model::NetworkAttachment attachment;
    attachment.network = "default";
    made.container.networks = {attachment};
    return made;
  }

  engine::ContainerSummary& container(const std::string& id, const std::string& name, int number = 1,
                                      ContainerState state = ContainerState::kRunning, const std::string& of = "db") {
    engine::ContainerSummary made;
    made.id = id;
    made.name = name;
    made.imageId = "sha256:1";
    made.state = state;
    const model::Service* known = plan_.find(of);
    made.labels = containerLabels(plan_, known == nullptr ? service(of) : *known, number, "home", "sha256:1");
    made.addresses["shop_default"] = "172.18.0.2";
    observed_.containers.push_back(made);
    return observed_.containers.back();
  }

  ServiceDecision decideDb() { return decideAll().services.at("db"); }
  Decision decideAll() {
    const auto order = schedule(plan_, {});
    return decide(plan_, *order, observed_, options_);
  }

  model::Plan plan_;
  Observed observed_;
  ConvergeOptions options_;
};

TEST_F(Converge, NothingThereIsCreated) {
  plan_.services[0].scale = 2;
  const auto db = decideDb();
  ASSERT_EQ(db.replicas.size(), 2u);
  EXPECT_EQ(db.replicas[0].action, Action::kCreate);
  EXPECT_EQ(db.replicas[1].name, "shop-db-2");
}

TEST_F(Converge, TheSameIsKept) {
  container("a", "shop-db-1");
  const auto db = decideDb();
  ASSERT_EQ(db.replicas.size(), 1u);
  EXPECT_EQ(db.replicas[0].action, Action::kKeep);
  EXPECT_EQ(db.replicas[0].name, db.replicas[0].oldName);
  EXPECT_TRUE(db.leftovers.empty());
}

TEST_F(Converge, AnotherHashIsRecreated) {
  container("a", "shop-db-1").labels[kConfigHashLabel] = "older";
  EXPECT_EQ(decideDb().replicas[0].reason, "its configuration changed");
  options_.noRecreate = true;
  EXPECT_EQ(decideDb().replicas[0].action, Action::kKeep);
}

TEST_F(Converge, AnotherImageIsRecreated) {
  container("a", "shop-db-1");
  options_.imageIds["db"] = "sha256:2";
  EXPECT_EQ(decideDb().replicas[0].reason, "its image changed");
}

TEST_F(Converge, ForceTakesTheNamedAndAlwaysTheirDependencies) {
  plan_.services.push_back(service("web"));
  model::Dependency onDb;
  onDb.service = "db";
  plan_.services[1].dependsOn = {onDb};
  container("a", "shop-db-1");
  container("b", "shop-web-1", 1, ContainerState::kRunning, "web");
  const auto order = schedule(plan_, {{"web"}, true, {}});
  options_.forceRecreate = true;
  auto decision = decide(plan_, *order, observed_, options_);
  EXPECT_EQ(decision.services["db"].replicas[0].action, Action::kKeep);
  EXPECT_EQ(decision.services["web"].replicas[0].action, Action::kRecreate);
  options_.alwaysRecreateDeps = true;
  decision = decide(plan_, *order, observed_, options_);
  EXPECT_EQ(decision.services["db"].replicas[0].action, Action::kRecreate);
}

TEST_F(Converge, AComposeContainerIsComparedByItsAttributes) {
  auto& made = container("a", "shop_db_1");
  made.labels.erase(kHomeLabel);
  made.labels[kConfigHashLabel] = "compose's own";
  EXPECT_EQ(adopted(*schedule(plan_, {}), observed_).size(), 1u);
  auto db = decideDb();
  EXPECT_EQ(db.replicas[0].action, Action::kKeep);
  EXPECT_EQ(db.replicas[0].name, "shop_db_1");
  options_.differences["a"] = {"environment", "ports"};
  db = decideDb();
  EXPECT_EQ(db.replicas[0].reason, "environment, ports changed");
  EXPECT_EQ(db.replicas[0].name, "shop-db-1");
}

TEST_F(Converge, ScalingDownKeepsTheLowestAndUpFillsGaps) {
  plan_.services[0].scale = 2;
  container("c", "shop-db-3", 3);
  container("b", "shop-db-2", 2);
  container("d", "shop-db-4", 4);
  auto db = decideDb();
  ASSERT_EQ(db.surplus.size(), 1u);
  EXPECT_EQ(db.surplus[0].id, "d");
  plan_.services[0].scale = 4;
  db = decideDb();
  EXPECT_EQ(db.replicas[0].action, Action::kCreate);
  EXPECT_EQ(db.replicas[0].number, 1);
  EXPECT_TRUE(db.surplus.empty());
  options_.scale["db"] = 0;
  EXPECT_EQ(decideDb().surplus.size(), 3u);
}

TEST_F(Converge, AReplacementNeverStartedGivesWayToTheOneItReplaces) {
  container("old", "shop-db-1", 1, ContainerState::kExited).labels[kConfigHashLabel] = "older";
  container("new", "old_shop-db-1", 1, ContainerState::kCreated).labels[kReplacesLabel] = "old";
  auto db = decideDb();
  ASSERT_EQ(db.leftovers.size(), 1u);
  EXPECT_EQ(db.leftovers[0].id, "new");
  EXPECT_TRUE(db.leftovers[0].neverStarted);
  EXPECT_EQ(db.replicas[0].action, Action::kRecreate);
  // Also when the old one had not been started either.
  observed_.containers[0].state = ContainerState::kCreated;
  EXPECT_EQ(decideDb().leftovers[0].id, "new");
}

TEST_F(Converge, AReplacementAloneGetsItsName) {
  container("new", "0123456789ab_shop-db-1", 1, ContainerState::kCreated).labels[kReplacesLabel] = "old";
  const auto db = decideDb();
  EXPECT_EQ(db.replicas[0].action, Action::kKeep);
  EXPECT_EQ(db.replicas[0].oldName, "0123456789ab_shop-db-1");
  EXPECT_EQ(db.replicas[0].name, "shop-db-1");
}

TEST_F(Converge, ARenamedOldOneOfDockerCompose129StaysUntilReplaced) {
  container("old", "0123456789ab_shop_db_1", 1, ContainerState::kExited).labels.erase(kHomeLabel);
  container("new", "shop_db_1", 1, ContainerState::kCreated).labels.erase(kHomeLabel);
  const auto db = decideDb();
  EXPECT_EQ(db.leftovers[0].id, "new");
  EXPECT_EQ(db.replicas[0].id, "old");
}

TEST_F(Converge, OfTwoThatRanTheRightNameWins) {
  container("b", "shop-db-1");
  container("a", "something_shop-db-1");
  const auto db = decideDb();
  EXPECT_EQ(db.replicas[0].id, "b");
  EXPECT_EQ(db.leftovers[0].id, "a");
  EXPECT_FALSE(db.leftovers[0].neverStarted);
}

TEST_F(Converge, ADeadOneIsMadeAnew) {
  container("a", "shop-db-1", 1, ContainerState::kDead);
  const auto db = decideDb();
  EXPECT_EQ(db.leftovers.size(), 1u);
  EXPECT_EQ(db.replicas[0].action, Action::kCreate);
}

TEST_F(Converge, AMissingNetworkOrVolumeRecreates) {
  auto& made = container("a", "shop-db-1");
  made.addresses.clear();
  EXPECT_EQ(decideDb().replicas[0].reason, "network shop_default is new");
  made.addresses["shop_default"];
  EXPECT_EQ(decideDb().replicas[0].action, Action::kKeep);
  observed_.networks.clear();
  EXPECT_EQ(decideDb().replicas[0].action, Action::kRecreate);
  observed_.networks = {{"n1", "shop_default", "bridge", {}, false, {}}};
  model::Mount data;
  data.source = "data";
  data.target = "/var/lib/data";
  plan_.services[0].container.mounts = {data};
  EXPECT_EQ(decideDb().replicas[0].reason, "volume shop_data is new");
  made.volumes = {"shop_data"};
  EXPECT_EQ(decideDb().replicas[0].action, Action::kKeep);
}

TEST_F(Converge, AChangedContainerNameRecreates) {
  container("a", "shop-db-1");
  plan_.services[0].containerName = "the-db";
  EXPECT_EQ(decideDb().replicas[0].reason, "its name changed");
}

TEST_F(Converge, WhoSharesANamespaceGoesWithIt) {
  auto sidecar = service("sidecar");
  sidecar.container.networks.clear();
  sidecar.container.networkMode = "service:db";
  model::Dependency onDb;
  onDb.service = "db";
  sidecar.dependsOn = {onDb};
  plan_.services.push_back(sidecar);
  container("a", "shop-db-1");
  container("s", "shop-sidecar-1", 1, ContainerState::kRunning, "sidecar").labels[kSharesLabel] = "a";
  EXPECT_EQ(decideAll().services["sidecar"].replicas[0].action, Action::kKeep);
  observed_.containers[0].labels[kConfigHashLabel] = "older";
  EXPECT_EQ(decideAll().services["sidecar"].replicas[0].action, Action::kRecreate);
  // A crash between the two: db is new already, the sidecar still points at the old one.
  observed_.containers[0].labels[kConfigHashLabel] = "hash-db";
  observed_.containers[0].id = "a2";
  EXPECT_EQ(decideAll().services["sidecar"].replicas[0].reason, "a container whose parts it shared is gone");
}

TEST_F(Converge, DependantsWithRestartAreRestartedWhenTheirDependencyIsRecreated) {
  auto web = service("web");
  model::Dependency onDb;
  onDb.service = "db";
  onDb.restart = true;
  web.dependsOn = {onDb};
  plan_.services.push_back(web);
  container("a", "shop-db-1");
  container("w", "shop-web-1", 1, ContainerState::kRunning, "web");
  EXPECT_FALSE(decideAll().services["web"].restart);
  options_.imageIds["db"] = "sha256:2";
  EXPECT_TRUE(decideAll().services["web"].restart);
}

TEST_F(Converge, OrphansAreNamedOneOffsAndDisabledOnesIgnored) {
  plan_.disabled = {"debug"};
  container("o", "shop-old-1", 1, ContainerState::kRunning, "old");
  container("d", "shop-debug-1", 1, ContainerState::kRunning, "debug");
  container("r", "shop-db-run-1").labels[kOneOffLabel] = "True";
  const auto decision = decideAll();
  ASSERT_EQ(decision.orphans.size(), 1u);
  EXPECT_EQ(decision.orphans[0].id, "o");
  EXPECT_TRUE(decision.services.at("db").leftovers.empty());
  EXPECT_EQ(decision.services.at("db").replicas[0].action, Action::kCreate);
}

}  // namespace
}  // namespace orbit::stack
