#include "server/push.h"

#include <gtest/gtest.h>

namespace orbit::server {
namespace {

const std::string kZero(40, '0');
const std::string kOne(40, '1');
const std::string kTwo(40, '2');

std::string environment(const std::string& branch, std::string_view compose) {
  const auto found = environmentFor(branch, compose, "compose.yaml");
  if (!found.ok()) return found.error().text();
  return found->value_or("none");
}

TEST(Push, ReadsWhatGitWrites) {
  const auto refs = parsePush(kZero + " " + kOne + " refs/heads/main\n" + kOne + " " + kZero + " refs/heads/old\n" +
                              kZero + " " + kTwo + " refs/tags/v1\n");
  ASSERT_EQ(refs.size(), 3U);
  EXPECT_EQ(refs[0].branch(), "main");
  EXPECT_FALSE(refs[0].deleted());
  EXPECT_EQ(refs[1].branch(), "old");
  EXPECT_TRUE(refs[1].deleted());
  EXPECT_EQ(refs[2].branch(), "");
}

TEST(Push, LeavesOutWhatIsNoRef) {
  EXPECT_TRUE(parsePush("").empty());
  EXPECT_TRUE(parsePush("\n\nmain\n").empty());
  EXPECT_TRUE(parsePush("abc def refs/heads/main\n").empty());
  EXPECT_EQ(parsePush(kZero + " " + kOne + " refs/heads/a b\n").front().branch(), "a b");
}

TEST(Push, WithoutAMappingTheTrunkIsProduction) {
  for (const char* compose : {"", "services: {}", "x-orbit: {}", "x-orbit: {branches: }", "[]"}) {
    EXPECT_EQ(environment("main", compose), "production") << compose;
    EXPECT_EQ(environment("master", compose), "production");
    EXPECT_EQ(environment("feature/x", compose), "none");
  }
}

TEST(Push, AMappingSaysItAll) {
  const char* compose = "x-orbit:\n  branches:\n    develop: staging\n    release/2: production\n";
  EXPECT_EQ(environment("develop", compose), "staging");
  EXPECT_EQ(environment("release/2", compose), "production");
  EXPECT_EQ(environment("main", compose), "none");
}

TEST(Push, AWrongMappingIsNamedWithItsPlace) {
  EXPECT_EQ(environment("main", "x-orbit:\n  branches: [main]\n"),
            "compose.yaml:2:13: x-orbit.branches is a mapping of branches to environments (For example {main: "
            "production, develop: staging})");
  EXPECT_NE(environment("main", "x-orbit:\n  branches: {main: [a]}\n").find("is the name of an environment"),
            std::string::npos);
  EXPECT_NE(environment("main", "x-orbit: {branches\n").find("compose.yaml"), std::string::npos);
}

TEST(Push, EveryOutcomeHasItsWords) {
  EXPECT_EQ(outcomeText(0), "is live");
  EXPECT_NE(outcomeText(3), outcomeText(4));
  EXPECT_NE(outcomeText(5), outcomeText(1));
}

}  // namespace
}  // namespace orbit::server
