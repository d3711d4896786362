// Every compose file of a folder must parse and plan. tests/project/samples holds ours; ORBIT_COMPOSE_SAMPLES names a
// folder with other people's. Files that a sample names but does not bring (env files, secrets, build folders) are made
// up, because collections leave them out; variables that must be set get a value.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "project/project.h"

namespace orbit::project {
namespace {

namespace fs = std::filesystem;

File fileOnDisk(const fs::path& path) {
  std::error_code fault;
  if (fs::is_directory(path, fault)) return {.kind = File::Kind::kFolder, .text = {}, .reason = {}};
  if (!fs::exists(path, fault)) return {};
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return {.kind = File::Kind::kText, .text = text.str(), .reason = {}};
}

bool isComposeName(const std::string& name) {
  static const std::set<std::string> kNames = {"compose.yaml", "compose.yml", "docker-compose.yaml",
                                               "docker-compose.yml"};
  return kNames.count(name) != 0;
}

Reading readFile(const fs::path& path) {
  Snapshot snapshot;
  snapshot.workingDir = path.parent_path().string();
  snapshot.composeFiles = {path.string()};
  constexpr int kRoundsMax = 16;
  Reading reading;
  for (int round = 0; round < kRoundsMax; ++round) {
    reading = read(snapshot);
    if (reading.needFiles.empty() && reading.needVariables.empty()) break;
    for (const auto& name : reading.needFiles) snapshot.files[name] = fileOnDisk(name);
    for (const auto& name : reading.needVariables) snapshot.variables[name] = std::nullopt;
  }
  return reading;
}

// The same file for production, whose answer is a deployment or what stands in its way.
DeploymentReading deployFile(const fs::path& path) {
  Snapshot snapshot;
  snapshot.workingDir = path.parent_path().string();
  snapshot.composeFiles = {path.string()};
  constexpr int kRoundsMax = 16;
  DeploymentReading reading;
  for (int round = 0; round < kRoundsMax; ++round) {
    reading = readDeployment(snapshot, {});
    if (reading.needFiles.empty() && reading.needVariables.empty()) break;
    for (const auto& name : reading.needFiles) snapshot.files[name] = fileOnDisk(name);
    for (const auto& name : reading.needVariables) snapshot.variables[name] = std::nullopt;
  }
  return reading;
}

// Faults that come of a collection's leaving out what only its user has.
bool isAboutAbsentThings(const Error& problem) {
  for (const auto* words : {"there is no file", "there is no folder", "there is no Dockerfile", "is not set"}) {
    if (problem.message.find(words) != std::string::npos) return true;
  }
  return false;
}

// What development has and an environment has not, for now.
bool isNotDone(const Error& problem) {
  return problem.message.find("not done yet") != std::string::npos;
}

void expectDeploys(const fs::path& path, bool strict) {
  const auto reading = deployFile(path);
  std::string problems;
  for (const auto& problem : reading.problems) {
    if (!isNotDone(problem) && (strict || !isAboutAbsentThings(problem))) problems += problem.text() + "\n";
  }
  EXPECT_EQ(problems, "") << path;
  EXPECT_TRUE(reading.deployment.has_value() || !reading.problems.empty()) << path;
  if (!reading.deployment) return;
  EXPECT_FALSE(deploymentText(*reading.deployment).empty()) << path;
}

void readAll(const fs::path& folder, bool strict) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || !isComposeName(entry.path().filename().string())) continue;
    ++count;
    const Reading reading = readFile(entry.path());
    std::string problems;
    for (const auto& problem : reading.problems) {
      if (strict || !isAboutAbsentThings(problem)) problems += problem.text() + "\n";
    }
    EXPECT_EQ(problems, "") << entry.path();
    EXPECT_TRUE(reading.plan.has_value() || !reading.problems.empty()) << entry.path();
    expectDeploys(entry.path(), strict);
    if (!reading.plan) continue;
    EXPECT_FALSE(composeText(*reading.plan).empty()) << entry.path();
    if (std::getenv("ORBIT_SAMPLES_WARNINGS") == nullptr) continue;
    for (const auto& warning : reading.plan->warnings) {
      std::cerr << warning.at.text() << ": " << warning.message << " (" << warning.hint << ")\n";
    }
  }
  EXPECT_GT(count, 0) << folder;
  std::cerr << count << " compose files in " << folder << "\n";
}

TEST(Samples, OursParseAndPlan) {
  readAll(fs::path(ORBIT_SOURCE_DIR) / "tests/project/samples", true);
  readAll(fs::path(ORBIT_SOURCE_DIR) / "examples", true);
}

TEST(Samples, TheExampleNeedsAHandfulOfVariables) {
  const auto reading = deployFile(fs::path(ORBIT_SOURCE_DIR) / "examples/orbit/docker-compose.yml");
  ASSERT_TRUE(reading.deployment.has_value());
  std::set<std::string> needed;
  for (const auto& one : reading.deployment->needed) {
    if (!one.optional) needed.insert(one.name);
  }
  EXPECT_EQ(needed, (std::set<std::string>{"DATABASE_URL", "POSTGRES_PASSWORD", "SECRET_KEY"}));
}

TEST(Samples, OtherPeoplesParseAndPlan) {
  const char* folder = std::getenv("ORBIT_COMPOSE_SAMPLES");
  if (folder == nullptr) GTEST_SKIP() << "ORBIT_COMPOSE_SAMPLES names no folder";
  readAll(folder, false);
}

}  // namespace
}  // namespace orbit::project
