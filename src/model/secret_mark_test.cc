#include "model/secret_mark.h"

#include <gtest/gtest.h>

namespace orbit::model {
namespace {

TEST(SecretMark, IsFoundShownAndFilled) {
  const std::string text =
      "postgresql://app:" + secretMark("PW") + "@db/" + secretMark("DB") + "?x=" + secretMark("PW");
  EXPECT_EQ(secretsIn(text), (std::vector<std::string>{"PW", "DB"}));
  EXPECT_EQ(showSecrets(text), "postgresql://app:${PW}@db/${DB}?x=${PW}");
  const auto filled = fillSecrets(text, [](const std::string& name) { return Result<std::string>("<" + name + ">"); });
  EXPECT_EQ(*filled, "postgresql://app:<PW>@db/<DB>?x=<PW>");
}

TEST(SecretMark, TextWithoutMarksStays) {
  EXPECT_TRUE(secretsIn("${PW} \x1e half").empty());
  EXPECT_EQ(showSecrets("a\x1e"), "a\x1e");
}

TEST(SecretMark, MissingSecretFails) {
  const auto filled = fillSecrets(secretMark("PW"), [](const std::string& name) -> Result<std::string> {
    return Error{.code = Code::kNotFound, .message = "no " + name};
  });
  ASSERT_FALSE(filled.ok());
  EXPECT_EQ(filled.error().message, "no PW");
}

}  // namespace
}  // namespace orbit::model
