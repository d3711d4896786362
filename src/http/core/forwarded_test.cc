#include "http/core/forwarded.h"

#include <gtest/gtest.h>

namespace orbit::http {
namespace {

// "address scheme | X-Forwarded-For to send on" for a peer and field lines; 10.0.0.0/8 and fd00::/8 are trusted.
std::string originOf(std::string_view peer, std::string fieldLines, bool https = false) {
  RequestIndex index;
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + std::move(fieldLines) + "\r\n";
  EXPECT_EQ(parseRequestHead(head, {}, index).kind, ParseOutcome::Kind::kDone);
  const auto trusted = IpRanges::parse({"10.0.0.0/8", "fd00::/8"});
  const ClientOrigin origin = clientOrigin(index, *parseIp(peer), https, *trusted);
  return ipText(origin.address) + (origin.https ? " https | " : " http | ") + origin.forwardedFor;
}

TEST(Ip, TextAndBack) {
  for (const char* text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.20.3.100", "::", "2001:db8::1", "::1"}) {
    EXPECT_EQ(ipText(*parseIp(text)), text);
  }
  EXPECT_EQ(ipText(*parseIp("::ffff:192.0.2.1")), "192.0.2.1");
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", ":::", "1::2::3",
                           "fe80::1%lo", "[::1]", "unknown"}) {
    EXPECT_FALSE(parseIp(text)) << text;
  }
  EXPECT_FALSE(parseIp({}));
}

TEST(IpRanges, ParseAndContain) {
  const auto ranges = IpRanges::parse({"10.0.0.0/8", "192.0.2.1", "2001:db8::/33", "172.16.0.0/12"});
  ASSERT_TRUE(ranges.ok());
  for (const char* inside : {"10.255.0.1", "192.0.2.1", "2001:db8:7fff::1", "172.31.255.255", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(ranges->contains(*parseIp(inside))) << inside;
  }
  for (const char* outside : {"11.0.0.1", "192.0.2.2", "2001:db8:8000::1", "172.32.0.0", "::10.0.0.1"}) {
    EXPECT_FALSE(ranges->contains(*parseIp(outside))) << outside;
  }
  EXPECT_TRUE(IpRanges::parse({"0.0.0.0/0"})->contains(*parseIp("9.9.9.9")));
  EXPECT_FALSE(IpRanges::parse({"0.0.0.0/0"})->contains(*parseIp("2001:db8::1")));
  for (const char* wrong :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "::/129", "a", "10.0.0.0/8/8"}) {
    EXPECT_EQ(IpRanges::parse({wrong}).error().code, Code::kInvalid) << wrong;
  }
}

TEST(ClientOrigin, AnUntrustedPeerSaysNothing) {
  EXPECT_EQ(originOf("192.0.2.9", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=1.1.1.1\r\n"),
            "192.0.2.9 http | 192.0.2.9");
}

TEST(ClientOrigin, FromTheRightToTheFirstUntrusted) {
  EXPECT_EQ(originOf("10.0.0.1", ""), "10.0.0.1 http | 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 6.6.6.6, 192.0.2.7 , 10.0.0.2\r\n"),
            "192.0.2.7 http | 192.0.2.7, 10.0.0.2, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7:4711\r\n"),
            "192.0.2.7 http | 192.0.2.7, 10.0.0.1");
  EXPECT_EQ(originOf("fd00::1", "X-Forwarded-For: [2001:db8::7]:80\r\n"), "2001:db8::7 http | 2001:db8::7, fd00::1");
  EXPECT_EQ(originOf("fd00::1", "X-Forwarded-For: 2001:db8::7\r\n"), "2001:db8::7 http | 2001:db8::7, fd00::1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n"),
            "10.0.0.3 http | 10.0.0.3, 10.0.0.2, 10.0.0.1");
}

TEST(ClientOrigin, WhatCannotBeReadEndsTheWay) {
  for (const char* element : {"unknown", "_hidden", "", "1.2.3.4:x", "1.2.3", "[::1", "192.0.2.1 192.0.2.2"}) {
    EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 192.0.2.7, " + std::string(element) + ", 10.0.0.2\r\n"),
              "10.0.0.2 http | 10.0.0.2, 10.0.0.1")
        << element;
  }
}

TEST(ClientOrigin, TheSchemeIsOfTheFirstTrustedProxy) {
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-Proto: HTTPS\r\n"), "10.0.0.1 https | 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"),
            "192.0.2.7 https | 192.0.2.7, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https, http\r\n", true),
            "192.0.2.7 http | 192.0.2.7, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: 192.0.2.7, 10.0.0.2\r\nX-Forwarded-Proto: https, http\r\n"),
            "192.0.2.7 https | 192.0.2.7, 10.0.0.2, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-Proto: gopher\r\n", true), "10.0.0.1 https | 10.0.0.1");
}

TEST(ClientOrigin, Forwarded) {
  EXPECT_EQ(
      originOf("10.0.0.1", "Forwarded: for=6.6.6.6, For=\"192.0.2.7:80\";Proto=https;by=10.0.0.2, for=10.0.0.2\r\n"),
      "192.0.2.7 https | 192.0.2.7, 10.0.0.2, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "Forwarded: for=\"[2001:db8::7]:1\"\r\n"), "2001:db8::7 http | 2001:db8::7, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "Forwarded: for=unknown;proto=https\r\n"), "10.0.0.1 https | 10.0.0.1");
  for (const char* wrong : {"for=\"192.0.2.7", "for=192.0.2.7;for=192.0.2.8", "for 192.0.2.7",
                            "for=6.6.6.6;x=\", for=\"[::1]\"", "=192.0.2.7", "for=[2001:db8::7]", "for= 192.0.2.7"}) {
    EXPECT_EQ(originOf("10.0.0.1", "Forwarded: " + std::string(wrong) + "\r\n"), "10.0.0.1 http | 10.0.0.1") << wrong;
  }
}

TEST(ClientOrigin, TwoWordsThatDifferAreNotBelieved) {
  EXPECT_EQ(originOf("10.0.0.1", "Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.7\r\n"),
            "192.0.2.7 http | 192.0.2.7, 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "Forwarded: for=6.6.6.6\r\nX-Forwarded-For: 192.0.2.7\r\n"),
            "10.0.0.1 http | 10.0.0.1");
  EXPECT_EQ(originOf("10.0.0.1", "Forwarded: for=192.0.2.7;proto=https\r\nX-Forwarded-Proto: http\r\n"),
            "192.0.2.7 http | 192.0.2.7, 10.0.0.1");
}

TEST(ClientOrigin, EndlessListsAreBounded) {
  std::string list = "192.0.2.7";
  for (int i = 0; i < 1000; ++i) list += ",10.0.0.2";
  const std::string origin = originOf("10.0.0.1", "X-Forwarded-For: " + list + "\r\nForwarded: \r\n");
  EXPECT_EQ(origin.substr(0, 9), "10.0.0.1 ");
  EXPECT_EQ(originOf("10.0.0.1", "X-Forwarded-For: " + list + "\r\n").substr(0, 9), "10.0.0.2 ");
}

}  // namespace
}  // namespace orbit::http
