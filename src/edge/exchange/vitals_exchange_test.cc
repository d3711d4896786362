// A page's tag and what its visitors send back, on the way of a request.
#include <set>

#include "edge/exchange/exchange_fixture.h"
#include "edge/vitals/vitals.h"

namespace orbit::edge {
namespace {

class VitalsTest : public ExchangeTest {
 protected:
  VitalsTest() {
    world.table.routes[0].vitals = true;
    world.apply();
  }
  static constexpr const char* kPage = "Accept: text/html\r\nAccept-Encoding: gzip\r\n";
};

TEST_F(VitalsTest, APageGetsItsTagAndTheRightLength) {
  get(kPage);
  EXPECT_EQ(attempt().head.find("Accept-Encoding"), std::string::npos);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 19\r\n\r\n", false);
  attempt().owner->onAttemptBody("<html><he");
  attempt().owner->onAttemptBody("ad></head>");
  attempt().end();
  EXPECT_TRUE(client.body.starts_with("<html><head><script async ")) << client.body;
  EXPECT_TRUE(client.body.ends_with("></script></head>")) << client.body;
  EXPECT_NE(client.lines.find("Content-Length: " + std::to_string(client.body.size()) + "\r\n"), std::string::npos)
      << client.lines;
  exchange->onAnswerSent();
  EXPECT_EQ(world.signals.rows.back().sample.bytesOut, client.body.size());
}

TEST_F(VitalsTest, APageWithoutAHeadGetsItAtItsEnd) {
  get(kPage);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n", false);
  attempt().owner->onAttemptBody("hello");
  attempt().end();
  EXPECT_TRUE(client.body.starts_with("hello<script ")) << client.body;
}

TEST_F(VitalsTest, WhatIsNoPageStaysAsItIs) {
  get("Accept: application/json\r\nAccept-Encoding: gzip\r\n");
  EXPECT_NE(attempt().head.find("Accept-Encoding: gzip"), std::string::npos);
  attempt().answer("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n", false);
  attempt().owner->onAttemptBody("<head>");
  attempt().end();
  EXPECT_EQ(client.body, "<head>");
}

TEST_F(VitalsTest, ABeaconIsASignalOfItsReleaseAndNoRequest) {
  const std::string body = "1 old /orders/77123\nLCP 2600.0 navigate\nCLS 0.1000 navigate\n";
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n",
        false);
  exchange->onRequestBody(std::string_view(body).substr(0, 20));
  exchange->onRequestBody(std::string_view(body).substr(20));
  exchange->onRequestEnd({});
  EXPECT_EQ(client.status, 204);
  EXPECT_EQ(attempts(), 0U);
  exchange->onAnswerSent();
  ASSERT_EQ(world.signals.rows.size(), 3U);
  const auto& first = world.signals.rows[0];
  EXPECT_EQ(first.key.kind, Kind::kVital);
  EXPECT_EQ(first.key.service + " " + first.key.release + " " + first.key.instance, "app old LCP /orders/:id");
  EXPECT_EQ(first.sample.latencyUs, 2'600'000U);
  EXPECT_EQ(world.signals.rows[1].key.instance, "CLS /orders/:id");
  EXPECT_TRUE(world.signals.rows[2].sample.probe) << "Orbit's own traffic counts in no rate";
}

TEST_F(VitalsTest, AReleaseThatIsNotThereIsNotBelievedAndNeitherIsALongBeacon) {
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: 24\r\n\r\n", false);
  exchange->onRequestBody("1 r99 /\nLCP 1 navigate\n");
  exchange->onRequestEnd({});
  EXPECT_EQ(world.signals.rows.at(0).key.release, "");
  exchange->onAnswerSent();
  client = {};
  begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: 9000\r\n\r\n", false);
  exchange->onRequestBody(std::string(5000, 'x'));
  EXPECT_EQ(client.status, 413);
  exchange->onAnswerSent();
}

// Each table began a new count of them: whoever sent beacons through a deploy took the series that requests need.
TEST_F(VitalsTest, InventedPagesTakeOnlySoManySeriesWhateverTablesCome) {
  std::set<std::string> names;
  for (int i = 0; i < 600; ++i) {
    if (i % 150 == 0) world.apply();
    client = {};
    std::string page = "/";
    for (int rest = i + 1; rest > 0; rest /= 26) page += static_cast<char>('a' + rest % 26);
    const std::string body = "1 old " + page + "\nLCP 1 navigate\n";
    begin("POST /.well-known/orbit/vitals HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n",
          false);
    exchange->onRequestBody(body);
    exchange->onRequestEnd({});
    ASSERT_EQ(client.status, 204);
    names.insert(world.signals.rows.back().key.instance);
    exchange->onAnswerSent();
  }
  EXPECT_GT(names.size(), 100U);
  EXPECT_LT(names.size(), 300U);
}

TEST_F(VitalsTest, ARouteWithASlashAtItsEndServesTheScriptBelowIt) {
  world.table.routes[0].path = "/shop/";
  world.apply();
  begin("GET /shop/.well-known/orbit/vitals.js HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(client.status, 200);
  exchange->onAnswerSent();
}

TEST_F(VitalsTest, TheScriptIsServedAndOtherRoutesKnowNothingOfIt) {
  begin("GET /.well-known/orbit/vitals.js HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(client.status, 200);
  EXPECT_EQ(client.body, vitalsScript());
  exchange->onAnswerSent();
  world.table.routes[0].vitals = false;
  world.apply();
  client = {};
  begin("GET /.well-known/orbit/vitals.js HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(attempts(), 1U);
  attempt().answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true);
  exchange->onAnswerSent();
}

}  // namespace
}  // namespace orbit::edge
