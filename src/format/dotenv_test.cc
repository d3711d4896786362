#include "format/dotenv.h"

#include <gtest/gtest.h>

namespace orbit::format {
namespace {

std::optional<std::string> lookup(std::string_view name) {
  if (name == "SET") return "value";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

std::string expanded(std::string_view text) {
  auto out = interpolate(text, lookup, {});
  return out.ok() ? *out : "! " + out.error().message;
}

TEST(Interpolate, EveryForm) {
  const std::pair<const char*, const char*> cases[] = {{"plain", "plain"},
                                                       {"$SET", "value"},
                                                       {"${SET}s", "values"},
                                                       {"$SET-x", "value-x"},
                                                       {"${NONE}", ""},
                                                       {"a$$b", "a$b"},
                                                       {"$$SET", "$SET"},
                                                       {"$${SET}", "${SET}"},
                                                       {"${NONE:-b}", "b"},
                                                       {"${NONE-b}", "b"},
                                                       {"${EMPTY:-b}", "b"},
                                                       {"${EMPTY-b}", ""},
                                                       {"${SET:-b}", "value"},
                                                       {"${SET:+c}", "c"},
                                                       {"${EMPTY:+c}", ""},
                                                       {"${EMPTY+c}", "c"},
                                                       {"${NONE+c}", ""},
                                                       {"${SET:?e}", "value"},
                                                       {"${EMPTY?e}", ""},
                                                       {"${NONE:-${SET}}", "value"},
                                                       {"${NONE:-${NIL:-x}y}", "xy"},
                                                       {"${NONE:-a:b-c}", "a:b-c"},
                                                       {"${NONE:-{\"a\":1}}", "{\"a\":1}"},
                                                       {"${NONE:-$$}", "$"},
                                                       {"${SET:-${BAD:?never}}", "value"},
                                                       {"${NONE:-}", ""},
                                                       {"$", "$"},
                                                       {"$1 $(date) $", "$1 $(date) $"},
                                                       {"$SET$SET", "valuevalue"}};
  for (const auto& [text, want] : cases) EXPECT_EQ(expanded(text), want) << text;
}

TEST(Interpolate, Faults) {
  EXPECT_EQ(expanded("${NONE:?who}"), "! The required variable \"NONE\" is not set: who");
  EXPECT_EQ(expanded("${EMPTY:?who}"), "! The required variable \"EMPTY\" is empty: who");
  EXPECT_EQ(expanded("${NONE?}"), "! The required variable \"NONE\" is not set");
  EXPECT_EQ(expanded("${NONE?see ${SET}}"), "! The required variable \"NONE\" is not set: see value");
  for (const auto* text : {"${", "${}", "${1}", "${A", "${A:}", "${A*b}", "${A:=b}", "${ A}"}) {
    EXPECT_EQ(expanded(text).substr(0, 2), "! ") << text;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "${N:-";
  EXPECT_EQ(expanded(deep + std::string(100, '}')), "! Variables are nested deeper than 50 levels");
}

TEST(Interpolate, ASecretBesideAWrongDollarIsNotShown) {
  auto out = interpolate("hunter2${", lookup, {});
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().text().find("hunter2"), std::string::npos);
}

TEST(Interpolate, TellsUnsetVariables) {
  std::vector<std::string> unset;
  auto out =
      interpolate("$A ${B} ${C:-x} $SET ${D+x}", lookup, [&](std::string_view name) { unset.emplace_back(name); });
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(unset, (std::vector<std::string>{"A", "B"}));
}

std::string read(std::string_view text) {
  auto entries = parseDotenv(text, ".env", lookup);
  if (!entries.ok()) return "! " + entries.error().text();
  std::string out;
  for (const auto& entry : *entries) out += entry.key + (entry.value ? "=" + *entry.value : "") + ";";
  return out;
}

TEST(Dotenv, Lines) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"A=1\nB=2", "A=1;B=2;"},
                                                       {"\n# c\n  A = 1  \r\n", "A=1;"},
                                                       {"export A=1", "A=1;"},
                                                       {"exported=1", "exported=1;"},
                                                       {"A: yaml style", "A=yaml style;"},
                                                       {"A=a#b", "A=a#b;"},
                                                       {"A=a # comment", "A=a;"},
                                                       {"A= # comment", "A=;"},
                                                       {"A=#b", "A=#b;"},
                                                       {"A=", "A=;"},
                                                       {"A", "A;"},
                                                       {"A\nB=1", "A;B=1;"},
                                                       {"A='$SET \\n x'", "A=$SET \\n x;"},
                                                       {"A='it\\'s'", "A=it's;"},
                                                       {"A=\"$SET\\n\\t\\\"\\$x\\\\\" # c", "A=value\n\t\"$x\\;"},
                                                       {"A=\"one\ntwo\"\nB=1", "A=one\ntwo;B=1;"},
                                                       {"A=\"\\061\\q\"", "A=1\\q;"},
                                                       {"A=\"\\0101\"", "A=A;"},
                                                       {"A=1\nB=${A}2\nC=${NONE:-$B}", "A=1;B=12;C=12;"},
                                                       {"SET=own\nB=$SET", "SET=own;B=value;"},
                                                       {"A=1\nA=2", "A=1;A=2;"},
                                                       {"A.b-c[0]=1", "A.b-c[0]=1;"},
                                                       {"A=b c  d", "A=b c  d;"},
                                                       {"\xEF\xBB\xBF"
                                                        "A=1",
                                                        "A=1;"},
                                                       {"A=a'b\"c", "A=a'b\"c;"}};
  for (const auto& [text, want] : cases) EXPECT_EQ(read(text), want) << text;
}

TEST(Dotenv, FaultsNameTheirPlace) {
  EXPECT_EQ(read("A=1\nB C=2").substr(0, 10), "! .env:2:3");
  EXPECT_EQ(read("=1").substr(0, 10), "! .env:1:1");
  EXPECT_EQ(read("A='x").substr(0, 10), "! .env:1:3");
  EXPECT_EQ(read("A=\"x\nB=1").substr(0, 10), "! .env:1:3");
  EXPECT_EQ(read("A='x'y").substr(0, 10), "! .env:1:6");
  EXPECT_EQ(read("\nA=${").substr(0, 10), "! .env:2:3");
  EXPECT_EQ(read("-----BEGIN KEY-----").substr(0, 9), "! .env:1:");
}

TEST(Dotenv, ValuesDoNotGrowWithoutBound) {
  std::string text = "A0=" + std::string(1000, 'x') + "\n";
  for (int i = 1; i < 20; ++i) {
    const std::string before = "${A" + std::to_string(i - 1) + "}";
    text += "A" + std::to_string(i) + "=" + before + before + before + before + "\n";
  }
  EXPECT_NE(read(text).find("grows past 1 MiB"), std::string::npos);
}

}  // namespace
}  // namespace orbit::format
