#include "cli/listing.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "cli/moment.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

// Input: row events. Output: the table and the JSON.
TEST(Ps, TableAndJson) {
  support::runGolden("cli/ps", [](const std::string& input) {
    std::vector<RowEvent> rows;
    for (auto line : split(trim(input), '\n')) {
      const auto event = parseEvent(line);
      EXPECT_TRUE(event.ok()) << line;
      rows.push_back(std::get<RowEvent>(*event));
    }
    return psTable(rows, kNowUs, true) + psJson(rows, "shop", kNowUs);
  });
}

// Input: the answer of GET /v1/projects.
TEST(Ls, TableAndJson) {
  support::runGolden("cli/ls", [](const std::string& input) {
    const auto body = format::parseJson(input);
    EXPECT_TRUE(body.ok());
    const auto& projects = (*body)["projects"];
    return lsTable(projects, false) + lsTable(projects, true) + lsJson(projects, true) + lsNames(projects, false);
  });
}

TEST(RoundedSpan, ReadsAsDockers) {
  EXPECT_EQ(roundedSpan(0), "Less than a second");
  EXPECT_EQ(roundedSpan(1), "1 second");
  EXPECT_EQ(roundedSpan(59), "59 seconds");
  EXPECT_EQ(roundedSpan(61), "About a minute");
  EXPECT_EQ(roundedSpan(3 * 60), "3 minutes");
  EXPECT_EQ(roundedSpan(3600), "About an hour");
  EXPECT_EQ(roundedSpan(5 * 3600), "5 hours");
  EXPECT_EQ(roundedSpan(3 * 86400), "3 days");
  EXPECT_EQ(roundedSpan(20 * 86400), "2 weeks");
  EXPECT_EQ(roundedSpan(100 * 86400), "3 months");
  EXPECT_EQ(roundedSpan(800 * 86400), "2 years");
}

TEST(ShortPorts, KeepsWhatTheHostReaches) {
  EXPECT_EQ(shortPorts("0.0.0.0:8000->80/tcp, :::8000->80/tcp"), "8000->80");
  EXPECT_EQ(shortPorts("127.0.0.1:5432->5432/tcp, 6379/tcp"), "127.0.0.1:5432->5432");
  EXPECT_EQ(shortPorts("0.0.0.0:53->53/udp"), "53->53/udp");
  EXPECT_EQ(shortPorts(""), "");
}

TEST(Moment, TimesAndSpans) {
  EXPECT_EQ(*parseMoment("2027-01-15T08:00:00Z", 0), kNowUs);
  EXPECT_EQ(*parseMoment("2027-01-15T09:00:00.5+01:00", 0), kNowUs + 500'000);
  EXPECT_EQ(*parseMoment("2027-01-15", 0), kNowUs - 8LL * 3600 * 1'000'000);
  EXPECT_EQ(*parseMoment("10m", kNowUs), kNowUs - 600LL * 1'000'000);
  EXPECT_EQ(*parseMoment("1800000000", 0), kNowUs);
  EXPECT_EQ(*parseMoment("1800000000.25", 0), kNowUs + 250'000);
  for (const char* wrong : {"", "yesterday", "2027-13-01", "2027-01-15T25:00:00Z", "2027-01-15T08:00:00X"}) {
    EXPECT_FALSE(parseMoment(wrong, 0).ok()) << wrong;
  }
}

TEST(Events, UnknownOnesAreAnError) {
  EXPECT_FALSE(parseEvent(R"({"event":"party"})").ok());
  EXPECT_FALSE(parseEvent("not json").ok());
  const auto result = parseEvent(R"({"event":"result","outcome":"ok","elapsedMs":12})");
  EXPECT_EQ(std::get<ResultEvent>(*result).elapsedMs, 12);
}

}  // namespace
}  // namespace orbit::cli
