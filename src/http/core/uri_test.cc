#include "http/core/uri.h"

#include <gtest/gtest.h>

namespace orbit::http {
namespace {

std::string pathOf(std::string_view path) {
  const auto normal = normalPath(path);
  if (!normal) return "refused";
  EXPECT_TRUE(isNormalPath(*normal)) << *normal;
  EXPECT_EQ(isNormalPath(path), *normal == path) << path;
  return *normal;
}

std::string hostOf(std::string_view text) {
  return normalHost(text).value_or("refused");
}

TEST(NormalPath, Escapes) {
  EXPECT_EQ(pathOf("/"), "/");
  EXPECT_EQ(pathOf("/a-b_c~d.e/f:g@h/"), "/a-b_c~d.e/f:g@h/");
  EXPECT_EQ(pathOf("/%7Euser/%41%2d"), "/~user/A-");
  EXPECT_EQ(pathOf("/%c3%a9"), "/%C3%A9");
  EXPECT_EQ(pathOf("/a%2fb%5cc"), "/a%2Fb%5Cc");
  EXPECT_EQ(pathOf("/%252e%252E"), "/%252e%252E");
  EXPECT_EQ(pathOf("/[slug]|^"), "/%5Bslug%5D%7C%5E");
  EXPECT_EQ(pathOf("/a%0d%0ab"), "/a%0D%0Ab");
  EXPECT_EQ(pathOf("//a//b"), "//a//b");
  for (const char* path : {"", "a", "*", "/%", "/%4", "/%4g", "/%00", "/a b", "/a\\b", "/a?b", "/a#b", "/\"", "/<",
                           "/{", "/`", "/\x7f", "/\x80", "/\r"}) {
    EXPECT_EQ(pathOf(path), "refused") << path;
  }
}

TEST(NormalPath, DotSegments) {
  EXPECT_EQ(pathOf("/a/./b/../c"), "/a/c");
  EXPECT_EQ(pathOf("/a/b/.."), "/a/");
  EXPECT_EQ(pathOf("/a/."), "/a/");
  EXPECT_EQ(pathOf("/a/.."), "/");
  EXPECT_EQ(pathOf("/."), "/");
  EXPECT_EQ(pathOf("/a/%2E%2e/b"), "/b");
  EXPECT_EQ(pathOf("/a//../b"), "/a/b");
  EXPECT_EQ(pathOf("/..."), "/...");
  EXPECT_EQ(pathOf("/.a/..b/c../d."), "/.a/..b/c../d.");
  for (const char* path : {"/..", "/../a", "/a/../..", "/%2e%2e/a", "/a/..;/b", "/a/.;x", "/a/..%2fb", "/a%2f..%2fb",
                           "/a%5C../b", "/a/%2e%2e%5cb", "/a%2F..", "/..%3b.", "/a/%2E%3Bx"}) {
    EXPECT_EQ(pathOf(path), "refused") << path;
  }
}

TEST(Query, WhatBrowsersSend) {
  EXPECT_TRUE(isQuery(""));
  EXPECT_TRUE(isQuery("a=b&c[]=%20|`^{}\\?/:@%"));
  for (const char* text : {"a b", "a#b", "\"", "<", ">", "\x7f", "\xc3"}) EXPECT_FALSE(isQuery(text)) << text;
}

TEST(NormalHost, NamesAndAddresses) {
  EXPECT_EQ(hostOf("A.Example"), "a.example");
  EXPECT_EQ(hostOf("a.example."), "a.example");
  EXPECT_EQ(hostOf("a.example:8080"), "a.example");
  EXPECT_EQ(hostOf("a.example:"), "a.example");
  EXPECT_EQ(hostOf("a.example.:1"), "a.example");
  EXPECT_EQ(hostOf("my_service"), "my_service");
  EXPECT_EQ(hostOf("192.0.2.1:80"), "192.0.2.1");
  EXPECT_EQ(hostOf("[2001:DB8:0::1]:443"), "[2001:db8::1]");
  EXPECT_EQ(hostOf("[::1]"), "[::1]");
  EXPECT_EQ(hostOf("[::1]:"), "[::1]");
  for (const char* host :
       {"",        ":80",      ".",          "..",        ".a",        "a..b",      "a..",        "a:0",
        "a:65536", "a:123456", "a:8x",       "a:80:80",   "u@a",       "a/b",       "a b",        "a,b",
        "a%2eb",   "a\xc3",    "::1",        "[::1",      "[]",        "[1.2.3.4]", "[::1%25lo]", "[v1.x]",
        "[::1]x",  "127.1",    "0127.0.0.1", "256.1.1.1", "1.2.3.4.5", "123",       "a.1"}) {
    EXPECT_EQ(hostOf(host), "refused") << host;
  }
  EXPECT_EQ(hostOf(std::string(64, 'a')), "refused");
  EXPECT_EQ(hostOf(std::string(63, 'a') + ".b"), std::string(63, 'a') + ".b");
}

}  // namespace
}  // namespace orbit::http
