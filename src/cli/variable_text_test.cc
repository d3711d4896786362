#include "cli/variable_text.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "cli/secret_input.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

// Input: variable events. Output: `list`, `list --json`, what `set` and `revoke` say.
TEST(Vars, WhatIsPrinted) {
  support::runGolden("cli/vars", [](const std::string& input) {
    std::vector<VariableEvent> variables;
    for (const auto line : split(trim(input), '\n')) {
      const auto event = parseEvent(line);
      EXPECT_TRUE(event.ok()) << line;
      variables.push_back(std::get<VariableEvent>(*event));
    }
    std::string text =
        variablesTable(variables, kNowUs) + "\n" + variablesJson(variables) + "\n" + variablesSet(variables) + "\n";
    for (const auto& variable : variables) text += revokedText(variable);
    return text + "\n" + whenItCounts("production") + whenItCounts("staging");
  });
}

TEST(Vars, Assignments) {
  const auto all = assignments({"A=1", "B", "C=", "D=a=b", "E=-", "F=--"});
  ASSERT_TRUE(all.ok());
  EXPECT_EQ((*all)[0].value, "1");
  EXPECT_EQ((*all)[1].value, std::nullopt);
  EXPECT_EQ((*all)[2].value, "");
  EXPECT_EQ((*all)[3].value, "a=b");
  EXPECT_EQ((*all)[4].value, std::nullopt);
  EXPECT_EQ((*all)[5].value, "--");
  EXPECT_FALSE(assignments({"A=1", "A"}).ok());
}

TEST(SecretInput, OneLineLosesItsNewlineAndSeveralStay) {
  EXPECT_EQ(valueOfInput("s3cret\n"), "s3cret");
  EXPECT_EQ(valueOfInput("s3cret\r\n"), "s3cret");
  EXPECT_EQ(valueOfInput("s3cret"), "s3cret");
  EXPECT_EQ(valueOfInput("\n"), "");
  EXPECT_EQ(valueOfInput("-----BEGIN\nx\n-----END\n"), "-----BEGIN\nx\n-----END\n");
}

TEST(SecretInput, TypingIsEditedByCharacters) {
  HiddenLine line;
  for (const char key : std::string("wrong\x15p\xc3\xa4\x7f\xc3\xb6ss\bt")) {
    EXPECT_EQ(line.add(key), HiddenLine::State::kTyping);
  }
  EXPECT_EQ(line.text, "p\xc3\xb6st");
  EXPECT_EQ(line.add('\r'), HiddenLine::State::kEntered);
  EXPECT_EQ(line.add(3), HiddenLine::State::kInterrupted);
  EXPECT_EQ(HiddenLine().add(4), HiddenLine::State::kInterrupted);
}

}  // namespace
}  // namespace orbit::cli
