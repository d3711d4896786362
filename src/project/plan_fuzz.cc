// A whole project to a plan (the input is the form of golden_project.h): no crash, no hang; every need is asked for
// once; what `orbit config` prints of a plan reads back as the same plan.
#include "format/json.h"
#include "format/yaml.h"
#include "project/golden_project.h"

namespace {

using namespace orbit::project;

constexpr int kRoundsMax = 2000;

// Reads until nothing is asked for; whatever the text does not hold is absent.
Reading readAll(const GoldenProject& project) {
  Snapshot snapshot = project.given;
  for (int round = 0;; ++round) {
    ORBIT_CHECK(round < kRoundsMax);
    Reading reading = read(snapshot);
    ORBIT_CHECK(!(reading.plan && !reading.problems.empty()));
    if (reading.needFiles.empty() && reading.needVariables.empty()) {
      ORBIT_CHECK(reading.plan.has_value() == reading.problems.empty());
      return reading;
    }
    ORBIT_CHECK(supply(project, snapshot, reading.needFiles, reading.needVariables));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // A snapshot travels as JSON: what is not UTF-8 cannot arrive.
  const auto travelled = orbit::format::parseJson(orbit::format::Json(text).dump());
  if (!travelled.ok() || travelled->asString() != text) return 0;
  const GoldenProject project = parseGolden(text);
  if (!orbit::startsWith(project.given.workingDir, "/")) return 0;
  const Reading reading = readAll(project);
  if (!reading.plan) {
    for (const auto& problem : reading.problems) ORBIT_CHECK(!problem.message.empty());
    return 0;
  }
  const std::string config = composeText(*reading.plan);
  const auto back = orbit::format::parseYaml(config, "config.yaml");
  ORBIT_CHECK(back.ok() || back.error().code == orbit::Code::kLimit);
  if (back.ok()) ORBIT_CHECK(orbit::format::dumpYaml(*back) == config);
  return 0;
}
