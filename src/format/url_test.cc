#include "format/url.h"

#include <gtest/gtest.h>

namespace orbit::format {
namespace {

TEST(Url, ConnectionStrings) {
  const auto url = parseUrl("postgresql+asyncpg://app:s%40c@db:5433/shop?ssl=off");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "postgresql+asyncpg");
  EXPECT_EQ(url->userInfo, "app:s%40c");
  EXPECT_EQ(url->host, "db");
  EXPECT_EQ(url->port, 5433);
  EXPECT_EQ(url->path, "/shop?ssl=off");
  EXPECT_EQ(defaultPort(url->scheme), 5432);
  EXPECT_EQ(parseUrl("redis://cache")->port, 0);
  EXPECT_EQ(parseUrl("HTTP://[::1]:80/x")->host, "::1");
  EXPECT_EQ(parseUrl("HTTP://[::1]:80/x")->port, 80);
  EXPECT_EQ(parseUrl("mongodb://a:1,b:2/x")->host, "a");
  EXPECT_EQ(parseUrl("mongodb://a:1,b:2/x")->port, 1);
  EXPECT_EQ(parseUrl("http://x?y")->path, "?y");
  EXPECT_EQ(defaultPort("nothing"), 0);
}

TEST(Url, WhatIsNone) {
  for (const auto* text : {"", "db:5432", "://x", "1a://x", "http://", "http://:80", "http://x:99999", "http://x:1y",
                           "http://[::1", "http://[::1]x", "mailto:a@b"}) {
    EXPECT_FALSE(parseUrl(text)) << text;
  }
}

TEST(Url, PercentEncoding) {
  EXPECT_EQ(percentEncode("a b/ü~"), "a%20b%2F%C3%BC~");
  EXPECT_EQ(percentDecode("a%20b%2f%zz%4"), "a b/%zz%4");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percentDecode(percentEncode(all)), all);
}

}  // namespace
}  // namespace orbit::format
