#include "project/project.h"

#include <gtest/gtest.h>

#include <set>

#include "project/golden_project.h"
#include "support/golden.h"

namespace orbit::project {
namespace {

constexpr std::string_view kFolder = "/app";

// A golden project whose files' folders exist, read until nothing is asked for.
struct World {
  GoldenProject project;
  Snapshot snapshot;

  explicit World(std::string_view text) : project(parseGolden(text)), snapshot(project.given) {
    std::set<std::string> folders;
    for (const auto& [path, file] : project.files) {
      for (std::string folder = folderOf(path); folder != "/"; folder = folderOf(folder)) folders.insert(folder);
    }
    for (const auto& folder : folders) addFolder(folder);
  }

  void addFolder(const std::string& path) { project.files[path].kind = File::Kind::kFolder; }
  void addText(const std::string& path) { project.files[path].kind = File::Kind::kText; }

  Reading readAll() {
    for (;;) {
      Reading reading = read(snapshot);
      if (reading.needFiles.empty() && reading.needVariables.empty()) return reading;
      if (supply(project, snapshot, reading.needFiles, reading.needVariables)) continue;
      ADD_FAILURE() << "asks again for what it has";
      return reading;
    }
  }
};

// Locations without the folder, so that cases read well.
std::string shortened(std::string text) {
  const std::string prefix = std::string(kFolder) + "/";
  if (startsWith(text, prefix)) text.erase(0, prefix.size());
  return text;
}

std::string problemsText(const Reading& reading) {
  std::string out;
  for (const auto& problem : reading.problems) out += shortened(problem.text()) + "\n";
  return out;
}

std::string planText(const model::Plan& plan) {
  std::string out = composeText(plan);
  for (const auto& service : plan.services) {
    if (service.readyPorts.empty()) continue;
    out += "# ready: " + service.name;
    for (const int port : service.readyPorts) out += " " + std::to_string(port);
    out += "\n";
  }
  for (const auto& name : plan.disabled) out += "# disabled: " + name + "\n";
  for (const auto& warning : plan.warnings) {
    const Error shown{.code = Code::kInvalid, .message = warning.message, .hint = warning.hint, .at = warning.at};
    out += "# warning: " + shortened(shown.text()) + "\n";
  }
  return out;
}

// What `orbit config` prints is itself a compose file and means the same.
void expectReadsBack(const model::Plan& plan) {
  const std::string text = composeText(plan);
  World world(text);
  for (const auto& service : plan.services) {
    if (service.build) {
      world.addFolder(service.build->context);
      const std::string name = service.build->dockerfile.empty() ? "Dockerfile" : service.build->dockerfile;
      world.addText(service.build->context + "/" + name);
    }
  }
  for (const auto* objects : {&plan.configs, &plan.secrets}) {
    for (const auto& object : *objects) {
      if (!object.path.empty()) world.addText(object.path);
      if (!object.variable.empty()) world.project.shell[object.variable] = object.content;
    }
  }
  for (const auto& service : plan.services) {
    world.snapshot.profiles.insert(world.snapshot.profiles.end(), service.profiles.begin(), service.profiles.end());
  }
  const Reading again = world.readAll();
  ASSERT_TRUE(again.plan.has_value()) << problemsText(again) << text;
  EXPECT_EQ(composeText(*again.plan), text);
  for (std::size_t i = 0; i < plan.services.size(); ++i) {
    const auto& ours = plan.services[i];
    const auto* theirs = again.plan->find(ours.name);
    ASSERT_NE(theirs, nullptr) << ours.name;
    EXPECT_TRUE(ours.container == theirs->container) << ours.name << "\n" << text;
    EXPECT_EQ(ours.configHash, theirs->configHash) << ours.name;
  }
}

TEST(Project, GoldenPlans) {
  support::runGolden("plan", [](const std::string& input) {
    World world(input);
    const Reading reading = world.readAll();
    if (!reading.plan) return "no plan:\n" + problemsText(reading);
    expectReadsBack(*reading.plan);
    return planText(*reading.plan);
  });
}

TEST(Project, GoldenErrors) {
  support::runGolden("plan-errors", [](const std::string& input) {
    const Reading reading = World(input).readAll();
    EXPECT_FALSE(reading.plan.has_value());
    return problemsText(reading);
  });
}

std::map<std::string, std::string> hashes(std::string_view text) {
  World world(text);
  const Reading reading = world.readAll();
  EXPECT_TRUE(reading.plan.has_value()) << problemsText(reading);
  std::map<std::string, std::string> out;
  if (!reading.plan) return out;
  for (const auto& service : reading.plan->services) out[service.name] = service.configHash;
  return out;
}

TEST(Project, TheHashChangesWithTheContainerAndWithNothingElse) {
  const auto first = hashes("services:\n  a: {image: x, depends_on: [b]}\n  b: {image: y}\n");
  EXPECT_EQ(first.at("a").size(), 64u);
  EXPECT_EQ(hashes("services:\n  b: {image: y}\n  a: {image: x, pull_policy: always, scale: 2}\n"), first);
  EXPECT_NE(hashes("services:\n  a: {image: x, tty: true}\n  b: {image: y}\n").at("a"), first.at("a"));
  EXPECT_NE(hashes("services:\n  a: {image: x}\n  b: {image: y}\nnetworks: {default: {name: other}}\n"), first);
}

TEST(Project, TheHashFollowsASecretsContent) {
  constexpr std::string_view kText =
      "services: {a: {image: x, secrets: [s]}}\n"
      "secrets: {s: {environment: S}}\n"
      "### shell\nS=";
  const auto one = hashes(std::string(kText) + "one\n");
  EXPECT_NE(hashes(std::string(kText) + "two\n"), one);
}

TEST(Project, AttributesKnowTheirPlaces) {
  World world(
      "services:\n"
      "  web:\n"
      "    build:\n"
      "      context: ./web\n"
      "      target: dev\n"
      "    command: npm run dev\n"
      "### /app/web/Dockerfile\n"
      "FROM node AS dev\n");
  const Reading reading = world.readAll();
  ASSERT_TRUE(reading.plan.has_value()) << problemsText(reading);
  const auto& places = reading.plan->services.at(0).attributeAt;
  EXPECT_EQ(places.at("build").line, 3);
  EXPECT_EQ(places.at("build.context").line, 4);
  EXPECT_EQ(places.at("build.target").line, 5);
  EXPECT_EQ(places.at("command").line, 6);
}

TEST(Project, AsksForWhatItNeedsAndSaysNothingBefore) {
  Snapshot snapshot;
  snapshot.workingDir = kFolder;
  const Reading reading = read(snapshot);
  EXPECT_TRUE(reading.problems.empty());
  EXPECT_FALSE(reading.plan.has_value());
  EXPECT_FALSE(reading.needFiles.empty());
}

}  // namespace
}  // namespace orbit::project
