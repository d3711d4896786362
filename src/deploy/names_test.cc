#include "deploy/names.h"

#include <gtest/gtest.h>

#include <set>

namespace orbit::deploy {
namespace {

const EnvironmentKey kKey{"Shop", "production"};

TEST(Names, AReleaseIsItsGroupsNumber) {
  EXPECT_EQ(releaseId(12), "r12");
  EXPECT_EQ(releaseId(0), "");
  EXPECT_EQ(groupOf("r12"), 12);
  for (const char* none : {"", "r", "12", "r0", "r-1", "r12x", "web", "release", "r99999999999"}) {
    EXPECT_EQ(groupOf(none), 0) << none;
  }
}

TEST(Names, ContainersSayWhatTheyAre) {
  EXPECT_EQ(containerName(kKey, "web", 12, 2), "orbit.Shop.production.web.r12.2");
  EXPECT_EQ(taskName(kKey, "web", 12, "check"), "orbit.Shop.production.web.r12.check");
  EXPECT_EQ(networkName(kKey), "orbit.Shop.production");
  EXPECT_EQ(imageName(kKey, "web", 12), "orbit/shop-production-web:r12");  // registries know small letters only
}

TEST(Names, ABridgeFitsTheKernel) {
  EXPECT_LE(bridgeName(kKey).size(), 15u);
  EXPECT_TRUE(startsWith(bridgeName(kKey), "orb"));
  EXPECT_EQ(bridgeName(kKey), bridgeName(kKey));
  EXPECT_NE(bridgeName(kKey), bridgeName({"Shop", "staging"}));
  EXPECT_NE(bridgeName({"a", "bc"}), bridgeName({"ab", "c"}));
}

TEST(Names, SubnetsAreAllDifferentUntilTheyAreUsedUp) {
  std::set<std::string> seen;
  for (int attempt = 0; attempt < 512; ++attempt) {
    const std::string subnet = subnetChoice(kKey, attempt);
    EXPECT_TRUE(startsWith(subnet, "10.213.") || startsWith(subnet, "10.214.")) << subnet;
    seen.insert(subnet);
  }
  EXPECT_EQ(seen.size(), 512u);
}

}  // namespace
}  // namespace orbit::deploy
