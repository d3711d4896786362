#include <gtest/gtest.h>

#include "base/text.h"
#include "format/yaml.h"
#include "project/golden_project.h"
#include "support/golden.h"

namespace orbit::project {
namespace {

struct Outcome {
  Loaded loaded;
  int rounds = 0;
};

Outcome loadAll(const std::string& text) {
  const GoldenProject project = parseGolden(text);
  Snapshot snapshot = project.given;
  Outcome outcome;
  for (;;) {
    ++outcome.rounds;
    Needs needs;
    Environment environment(snapshot, needs);
    outcome.loaded = load(snapshot, environment, needs);
    const bool isNew = supply(project, snapshot, {needs.files.begin(), needs.files.end()},
                              {needs.variables.begin(), needs.variables.end()});
    if (needs.empty()) return outcome;
    EXPECT_TRUE(isNew) << "asks again for what it has";
    if (!isNew) return outcome;
  }
}

// The merged tree, or the problems; then the warnings.
std::string told(const std::string& text) {
  const Loaded loaded = loadAll(text).loaded;
  std::string out;
  for (const auto& problem : loaded.problems) out += "error: " + problem.text() + "\n";
  if (!loaded.merged) return out;
  out += format::dumpYaml(loaded.merged->root);
  const auto note = [&](std::string_view name, const std::vector<std::string>& values) {
    if (!values.empty()) out.append("# ").append(name).append(": ").append(join(values, ", ")).append("\n");
  };
  if (loaded.merged->workingDir != "/app") note("folder", {loaded.merged->workingDir});
  if (loaded.merged->files.size() > 1) note("files", loaded.merged->files);
  note("active profiles", loaded.merged->activeProfiles);
  note("disabled", loaded.merged->disabled);
  for (const auto& warning : loaded.merged->warnings) {
    out += "# warning: " + (warning.at.known() ? warning.at.text() + ": " : "") + warning.message + " (" +
           warning.hint + ")\n";
  }
  return out;
}

TEST(Loading, NormalForms) {
  support::runGolden("compose-normal-form", told);
}
TEST(Loading, MergeRules) {
  support::runGolden("compose-merge", told);
}
TEST(Loading, Interpolation) {
  support::runGolden("compose-interpolation", told);
}
TEST(Loading, Discovery) {
  support::runGolden("compose-discovery", told);
}
TEST(Loading, Include) {
  support::runGolden("compose-include", told);
}
TEST(Loading, Extends) {
  support::runGolden("compose-extends", told);
}
TEST(Loading, Profiles) {
  support::runGolden("compose-profiles", told);
}
TEST(Loading, Errors) {
  support::runGolden("compose-errors", told);
}

TEST(Loading, ASecretOfAnIncludedFileTakesItsVariableFromThatFilesEnvFile) {
  const auto outcome = loadAll(
      "### /app/compose.yaml\ninclude: [sub/c.yaml]\nsecrets: {own: {environment: S}}\n"
      "### /app/sub/c.yaml\nservices: {a: {image: a}}\nsecrets: {theirs: {environment: S}}\n"
      "### /app/sub/.env\nS=inner\n### /app/.env\nT=1\n");
  ASSERT_TRUE(outcome.loaded.merged);
  const std::map<std::string, std::string> expected = {{"secrets.theirs=S", "inner"}};
  EXPECT_EQ(outcome.loaded.merged->values, expected);
}

TEST(Loading, AsksForEachThingOnce) {
  const auto outcome = loadAll("### /x/compose.yaml\nservices: {a: {image: \"${A}${B}\"}}\n### in /x/y/z\n");
  EXPECT_TRUE(outcome.loaded.merged) << "found two folders above";
  EXPECT_LE(outcome.rounds, 7);
}

TEST(Loading, WideIncludesStopAtTheLimit) {
  // Each level includes the next one twice: 2^20 files without a limit.
  std::string text = "### /app/compose.yaml\ninclude: [a0/c.yaml, a0/d.yaml]\n";
  for (int i = 0; i < 20; ++i) {
    const std::string next = "../a" + std::to_string(i + 1) + "/";
    for (const auto* name : {"c", "d"}) {
      text +=
          "### /app/a" + std::to_string(i) + "/" + name + ".yaml\ninclude: [" + next + "c.yaml, " + next + "d.yaml]\n";
    }
  }
  text += "### /app/a20/c.yaml\nservices: {a: {image: a}}\n### /app/a20/d.yaml\nservices: {a: {image: a}}\n";
  const auto outcome = loadAll(text);
  ASSERT_FALSE(outcome.loaded.problems.empty());
  EXPECT_EQ(outcome.loaded.problems[0].code, Code::kLimit);
}

TEST(Loading, ALongChainOfExtendsStopsAtTheLimit) {
  std::string text = "services:\n  s0: {image: a}\n";
  for (int i = 1; i < 1000; ++i) {
    text += "  s" + std::to_string(1000 - i) + ": {extends: s" + std::to_string(999 - i) + "}\n";
  }
  const auto outcome = loadAll(text);
  ASSERT_FALSE(outcome.loaded.problems.empty());
  EXPECT_EQ(outcome.loaded.problems[0].code, Code::kLimit);
}

TEST(Loading, ValuesDoNotGrowWithoutBound) {
  std::string text = "### shell\nLONG=" + std::string(500'000, 'x') + "\n### /app/compose.yaml\nservices:\n";
  for (int i = 0; i < 200; ++i) text += "  s" + std::to_string(i) + ": {image: $LONG}\n";
  const auto outcome = loadAll(text);
  ASSERT_EQ(outcome.loaded.problems.size(), 1u);
  EXPECT_EQ(outcome.loaded.problems[0].code, Code::kLimit);
}

}  // namespace
}  // namespace orbit::project
