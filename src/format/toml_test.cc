#include "format/toml.h"

#include <gtest/gtest.h>

#include "format/yaml.h"

namespace orbit::format {
namespace {

TEST(Toml, ReadsTypesAndPlaces) {
  const auto node = parseToml(
      "# a comment\n"
      "[deploy]\n"
      "startCommand = \"npm start\"\n"
      "numReplicas = 2\n"
      "ratio = 0.5\n"
      "sleep = false\n"
      "preDeployCommand = [\"a\", \"b\"]\n"
      "when = 2026-11-28\n"
      "[environments.staging.deploy]\n"
      "numReplicas = 1\n",
      "railway.toml");
  ASSERT_TRUE(node.ok()) << node.error().text();
  const Node* deploy = node->find("deploy");
  ASSERT_NE(deploy, nullptr);
  EXPECT_EQ(deploy->entries.at(0).key, "startCommand") << "in the order written";
  EXPECT_EQ(deploy->find("startCommand")->at, (Location{"railway.toml", 3, 16}));
  EXPECT_TRUE(deploy->find("startCommand")->isString());
  EXPECT_EQ(deploy->find("numReplicas")->kind, Node::Kind::kInt);
  EXPECT_EQ(deploy->find("numReplicas")->text, "2");
  EXPECT_EQ(deploy->find("ratio")->text, "0.5");
  EXPECT_EQ(deploy->find("sleep")->kind, Node::Kind::kBool);
  EXPECT_EQ(deploy->find("preDeployCommand")->items.at(1).text, "b");
  EXPECT_EQ(deploy->find("when")->text, "2026-11-28");
  EXPECT_EQ(node->find("environments")->find("staging")->find("deploy")->find("numReplicas")->at.line, 10);
}

TEST(Toml, AnEmptyFileIsAnEmptyMapping) {
  const auto node = parseToml("", "x");
  ASSERT_TRUE(node.ok());
  EXPECT_TRUE(node->isMapping());
  EXPECT_TRUE(node->entries.empty());
}

TEST(Toml, FaultsHavePlaces) {
  const auto twice = parseToml("a = 1\na = 2\n", "x.toml");
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code, Code::kInvalid);
  EXPECT_EQ(twice.error().at.line, 2);
  EXPECT_EQ(parseToml("[deploy\nx = 1\n", "x.toml").error().at.line, 1);
  EXPECT_EQ(parseToml("a = \"\xff\"\n", "x.toml").error().at.line, 1);
  EXPECT_EQ(parseToml(std::string((1 << 20) + 1, '#'), "x.toml").error().code, Code::kLimit);
  EXPECT_FALSE(parseToml("a\xcb\x9d = 1\n", "x.toml").ok()) << "the library's own check is undefined there";
  EXPECT_FALSE(parseToml("[+x]\n", "x.toml").ok());
  std::string deep = "a = ";
  for (int i = 0; i < 1000; ++i) deep += '[';
  EXPECT_FALSE(parseToml(deep, "x.toml").ok());
}

}  // namespace
}  // namespace orbit::format
