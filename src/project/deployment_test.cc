#include <gtest/gtest.h>

#include <set>

#include "format/json.h"
#include "format/yaml.h"
#include "project/golden_deployment.h"
#include "project/schema_shapes.h"
#include "support/golden.h"

namespace orbit::project {
namespace {

// A golden project whose files' folders exist, read until nothing is asked for.
struct World {
  GoldenProject project;
  Snapshot snapshot;
  Production production;

  explicit World(std::string_view text)
      : project(parseGolden(text)), snapshot(project.given), production(goldenProduction(text)) {
    std::set<std::string> folders;
    for (const auto& [path, file] : project.files) {
      for (std::string folder = folderOf(path); folder != "/"; folder = folderOf(folder)) folders.insert(folder);
    }
    for (const auto& folder : folders) project.files[folder].kind = File::Kind::kFolder;
  }

  DeploymentReading readAll() {
    for (;;) {
      DeploymentReading reading = readDeployment(snapshot, production);
      if (reading.needFiles.empty() && reading.needVariables.empty()) return reading;
      if (supply(project, snapshot, reading.needFiles, reading.needVariables)) continue;
      ADD_FAILURE() << "asks again for what it has";
      return reading;
    }
  }

  model::Deployment deployment() {
    auto reading = readAll();
    for (const auto& problem : reading.problems) ADD_FAILURE() << problem.text();
    return reading.deployment.value_or(model::Deployment());
  }
};

std::string shortened(std::string text) {
  constexpr std::string_view kFolder = "/app/";
  if (startsWith(text, kFolder)) text.erase(0, kFolder.size());
  return text;
}

std::string textOf(const DeploymentReading& reading) {
  std::string out;
  for (const auto& problem : reading.problems) out += shortened(problem.text()) + "\n";
  if (!reading.deployment) return out;
  out += deploymentText(*reading.deployment);
  EXPECT_TRUE(format::parseYaml(out, "deployment").ok()) << out;
  for (const auto& warning : reading.deployment->warnings) {
    const Error shown{.code = Code::kInvalid, .message = warning.message, .hint = warning.hint, .at = warning.at};
    out += "# warning: " + shortened(shown.text()) + "\n";
  }
  for (const auto& service : reading.deployment->services) {
    EXPECT_EQ(service.hash.size(), 64u);
    for (const auto& [name, value] : service.perRelease) {
      out += "# per release, " + service.service.name + ": " + name + "=" + value + "\n";
    }
  }
  return out;
}

TEST(Deployment, GoldenDeployments) {
  support::runGolden("deployment", [](const std::string& input) { return textOf(World(input).readAll()); });
}

TEST(Deployment, GoldenErrors) {
  support::runGolden("deployment-errors", [](const std::string& input) {
    const auto reading = World(input).readAll();
    EXPECT_FALSE(reading.deployment.has_value());
    return textOf(reading);
  });
}

std::string hashOf(const std::string& text) {
  const auto deployment = World(text).deployment();
  return deployment.services.empty() ? "" : deployment.services.front().hash;
}

TEST(Deployment, TheHashFollowsWhatMakesAnInstanceDiffer) {
  const std::string file =
      "services: {web: {image: \"shop/web:1\", ports: [\"8000\"]}}\n### variables\nweb: NAME=a\nweb: secret KEY\n";
  const std::string first = hashOf(file);
  EXPECT_EQ(hashOf(file + "### production\ncommit abc\nmessage other\n"), first) << "a commit is no difference";
  std::string other = file;
  EXPECT_EQ(hashOf(other.replace(other.find("web:1"), 5, "web:2")), first) << "images count by their id";
  other = file;
  EXPECT_NE(hashOf(other.replace(other.find("NAME=a"), 6, "NAME=b")), first);
  other = file;
  EXPECT_NE(hashOf(other.replace(other.find("8000"), 4, "8001")), first);
  World world(file);
  world.production.variables.back().version = 2;
  EXPECT_NE(world.deployment().services.at(0).hash, first) << "a new version of a secret";
}

TEST(Deployment, TheShellDoesNotCount) {
  World world(
      "services: {web: {image: \"shop/web:${TAG:-1}\", environment: [\"A=${A:-file}\", B]}}\n### "
      "shell\nTAG=9\nA=shell\nB=shell\n");
  const auto deployment = world.deployment();
  const auto& spec = deployment.services.at(0).service.container;
  EXPECT_EQ(spec.image, "shop/web:1");
  EXPECT_EQ(spec.environment.at("A"), "file");
  EXPECT_EQ(spec.environment.at("B"), std::nullopt);
}

TEST(Deployment, ASnapshotReadsBack) {
  Snapshot snapshot;
  snapshot.workingDir = "/app";
  snapshot.composeFiles = {"a.yaml", "b.yaml"};
  snapshot.projectName = "shop";
  snapshot.profiles = {"x"};
  snapshot.files["/app/a.yaml"] = {File::Kind::kText, "a: \"b\"\n", ""};
  snapshot.files["/app/latin1"] = {File::Kind::kText, "caf\xe9 %41\n", ""};
  snapshot.files["/app/gone"] = {};
  snapshot.files["/app/closed"] = {File::Kind::kUnreadable, "", "Permission denied"};
  snapshot.files["/app/web"] = {File::Kind::kFolder, "", ""};
  snapshot.variables["A"] = "1";
  snapshot.variables["B"] = std::nullopt;
  const auto back = readSnapshot(writeSnapshot(snapshot));
  ASSERT_TRUE(back.ok()) << back.error().text();
  EXPECT_EQ(writeSnapshot(*back), writeSnapshot(snapshot));
  EXPECT_EQ(back->files.at("/app/latin1").text, "caf\xe9 %41\n");
  EXPECT_EQ(back->files.at("/app/closed").reason, "Permission denied");
  EXPECT_EQ(back->variables.at("B"), std::nullopt);
  EXPECT_EQ(back->composeFiles, snapshot.composeFiles);
  EXPECT_FALSE(readSnapshot("{}").ok());
  EXPECT_FALSE(readSnapshot("no").ok());
}

TEST(Deployment, BranchesNameEnvironments) {
  const auto of = [](std::string_view file, const std::string& branch) {
    World world(file);
    static_cast<void>(world.readAll());
    return environmentOfBranch(world.snapshot, branch);
  };
  constexpr std::string_view kPlain = "services: {a: {image: x}}\n";
  EXPECT_EQ(of(kPlain, "main"), "production");
  EXPECT_EQ(of(kPlain, "master"), "production");
  EXPECT_EQ(of(kPlain, "topic"), "");
  constexpr std::string_view kNamed =
      "services: {a: {image: x}}\nx-orbit: {branches: {main: production, develop: staging, \"release/*\": staging}}\n";
  EXPECT_EQ(of(kNamed, "develop"), "staging");
  EXPECT_EQ(of(kNamed, "release/7"), "staging");
  EXPECT_EQ(of(kNamed, "master"), "");
}

// The keys of a shape, and those of the schema's object at `path` under "$defs".
void expectSameKeys(const Shape& shape, const format::Json& object) {
  std::set<std::string> ours, theirs;
  for (const auto& key : shape.keys) ours.emplace(key.name);
  for (const auto& [key, value] : object["properties"].members()) theirs.insert(key);
  EXPECT_EQ(ours, theirs);
}

const Shape& shapeOf(const Shape& shape, std::string_view key) {
  for (const auto& one : shape.keys) {
    if (one.name == key) return *one.shape;
  }
  ADD_FAILURE() << key;
  return shape;
}

TEST(Deployment, TheSchemaHasTheKeysThatAreRead) {
  const auto text = support::readFile(std::filesystem::path(ORBIT_SOURCE_DIR) / "docs/x-orbit.schema.json");
  const auto schema = format::parseJson(text, "x-orbit.schema.json");
  ASSERT_TRUE(schema.ok()) << schema.error().text();
  const auto& definitions = (*schema)["$defs"];
  expectSameKeys(kOrbitFileShape, definitions["file"]);
  expectSameKeys(kOrbitServiceShape, definitions["service"]);
  expectSameKeys(shapeOf(kOrbitServiceShape, "health"), definitions["health"]);
  expectSameKeys(shapeOf(kOrbitServiceShape, "release"), definitions["release"]);
}

}  // namespace
}  // namespace orbit::project
