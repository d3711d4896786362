#include "stack/names.h"

#include <gtest/gtest.h>

namespace orbit::stack {
namespace {

model::Plan shop() {
  model::Plan plan;
  plan.project = "shop";
  plan.workingDir = "/src/shop";
  plan.files = {"/src/shop/compose.yaml", "/src/shop/compose.override.yaml"};
  model::Service db;
  db.name = "db";
  db.configHash = "abc";
  db.container.labels = {{"team", "blue"}};
  model::Dependency cache;
  cache.service = "cache";
  cache.condition = model::Dependency::Condition::kHealthy;
  cache.restart = true;
  db.dependsOn = {cache};
  plan.services = {db};
  return plan;
}

TEST(Names, AreComposesOwn) {
  auto plan = shop();
  auto& db = plan.services[0];
  EXPECT_EQ(containerName(plan, db, 2), "shop-db-2");
  EXPECT_EQ(legacyContainerName(plan, db, 2), "shop_db_2");
  EXPECT_EQ(imageName(plan, db), "shop-db");
  EXPECT_EQ(replacementName("0123456789abcdef", "shop-db-1"), "0123456789ab_shop-db-1");
  db.containerName = "the-db";
  EXPECT_EQ(containerName(plan, db, 1), "the-db");
}

TEST(Names, LabelsTellComposeAndOrbitWhatItIs) {
  const auto plan = shop();
  const engine::Labels expected{
      {"com.docker.compose.config-hash", "abc"},
      {"com.docker.compose.container-number", "1"},
      {"com.docker.compose.depends_on", "cache:service_healthy:true"},
      {"com.docker.compose.image", "sha256:1"},
      {"com.docker.compose.oneoff", "False"},
      {"com.docker.compose.project", "shop"},
      {"com.docker.compose.project.config_files", "/src/shop/compose.yaml,/src/shop/compose.override.yaml"},
      {"com.docker.compose.project.working_dir", "/src/shop"},
      {"com.docker.compose.service", "db"},
      {"com.docker.compose.version", ORBIT_VERSION},
      {"orbit.home", "home"},
      {"team", "blue"}};
  EXPECT_EQ(containerLabels(plan, plan.services[0], 1, "home", "sha256:1"), expected);
}

TEST(Names, DependsOnGoesThereAndBack) {
  const auto plan = shop();
  const auto& written = plan.services[0].dependsOn;
  EXPECT_EQ(parseDependsOn(dependsOnText(written)), written);
  EXPECT_TRUE(parseDependsOn("").empty());
  EXPECT_EQ(parseDependsOn("db:unheard_of:maybe, ,web").size(), 2u);
}

TEST(Names, AnonymousVolumesAreKnownByTheirName) {
  EXPECT_TRUE(isAnonymousVolume(std::string(64, 'a')));
  EXPECT_FALSE(isAnonymousVolume("shop_data"));
  EXPECT_FALSE(isAnonymousVolume(std::string(64, 'g')));
}

}  // namespace
}  // namespace orbit::stack
