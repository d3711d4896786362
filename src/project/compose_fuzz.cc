// A whole project in (the form of golden_project.h): no crash, no hang, no growth past the limits; every need is asked
// for once; what was merged reads back the same.
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
    Needs needs;
    Environment environment(snapshot, needs);
    const Loaded loaded = load(snapshot, environment, needs);
    for (const auto& problem : loaded.problems) ORBIT_CHECK(!problem.message.empty());
    if (!needs.empty()) {
      ORBIT_CHECK(supply(project, snapshot, {needs.files.begin(), needs.files.end()},
                         {needs.variables.begin(), needs.variables.end()}));
      continue;
    }
    ORBIT_CHECK(loaded.merged.has_value() == loaded.problems.empty());
    if (!loaded.merged) return 0;
    const std::string text = orbit::format::dumpYaml(loaded.merged->root);
    const auto back = orbit::format::parseYaml(text, "dump.yaml");
    if (!back.ok() && back.error().code == orbit::Code::kLimit) return 0;
    ORBIT_CHECK(back.ok());
    ORBIT_CHECK(orbit::format::dumpYaml(*back) == text);
    return 0;
  }
}
