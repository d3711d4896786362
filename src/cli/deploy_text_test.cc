#include "cli/deploy_text.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "cli/git_source.h"
#include "cli/release_text.h"
#include "cli/workflow.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

format::Json json(std::string_view text) {
  auto parsed = format::parseJson(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return parsed.ok() ? *parsed : format::Json();
}

Place place() {
  Place place;
  place.workingDir = "/src/shop";
  return place;
}

// Input: a plan event, then commits, a line each. Output: `deploy --plan`, then what the first deploy says.
TEST(Plan, Texts) {
  support::runGolden("cli/plan", [](const std::string& input) {
    const auto end = input.find("\ncommits\n");
    std::vector<std::string> commits;
    if (end != std::string::npos) {
      for (const auto line : split(trim(std::string_view(input).substr(end + 9)), '\n')) commits.emplace_back(line);
    }
    const auto plan = json(std::string_view(input).substr(0, end));
    return planText(plan, commits, place(), {}) + "\n=== before the first deploy\n" +
           beforeDeployText(plan, place(), {});
  });
}

// Input: results, a line each. Output: for a person, for a workflow, its summary and its outputs.
TEST(DeployEnd, Texts) {
  support::runGolden("cli/deploy_end", [](const std::string& input) {
    std::string out;
    for (const auto text : split(trim(input), '\n')) {
      const auto result = json(text);
      const std::string undo = result["outcome"].asString() == "ok" ? undoCommand("staging") : "";
      const std::string line = summaryLine(result, undo);
      out +=
          endText(result, "staging", undo, {}) + line + "\n" + workflowSummary(result, line) + workflowOutputs(result);
    }
    return out;
  });
}

TEST(Releases, Table) {
  support::runGolden("cli/releases",
                     [](const std::string& input) { return releasesTable(json(input)["releases"], kNowUs); });
}

TEST(Show, Report) {
  support::runGolden("cli/show", [](const std::string& input) { return releaseReport(json(input), kNowUs, {}); });
}

TEST(Status, Screen) {
  support::runGolden("cli/status",
                     [](const std::string& input) { return statusScreen(json(input)["rows"], kNowUs, {}); });
}

TEST(Open, ChoosesByServiceOrBecauseItIsTheOnlyOne) {
  const auto rows = json(R"([{"name": "web", "release": "r12", "url": "https://web"}, {"name": "api", "release": "r11",
                             "url": "https://api"}, {"name": "db", "release": "r1", "url": ""}])");
  EXPECT_EQ(*urlToOpen(rows, "api", "production"), "https://api");
  EXPECT_TRUE(isRelease("r12"));
  EXPECT_FALSE(isRelease("r") || isRelease("redis") || isRelease("12"));
  const auto several = urlToOpen(rows, "", "production");
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.error().hint, "orbit open web   https://web\norbit open api   https://api");
  EXPECT_EQ(urlToOpen(rows, "db", "production").error().message, "db has no URL: nothing of it speaks HTTP");
  EXPECT_EQ(urlToOpen(rows, "wbe", "production").error().hint, "Did you mean web?");
  EXPECT_EQ(urlToOpen(json("[]"), "", "staging").error().message, "Nothing is deployed to staging");
  EXPECT_EQ(*urlToOpen(json(R"([{"name": "web", "url": "https://web"}, {"name": "db"}])"), "", "staging"),
            "https://web");
}

TEST(StageLines, CountsAreToldNowAndThenAndChangesAtOnce) {
  StageLines lines;
  Instant now{};
  StageEvent stage{
      .stage = "live", .service = "web", .text = "1 request", .problem = std::nullopt, .log = {}, .numbers = {}};
  EXPECT_EQ(lines.line(stage, now), " web watching: 1 request\n");
  stage.text = "9 requests";
  EXPECT_EQ(lines.line(stage, now + std::chrono::seconds(9)), "");
  EXPECT_EQ(lines.line(stage, now + std::chrono::seconds(10)), " web watching: 9 requests\n");
  EXPECT_EQ(lines.line(stage, now + std::chrono::seconds(60)), "") << "nothing new";
  stage.stage = "promoted";
  EXPECT_EQ(lines.line(stage, now + std::chrono::seconds(61)), " web promoted: 9 requests\n");
}

TEST(Numbers, ReadAsASentence) {
  EXPECT_EQ(numbersText(json(R"({"requests": 1, "errors": 1, "p99Ms": 1240})")), "1 request, 1 error, p99 1.2 s");
  EXPECT_EQ(numbersText(json(R"({"requests": 0, "errors": 0, "p99Ms": 0})")), "0 requests, 0 errors");
  EXPECT_EQ(numbersText(json("{}")), "");
  EXPECT_EQ(besideText(json(R"({"release": "r12", "beside": "r11", "new": {"requests": 412, "failed": 0, "p99Ms": 38.2},
                                "old": {"requests": 3700, "failed": 1, "p99Ms": 36}})")),
            "412 requests, 0 failed, p99 38 ms (r11: 3700, 1 failed, p99 36 ms)");
  EXPECT_EQ(besideText(json(R"({"beside": "", "new": {"requests": 0, "failed": 0}})")), "0 requests, 0 failed");
  EXPECT_EQ(millisecondsText(0.4), "under 1 ms");
}

TEST(Git, WhatLogSays) {
  const auto source = parseGit(
      "4f2a91c0de\x1f"
      "Ann Lee\x1f"
      "fix the total\n");
  EXPECT_EQ(source.commit + "|" + source.author + "|" + source.message, "4f2a91c0de|Ann Lee|fix the total");
  EXPECT_EQ(parseGit("").commit, "");
}

TEST(Git, ACommitIsNamedOnlyWhenItIsCheckedOut) {
  GitSource head;
  head.commit = "4f2a91c0de4f2a91c0de4f2a91c0de4f2a91c0de";
  EXPECT_EQ(namedCommit(head, "")->commit, head.commit);
  EXPECT_EQ(namedCommit(head, "4F2A91C")->commit, head.commit);
  EXPECT_EQ(namedCommit(head, "9d8e7f6a").error().code, Code::kConflict);
  EXPECT_EQ(namedCommit(head, "main").error().code, Code::kInvalid);
  EXPECT_EQ(namedCommit({}, "9D8E7F6A")->commit, "9d8e7f6a") << "no git here: the name is all there is";
}

}  // namespace
}  // namespace orbit::cli
