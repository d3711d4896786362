// What a request must be before it may leave as HTTP/1.1: paths, hosts, fields, framing (RFC 9113 8.3.1, 8.2.3, 10.3).
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

std::string outcomeOf(std::string_view block, Request* request = nullptr) {
  Probe probe;
  probe.feed(headers(1, block));
  if (request != nullptr) *request = probe.requests[1];
  if (probe.outcome() == "accepted" && !probe.answered[1].statuses.empty() && probe.answered[1].statuses[0] != 200) {
    return std::to_string(probe.answered[1].statuses[0]);
  }
  return probe.outcome();
}

constexpr const char* kMalformed = "stream 1 PROTOCOL_ERROR";

TEST(H2Downgrade, PathsThatAreNone) {
  for (const std::string path : {"x", "http://a.test/", "//a.test\\x", "*", "/a b", "/a\tb", "/%00", "/%zz", "/%",
                                 "/#f", "/../x", "/a\x7f", "/\xc3\xa9", "?x", "/x HTTP/1.1\r\nx: y", "/%2e%2e/x"}) {
    EXPECT_EQ(outcomeOf(request("GET", path)), kMalformed) << path;
  }
  EXPECT_EQ(outcomeOf(request("OPTIONS", "*")), "accepted");
  EXPECT_EQ(outcomeOf(request("OPTIONS", "*?x")), kMalformed);
  EXPECT_EQ(outcomeOf(request("GET", "/" + std::string(16 * 1024, 'a'))), "connection FRAME_SIZE_ERROR");
}

TEST(H2Downgrade, PathsInNormalForm) {
  Request seen;
  EXPECT_EQ(outcomeOf(request("GET", "/a/./b/../%63?x=%2e&y"), &seen), "accepted");
  EXPECT_EQ(seen.path, "/a/c");
  EXPECT_EQ(seen.query, "x=%2e&y");
  EXPECT_EQ(outcomeOf(request("GET", "/plain"), &seen), "accepted");
  EXPECT_EQ(seen.path, "/plain");
  EXPECT_EQ(seen.query, "");
}

TEST(H2Downgrade, ALongTargetIsAnswered) {
  Probe probe;
  const std::string block = request("GET", "/" + std::string(17 * 1024, 'a'));
  probe.feed(headers(1, block.substr(0, 10'000), kEndStream) + continuation(1, block.substr(10'000)));
  EXPECT_EQ(probe.answered[1].statuses, std::vector<int>{414});
  EXPECT_TRUE(probe.requests.empty());
}

TEST(H2Downgrade, Hosts) {
  Request seen;
  EXPECT_EQ(outcomeOf(request("GET", "/", "A.Test.:8443"), &seen), "accepted");
  EXPECT_EQ(seen.host, "a.test");
  EXPECT_EQ(seen.hostPort, "A.Test.:8443");
  EXPECT_EQ(seen.fields["host"], "A.Test.:8443") << "there is always one";
  for (const std::string host :
       {"user@a.test", "a.test/x", "a b", "a.test:port", "a.test:99999", "[::1", "a..test", "a,b", "a.test:80:80"}) {
    EXPECT_EQ(outcomeOf(request("GET", "/", host)), kMalformed) << host;
  }
}

TEST(H2Downgrade, HostAndAuthorityAgree) {
  const std::string rest = field(":method", "GET") + field(":scheme", "https") + field(":path", "/");
  Request seen;
  EXPECT_EQ(outcomeOf(rest + field("host", "b.test"), &seen), "accepted") << "Host alone will do";
  EXPECT_EQ(seen.host, "b.test");
  EXPECT_EQ(outcomeOf(request() + field("host", "A.test"), &seen), "accepted");
  EXPECT_EQ(seen.hostPort, "a.test");
  EXPECT_EQ(outcomeOf(request() + field("host", "b.test")), kMalformed);
  EXPECT_EQ(outcomeOf(request() + field("host", "a.test:81")), kMalformed);
  EXPECT_EQ(outcomeOf(request() + field("host", "")), kMalformed);
  EXPECT_EQ(outcomeOf(request() + field("host", "a.test") + field("host", "a.test")), kMalformed);
}

TEST(H2Downgrade, SchemesAndMethods) {
  const auto scheme = [](std::string_view text) {
    return outcomeOf(field(":method", "GET") + field(":scheme", text) + field(":path", "/") +
                     field(":authority", "a.test"));
  };
  EXPECT_EQ(scheme("http"), "accepted");
  EXPECT_EQ(scheme("https"), "accepted");
  EXPECT_EQ(scheme("ftp"), kMalformed);
  EXPECT_EQ(scheme("https://x"), kMalformed);
  EXPECT_EQ(outcomeOf(request("GET /admin HTTP/1.1\r\nx: ")), kMalformed);
  EXPECT_EQ(outcomeOf(request("G ET")), kMalformed);
  EXPECT_EQ(outcomeOf(field(":method", "CONNECT") + field(":authority", "a.test:443")), "501");
}

TEST(H2Downgrade, CookiesBecomeOneField) {
  Request seen;
  EXPECT_EQ(outcomeOf(request() + field("cookie", "a=1") + field("x", "y") + field("cookie", "b=2"), &seen),
            "accepted");
  EXPECT_EQ(seen.fields["cookie"], "a=1; b=2");
  EXPECT_EQ(seen.fields["x"], "y");
}

TEST(H2Downgrade, Framing) {
  Request seen;
  outcomeOf(request(), &seen);
  EXPECT_EQ(seen.framing.kind, http::Framing::Kind::kNone);
  outcomeOf(request() + field("content-length", "0"), &seen);
  EXPECT_EQ(seen.framing.kind, http::Framing::Kind::kLength);
  Probe probe;
  probe.feed(headers(1, request("POST") + field("content-length", "5"), kEndHeaders) +
             headers(3, request("POST") + field("expect", "100-continue"), kEndHeaders));
  EXPECT_EQ(probe.requests[1].framing.kind, http::Framing::Kind::kLength);
  EXPECT_EQ(probe.requests[1].framing.length, 5U);
  EXPECT_FALSE(probe.requests[1].expectContinue);
  EXPECT_EQ(probe.requests[3].framing.kind, http::Framing::Kind::kChunked);
  EXPECT_TRUE(probe.requests[3].expectContinue);
  EXPECT_EQ(outcomeOf(request() + field("expect", "200-ok")), "417");
}

TEST(H2Downgrade, TooManyFieldsAreAnswered) {
  std::string many = request();
  for (int i = 0; i < 200; ++i) many += field("x-" + std::to_string(i), "y");
  EXPECT_EQ(outcomeOf(many), "431");
  Probe probe({.headerListBytesMax = 1000});
  probe.feed(headers(1, request() + field("x", std::string(1200, 'y'))));
  EXPECT_EQ(probe.answered[1].statuses, std::vector<int>{431});
  EXPECT_TRUE(probe.requests.empty());
  probe.feed(headers(3, request()));
  EXPECT_EQ(probe.answered[3].body, "ok") << "the connection lives";
}

}  // namespace
}  // namespace orbit::h2test
