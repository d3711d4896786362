#include "cli/target.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace orbit::cli {
namespace {

namespace fs = std::filesystem;

// A configuration folder of its own, and a project that is linked.
class Target : public testing::Test {
 protected:
  Target() {
    std::string folder = testing::TempDir() + "/orbit-target-XXXXXX";
    config_ = ::mkdtemp(folder.data());
    variables_["XDG_CONFIG_HOME"] = config_;
  }
  ~Target() override { fs::remove_all(config_); }

  LinkFile links() const { return LinkFile(config_ + "/orbit/links.json"); }

  // "" for this machine; the message of an error.
  std::string target(const std::vector<std::string>& words, const std::string& folder = "/src/shop") {
    const auto line = parseCommandLine(words);
    EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error().text());
    Surroundings around;
    around.folder = folder;
    around.lookUp = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional<std::string>(found->second);
    };
    const auto host = targetOf(*line, around);
    if (!host.ok()) return host.error().message;
    return *host ? (*host)->text() : "";
  }

  std::string config_;
  std::map<std::string, std::string> variables_;
};

TEST_F(Target, DevelopmentStaysHereAndProductionGoesToTheLink) {
  ASSERT_TRUE(links().set({"/src/shop", {"deploy", "203.0.113.7", 0}}).ok());
  EXPECT_EQ(target({"domains", "list"}), "deploy@203.0.113.7");
  EXPECT_EQ(target({"up"}), "");
  EXPECT_EQ(target({"ps"}), "");
  EXPECT_EQ(target({"exec", "db", "psql"}), "");
  EXPECT_EQ(target({"ls"}), "");
  EXPECT_EQ(target({"domains", "add", "a.example", "web", "-E", "development"}), "");
}

TEST_F(Target, VerbsOfBothGoWithTheEnvironment) {
  EXPECT_EQ(reachOf("ps"), Reach::kEither);
  EXPECT_EQ(reachOf("deploy"), Reach::kProduction);
  EXPECT_EQ(reachOf("vars set"), Reach::kProduction);
  EXPECT_EQ(reachOf("version"), Reach::kAnywhere);
  EXPECT_EQ(reachOf("server stop"), Reach::kHere);
  EXPECT_EQ(reachOf("build"), Reach::kHere);
}

TEST_F(Target, ALinkHoldsForTheFoldersBelowAndTheNearestWins) {
  ASSERT_TRUE(links().set({"/src", {"", "outer", 0}}).ok());
  ASSERT_TRUE(links().set({"/src/shop", {"", "inner", 0}}).ok());
  EXPECT_EQ(target({"domains", "list"}, "/src/shop/web"), "inner");
  EXPECT_EQ(target({"domains", "list"}, "/src/other"), "outer");
  EXPECT_EQ(target({"domains", "list"}, "/srcs"), "");
  ASSERT_TRUE(*links().remove("/src/shop"));
  EXPECT_EQ(target({"domains", "list"}), "outer");
  EXPECT_FALSE(*links().remove("/src/shop"));
}

TEST_F(Target, TheVariableGoesBeforeTheLinkAndTheFlagBeforeBoth) {
  ASSERT_TRUE(links().set({"/src/shop", {"", "linked", 0}}).ok());
  variables_["ORBIT_HOST"] = "ssh://ci@shop.example.com:2222";
  EXPECT_EQ(target({"domains", "list"}), "ci@shop.example.com:2222");
  EXPECT_EQ(target({"up"}), "");
  EXPECT_EQ(target({"--host", "root@other", "domains", "list"}), "root@other");
  EXPECT_EQ(target({"--host", "local", "domains", "list"}), "");
  EXPECT_EQ(target({"--host", "root@other", "ps"}), "root@other");
  variables_["ORBIT_HOST"] = "local";
  EXPECT_EQ(target({"domains", "list"}), "");
  variables_["ORBIT_HOST"] = "";
  EXPECT_EQ(target({"domains", "list"}), "linked");
  variables_["ORBIT_HOST"] = "tcp://shop";
  EXPECT_EQ(target({"domains", "list"}),
            "ORBIT_HOST: 'tcp://shop' names no host: only ssh:// is spoken between machines");
}

TEST_F(Target, AVerbOfThisMachineRefusesAnother) {
  EXPECT_EQ(target({"--host", "root@other", "up"}),
            "`orbit up` works on this machine only, so --host has no meaning for it");
}

TEST_F(Target, LinkSpeaksToTheHostItNames) {
  EXPECT_EQ(target({"link", "deploy@203.0.113.7"}), "deploy@203.0.113.7");
  EXPECT_EQ(target({"link", "deploy@203.0.113.7", "-p", "2222"}), "deploy@203.0.113.7:2222");
  EXPECT_EQ(target({"link", "deploy@2001:db8::7", "--port", "2222"}), "deploy@[2001:db8::7]:2222");
  EXPECT_EQ(target({"link"}), "");
}

TEST_F(Target, TheFileIsItsOwnersAndADamagedOneIsNamed) {
  ASSERT_TRUE(links().set({"/src/shop", {"", "linked", 0}}).ok());
  struct stat info {};
  ASSERT_EQ(::stat(links().path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  std::ofstream(links().path()) << "not json";
  EXPECT_EQ(target({"domains", "list"}), links().path() + " is not what `orbit link` writes there");
  EXPECT_FALSE(links().set({"/src/shop", {"", "other", 0}}).ok());
}

TEST_F(Target, FoldersAreThoseOfTheFiles) {
  EXPECT_EQ(linkFolder(*parseCommandLine({"ps"}), "/src/shop"), "/src/shop");
  EXPECT_EQ(linkFolder(*parseCommandLine({"-f", "../api/compose.yaml", "ps"}), "/src/shop"), "/src/api");
  EXPECT_EQ(linkFolder(*parseCommandLine({"--project-directory", "/srv/x/", "ps"}), "/src/shop"), "/srv/x");
}

}  // namespace
}  // namespace orbit::cli
