#include "cli/snapshot.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace orbit::cli {
namespace {

namespace fs = std::filesystem;

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = (fs::temp_directory_path() / "orbit-snapshot-XXXXXX").string();
    folder_ = ::mkdtemp(path.data());
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  Snapshot snapshot(const std::vector<std::string>& arguments, const std::string& below = "") {
    line_ = *parseCommandLine(arguments);
    return Snapshot(line_, (folder_ / below).lexically_normal().string(), [](const std::string& name) {
      return name == "TAG" ? std::optional<std::string>("7") : std::nullopt;
    });
  }
  std::string kind(const Snapshot& snapshot, const std::string& name) {
    return snapshot.json()["files"][(folder_ / name).string()]["kind"].asString();
  }

  fs::path folder_;
  CommandLine line_;
};

TEST_F(SnapshotTest, BringsWhatIsLikelyNeeded) {
  write("compose.yaml", "services: {web: {image: 'redis:${TAG:-6}$$NO ${A:?x}'}}\n");
  write(".env", "A=1\n");
  const auto made = snapshot({"up"});
  EXPECT_EQ(kind(made, "compose.yaml"), "text");
  EXPECT_EQ(kind(made, "docker-compose.yml"), "absent");
  EXPECT_EQ(kind(made, "compose.override.yaml"), "absent");
  EXPECT_EQ(kind(made, ".env"), "text");
  const auto variables = made.json()["variables"];
  EXPECT_EQ(variables["TAG"].asString(), "7");
  EXPECT_TRUE(variables.has("A") && variables["A"].isNull());
  EXPECT_TRUE(variables.has("COMPOSE_FILE"));
  EXPECT_FALSE(variables.has("NO"));
  EXPECT_FALSE(variables.has("PATH"));
}

TEST_F(SnapshotTest, LooksUpwardsForTheProject) {
  write("docker-compose.yml", "services: {}\n");
  write("src/deep/x", "");
  const auto made = snapshot({"ps"}, "src/deep");
  EXPECT_EQ(kind(made, "docker-compose.yml"), "text");
  EXPECT_EQ(kind(made, "src/deep/compose.yaml"), "absent");
  EXPECT_EQ(kind(made, ".env"), "absent");
}

TEST_F(SnapshotTest, NamedFilesOnly) {
  write("a.yaml", "services: {}\n");
  write("compose.yaml", "services: {}\n");
  const auto made = snapshot({"-f", "a.yaml", "--env-file", "x.env", "up"});
  EXPECT_EQ(kind(made, "a.yaml"), "text");
  EXPECT_EQ(kind(made, "compose.yaml"), "");
  EXPECT_EQ(kind(made, "x.env"), "absent");
}

TEST_F(SnapshotTest, AddsWhatIsAskedForUntilNothingIsNew) {
  write("web/web.env", "K=$TAG\n");
  auto made = snapshot({"up"});
  const NeedEvent need{.files = {(folder_ / "web/web.env").string()}, .variables = {"OTHER"}, .contexts = {}};
  EXPECT_TRUE(made.add(need));
  EXPECT_EQ(kind(made, "web/web.env"), "text");
  EXPECT_FALSE(made.add(need));
}

TEST_F(SnapshotTest, TellsKindsApart) {
  fs::create_directories(folder_ / "d");
  EXPECT_EQ(readFile((folder_ / "d").string()).kind, "folder");
  EXPECT_EQ(readFile("/dev/null").kind, "other");
  EXPECT_EQ(readFile((folder_ / "no/such").string()).kind, "absent");
  write("big", std::string((4 << 20) + 1, 'x'));
  EXPECT_EQ(readFile((folder_ / "big").string()).kind, "unreadable");
  write("exact", std::string(4 << 20, 'x'));
  EXPECT_EQ(readFile((folder_ / "exact").string()).kind, "text");
  if (::geteuid() != 0) {
    write("secret", "x");
    ::chmod((folder_ / "secret").c_str(), 0);
    EXPECT_EQ(readFile((folder_ / "secret").string()).reason, "Permission denied");
  }
}

}  // namespace
}  // namespace orbit::cli
