#include "model/home.h"

#include <gtest/gtest.h>

#include <map>

namespace orbit::model {
namespace {

Result<Home> homeOf(std::map<std::string, std::string, std::less<>> variables, unsigned uid) {
  return homeFor(
      [&](std::string_view name) -> std::optional<std::string> {
        const auto at = variables.find(name);
        if (at == variables.end()) return std::nullopt;
        return at->second;
      },
      uid, "/src/shop");
}

TEST(Home, AUsersFoldersFollowTheirEnvironment) {
  EXPECT_EQ(homeOf({{"HOME", "/home/ada"}}, 1000)->state, "/home/ada/.local/share/orbit");
  EXPECT_EQ(homeOf({{"HOME", "/home/ada"}}, 1000)->run, "/home/ada/.local/share/orbit/run");
  EXPECT_EQ(homeOf({{"HOME", "/home/ada"}, {"XDG_RUNTIME_DIR", "/run/user/1000/"}}, 1000)->apiSocket(),
            "/run/user/1000/orbit/api.sock");
  EXPECT_EQ(homeOf({{"HOME", "/home/ada"}, {"XDG_DATA_HOME", "/data"}}, 1000)->state, "/data/orbit");
}

TEST(Home, RootsAreTheSystems) {
  EXPECT_EQ(homeOf({{"HOME", "/root"}, {"XDG_RUNTIME_DIR", "/run/user/0"}}, 0)->state, "/var/lib/orbit");
  EXPECT_EQ(homeOf({{"HOME", "/root"}, {"XDG_RUNTIME_DIR", "/run/user/0"}}, 0)->run, "/run/orbit");
}

TEST(Home, AChosenFolderHoldsEverything) {
  EXPECT_EQ(homeOf({{"ORBIT_HOME", "/tmp/o/"}, {"XDG_RUNTIME_DIR", "/run/user/1"}}, 0)->run, "/tmp/o/run");
  EXPECT_EQ(homeOf({{"ORBIT_HOME", "o"}}, 1000)->state, "/src/shop/o");
}

// The edge runs as a user without a home of its own.
TEST(Home, AChildOfHoldHasItsHome) {
  const auto home = homeOf({{kHeldState, "/var/lib/orbit"}, {kHeldRun, "/run/orbit"}}, 997);
  ASSERT_TRUE(home.ok()) << home.error().text();
  EXPECT_EQ(home->state, "/var/lib/orbit");
  EXPECT_EQ(home->run, "/run/orbit");
}

TEST(Home, NoFolderAndATooLongOneAreErrors) {
  EXPECT_EQ(homeOf({}, 1000).error().code, Code::kInvalid);
  EXPECT_EQ(homeOf({{"ORBIT_HOME", "/" + std::string(100, 'a')}}, 1000).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace orbit::model
