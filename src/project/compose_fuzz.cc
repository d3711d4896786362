// A whole project in (the form of golden_project.h), a plan out: no crash, no hang, no growth past the limits; nothing
// is asked for twice; a plan comes exactly when nothing is wrong, and its compose text is YAML.
#include "format/yaml.h"
#include "project/golden_project.h"

namespace {

constexpr int kRoundsMax = 2000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::project;
  const GoldenProject project = parseGolden({reinterpret_cast<const char*>(data), size});
  if (!orbit::startsWith(project.given.workingDir, "/")) return 0;
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
