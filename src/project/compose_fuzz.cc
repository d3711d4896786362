// A whole project in (the form of golden_project.h), a plan out: no crash, no hang, no growth past the limits; nothing
// is asked for twice; a plan comes exactly when nothing is wrong, and its compose text is YAML.
#include "format/yaml.h"
#include "project/golden_deployment.h"

namespace {

constexpr int kRoundsMax = 2000;

// The same project for an environment: a deployment comes exactly when nothing is wrong, its text is YAML, and the
// snapshot that made it reads back.
void deploy(const orbit::project::GoldenProject& project, std::string_view text) {
  using namespace orbit::project;
  Snapshot snapshot = project.given;
  const Production production = goldenProduction(text);
  for (int round = 0;; ++round) {
    ORBIT_CHECK(round < kRoundsMax);
    const auto reading = readDeployment(snapshot, production);
    for (const auto& problem : reading.problems) ORBIT_CHECK(!problem.message.empty());
    if (!reading.needFiles.empty() || !reading.needVariables.empty()) {
      ORBIT_CHECK(!reading.deployment);
      ORBIT_CHECK(supply(project, snapshot, reading.needFiles, reading.needVariables));
      continue;
    }
    ORBIT_CHECK(reading.deployment.has_value() == reading.problems.empty());
    static_cast<void>(environmentOfBranch(snapshot, "main"));
    const auto kept = readSnapshot(writeSnapshot(snapshot));
    ORBIT_CHECK(kept.ok());
    if (!reading.deployment) return;
    const auto back = orbit::format::parseYaml(deploymentText(*reading.deployment), "config.yaml");
    ORBIT_CHECK(back.ok() || back.error().code == orbit::Code::kLimit);
    for (const auto& service : reading.deployment->services) ORBIT_CHECK(!service.hash.empty());
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::project;
  const GoldenProject project = parseGolden({reinterpret_cast<const char*>(data), size});
  if (!orbit::startsWith(project.given.workingDir, "/")) return 0;
  deploy(project, {reinterpret_cast<const char*>(data), size});
  Snapshot snapshot = project.given;
  for (int round = 0;; ++round) {
    ORBIT_CHECK(round < kRoundsMax);
    const Reading reading = read(snapshot);
    for (const auto& problem : reading.problems) ORBIT_CHECK(!problem.message.empty());
    if (!reading.needFiles.empty() || !reading.needVariables.empty()) {
      ORBIT_CHECK(!reading.plan);
      ORBIT_CHECK(supply(project, snapshot, reading.needFiles, reading.needVariables));
      continue;
    }
    ORBIT_CHECK(reading.plan.has_value() == reading.problems.empty());
    if (!reading.plan) return 0;
    const auto back = orbit::format::parseYaml(composeText(*reading.plan), "config.yaml");
    ORBIT_CHECK(back.ok() || back.error().code == orbit::Code::kLimit);
    return 0;
  }
}
