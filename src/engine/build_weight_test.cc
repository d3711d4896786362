#include "engine/build_weight.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace orbit::engine {
namespace {

namespace fs = std::filesystem;

class BuildWeight : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("orbit-weight-" + std::to_string(::getpid()));
    fs::create_directories(root_ / "cpu/docker/buildkit");
    std::ofstream(root_ / "cpu/docker/buildkit/cpu.shares") << "1024";
  }
  void TearDown() override { fs::remove_all(root_); }
  std::string shares() const {
    std::ifstream file(root_ / "cpu/docker/buildkit/cpu.shares");
    std::string text;
    file >> text;
    return text.substr(0, 1) == "2" ? "low" : "usual";
  }
  fs::path root_;
};

TEST_F(BuildWeight, IsLowUntilTheLastLightBuildEnds) {
  {
    const LightBuild one(root_.string());
    EXPECT_EQ(shares(), "low");
    { const LightBuild two(root_.string()); }
    EXPECT_EQ(shares(), "low");
  }
  EXPECT_EQ(shares(), "usual");
}

TEST_F(BuildWeight, NothingToChangeIsNoError) {
  const LightBuild one((root_ / "none").string());
  EXPECT_FALSE(fs::exists(root_ / "none"));
}

}  // namespace
}  // namespace orbit::engine
