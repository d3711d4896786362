#include "edge/log/secrets.h"

#include <gtest/gtest.h>

namespace orbit::edge {
namespace {

std::string query(std::string_view text) {
  std::string scratch;
  return std::string(maskedQuery(text, scratch));
}

std::string address(std::string_view text) {
  std::string scratch;
  return std::string(maskedAddress(text, scratch));
}

TEST(Secrets, OfTheQueryAreMasked) {
  EXPECT_EQ(query("page=2&sort=name"), "page=2&sort=name");
  EXPECT_EQ(query("page=2&access_token=abc&x=1"), "page=2&access_token=***&x=1");
  EXPECT_EQ(query("X-Amz-Signature=ab;ApiKey=c"), "X-Amz-Signature=***;ApiKey=***");
  EXPECT_EQ(query("%74oken=abc&PASSWORD=x&code=1&flag"), "%74oken=***&PASSWORD=***&code=***&flag");
  EXPECT_EQ(query("token"), "token");
  EXPECT_EQ(query("&&"), "&&");
  EXPECT_EQ(query("a=1&token="), "a=1&token=***");
  EXPECT_EQ(query(""), "");
}

TEST(Secrets, OfAnAddressAreMasked) {
  EXPECT_EQ(address("https://example.com/reset?token=abc&a=1"), "https://example.com/reset?token=***&a=1");
  EXPECT_EQ(address("https://example.com/token=abc"), "https://example.com/token=abc");
  EXPECT_EQ(address("https://example.com/?a=1"), "https://example.com/?a=1");
  EXPECT_EQ(address("/?"), "/?");
  EXPECT_EQ(address(""), "");
}

TEST(Secrets, LongTextsAreCutAndMaskedAllTheSame) {
  const std::string longText(100'000, 'a');
  EXPECT_EQ(query(longText).size(), 1024U);
  EXPECT_EQ(query("token=" + longText), "token=***");
  EXPECT_EQ(address(longText).size(), 512U);
  EXPECT_EQ(address(longText + "?key=" + longText), std::string(512, 'a') + "?key=***");
  EXPECT_EQ(address("/?" + longText).size(), 2U + 1024U);
}

}  // namespace
}  // namespace orbit::edge
