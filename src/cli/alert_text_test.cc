#include "cli/alert_text.h"

#include <gtest/gtest.h>

#include "base/base.h"

namespace orbit::cli {
namespace {

TEST(Outages, AreTheLastFewOfEachServiceWithTheirReasons) {
  const auto rows = format::parseJson(R"([
    {"project": "shop", "environment": "production", "service": "web", "objective": "p99"},
    {"project": "shop", "environment": "production", "service": "web", "objective": "uptime", "outages": [
      {"fromUs": 1800000000000000, "untilUs": 1800000120000000, "reason": "no answer: HTTP 503", "known": true,
       "ongoing": true},
      {"fromUs": 1799999000000000, "untilUs": 1799999200000000, "reason": "the machine was away", "known": true},
      {"fromUs": 1799990000000000, "untilUs": 1799993600000000, "reason": "Orbit was stopped", "known": false},
      {"fromUs": 1, "untilUs": 2, "reason": "x", "known": true}, {"fromUs": 1, "untilUs": 2, "reason": "x", "known": true},
      {"fromUs": 1, "untilUs": 2, "reason": "the sixth", "known": true}]},
    {"project": "shop", "environment": "production", "service": "api", "objective": "uptime", "outages": []}])");
  ASSERT_TRUE(rows.ok());
  const std::string text = outagesTable(*rows);
  EXPECT_NE(text.find("web of shop (production)   2027-01-15 08:00   2m 0s so far   no answer: HTTP 503\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("3m 20s         the machine was away\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Orbit was stopped: not known, counts neither as up nor as down\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("the sixth"), std::string::npos);
  EXPECT_EQ(outagesTable(format::Json::array()), "");
}

}  // namespace
}  // namespace orbit::cli
