#include "edge/vitals/vitals.h"

#include <gtest/gtest.h>

#include "edge/worker/limits.h"

namespace orbit::edge {
namespace {

// Where the tag goes, whatever pieces the page comes in; -1 when it has no place.
int placeIn(const std::string& page, std::size_t pieces) {
  HeadFinder finder;
  for (std::size_t at = 0; at < page.size(); at += pieces) {
    const std::size_t place = finder.find(std::string_view(page).substr(at, pieces));
    if (place != HeadFinder::kNone) return static_cast<int>(at + place);
  }
  return -1;
}

void expectPlace(const std::string& before, const std::string& after) {
  for (const std::size_t pieces : {std::size_t{1}, std::size_t{3}, std::size_t{7}, before.size() + after.size()}) {
    EXPECT_EQ(placeIn(before + after, pieces), static_cast<int>(before.size())) << before << " by " << pieces;
  }
}

TEST(HeadFinder, FindsTheHeadHoweverItIsWritten) {
  expectPlace("<!doctype html><html><head>", "<title>x</title></head>");
  expectPlace("<HTML>\n<HeaD\n lang='a>b' data-x=\"c>d\">", "x");
  expectPlace("<!-- <head> -- > --><head>", "");
  expectPlace("<!-->-->\n<head >", "y");
}

TEST(HeadFinder, TakesNothingElseForIt) {
  for (const std::string page : {"<header>a</header>", "<html></head>", "<!-- <head> ", "<he ad>", "< head>", ""}) {
    EXPECT_EQ(placeIn(page, 1), -1) << page;
  }
  const std::string late = std::string(HeadFinder::kWithin, ' ') + "<head>";
  EXPECT_EQ(placeIn(late, 1000), -1);
  expectPlace("<!doctype html><header></header><head>", "");
}

http::ResponseIndex answerOf(const std::string& lines) {
  http::ResponseIndex head;
  const std::string text = "HTTP/1.1 200 OK\r\n" + lines + "Content-Length: 9\r\n\r\n";
  EXPECT_EQ(http::parseResponseHead(text, {}, http::Method::kGet, head).kind, http::ParseOutcome::Kind::kDone);
  return head;
}

TEST(Vitals, OnlyWholePlainPagesTakeTheTag) {
  EXPECT_TRUE(takesTag(answerOf("Content-Type: text/html; charset=utf-8\r\n")));
  EXPECT_TRUE(takesTag(answerOf("Content-Type: Text/HTML\r\nCache-Control: no-cache\r\n")));
  EXPECT_FALSE(takesTag(answerOf("Content-Type: text/plain\r\n")));
  EXPECT_FALSE(takesTag(answerOf("Content-Type: text/html\r\nContent-Encoding: gzip\r\n")));
  EXPECT_FALSE(takesTag(answerOf("Content-Type: text/html\r\nCache-Control: public, No-Transform\r\n")));
  EXPECT_FALSE(takesTag(answerOf("")));
}

TEST(Vitals, TheTagNamesScriptReleaseAndNonce) {
  EXPECT_EQ(vitalsTag("/.well-known/orbit/vitals", "r12", answerOf("")),
            "<script async src=\"/.well-known/orbit/vitals.js\" data-release=\"r12\"></script>");
  EXPECT_EQ(vitalsTag("/shop/.well-known/orbit/vitals", "r1",
                      answerOf("Content-Security-Policy: script-src 'self' 'nonce-aB3+/='; x\r\n")),
            "<script async src=\"/shop/.well-known/orbit/vitals.js\" data-release=\"r1\" nonce=\"aB3+/=\"></script>");
  EXPECT_EQ(
      vitalsTag("/.well-known/orbit/vitals", "\"><b>", answerOf("Content-Security-Policy: script-src 'nonce-\"x'\r\n")),
      "<script async src=\"/.well-known/orbit/vitals.js\"></script>");
}

TEST(Vitals, ABeaconIsReadWhole) {
  Beacon beacon;
  ASSERT_TRUE(
      readBeacon("1 r12 /orders/81723/edit\nLCP 1234.5 navigate\nCLS 0.0123 reload\n"
                 "LCP 3.1 back-forward-cache\n",
                 beacon));
  EXPECT_EQ(beacon.release, "r12");
  EXPECT_EQ(beacon.page, "/orders/:id/edit");
  ASSERT_EQ(beacon.vitals.size(), 3u);
  EXPECT_EQ(beacon.vitals[0].name, "LCP");
  EXPECT_EQ(beacon.vitals[0].value, 1'234'500u);
  EXPECT_FALSE(beacon.vitals[0].fromCache);
  EXPECT_EQ(beacon.vitals[1].value, 12'300u);
  EXPECT_TRUE(beacon.vitals[2].fromCache);
}

TEST(Vitals, WhatIsNoBeaconIsRefused) {
  Beacon beacon;
  for (const std::string text :
       {"", "1 r1 /", "1 r1 /\n", "2 r1 /\nLCP 1 a\n", "1 r1 x\nLCP 1 a\n", "1 r1 /\nFID 1 a\n", "1 r1 /\nLCP -1 a\n",
        "1 r1 /\nLCP nan a\n", "1 r1 /\nLCP inf a\n", "1 r1 /\nLCP 1x a\n", "1 r1 /\nLCP 600001 a\n",
        "1 r1 /\nCLS 101 a\n", "1 r1 /\n\nLCP 1 a\n"}) {
    EXPECT_FALSE(readBeacon(text, beacon)) << text;
  }
  std::string many = "1 r1 /\n";
  for (int i = 0; i < 13; ++i) many += "LCP 1 navigate\n";
  EXPECT_FALSE(readBeacon(many, beacon));
  EXPECT_FALSE(readBeacon("1 r1 /" + std::string(kBeaconBytesMax, 'x') + "\nLCP 1 a\n", beacon));
}

TEST(Vitals, APageIsItsShape) {
  EXPECT_EQ(pageOf("/"), "/");
  EXPECT_EQ(pageOf("/about"), "/about");
  EXPECT_EQ(pageOf("/a/"), "/a");
  EXPECT_EQ(pageOf("/users/ada@example.com"), "/users/:id");
  EXPECT_EQ(pageOf("/reset/eyJhbGciOiJIUzI1NiJ9.x"), "/reset/:id");
  EXPECT_EQ(pageOf("/v2/orders/0192-77"), "/v2/orders/:id");
  EXPECT_EQ(pageOf("/a/b/c/d/e/f/g/h"), "/a/b/c/d/e/f/...");
  EXPECT_EQ(pageOf("/%F0%9F%98%80"), "/:id");
}

TEST(Vitals, TheScriptIsThePackageAndOurs) {
  EXPECT_NE(vitalsScript().find("webVitals"), std::string_view::npos);
  EXPECT_NE(vitalsScript().find("sendBeacon"), std::string_view::npos);
}

TEST(VitalNames, ABurstThenOneByOneAndOnlySoManyEver) {
  VitalNames names;
  Instant now{std::chrono::hours(1)};
  std::size_t taken = 0;
  for (; names.take(std::to_string(taken), now); ++taken) ASSERT_LE(taken, kVitalNamesBurst);
  EXPECT_EQ(taken, kVitalNamesBurst);
  EXPECT_TRUE(names.take("0", now)) << "it was taken before";
  now += kVitalNamesGap;
  EXPECT_TRUE(names.take(std::to_string(taken++), now));
  EXPECT_FALSE(names.take(std::to_string(taken), now));
  for (int day = 0; day < 30; ++day, now += std::chrono::hours(24)) {
    while (names.take(std::to_string(taken), now)) ++taken;
  }
  EXPECT_EQ(taken, kVitalNamesMax);
}

}  // namespace
}  // namespace orbit::edge
