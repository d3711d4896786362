// RFC 9113 8.1 to 8.3: what makes a request malformed. Its stream ends with PROTOCOL_ERROR (8.1.1).
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};
const std::vector<std::string> kMalformed = {"stream 1 PROTOCOL_ERROR"};

std::string without(std::string_view left) {
  std::string block;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "a.test"}}) {
    if (name != left) block += field(name, value);
  }
  return block;
}
std::string with(std::string_view name, std::string_view value) {
  return headers(1, request() + field(name, value));
}

// No malformed request reaches the listener.
void runMalformed(const std::vector<Case>& cases) {
  runCases(cases);
  for (const Case& row : cases) {
    Probe probe;
    probe.feed(row.bytes);
    EXPECT_TRUE(probe.requests.empty()) << row.name;
    probe.feed(headers(99, request()));
    EXPECT_EQ(probe.answered[99].body, "ok") << row.name << ": the connection lives";
  }
}

TEST(H2Messages, FieldNames) {
  runMalformed({
      {"in capitals", with("X-TEST", "ok"), kMalformed},
      {"with one capital", with("x-tEst", "ok"), kMalformed},
      {"with a space", with("x test", "ok"), kMalformed},
      {"with a colon", with("x:test", "ok"), kMalformed},
      {"with a line break", with("x\r\ntest", "ok"), kMalformed},
      {"with NUL", with(std::string_view("x\0y", 3), "ok"), kMalformed},
      {"with a byte above ASCII", with("x\xc3\xa9", "ok"), kMalformed},
      {"empty", with("", "ok"), kMalformed},
  });
}

TEST(H2Messages, FieldValues) {
  runMalformed({
      {"with CR", with("x", "a\rb"), kMalformed},
      {"with LF", with("x", "a\nb"), kMalformed},
      {"with CR LF and a field", with("x", "a\r\ntransfer-encoding: chunked"), kMalformed},
      {"with NUL", with("x", std::string_view("a\0b", 3)), kMalformed},
      {"with DEL", with("x", "a\x7f"), kMalformed},
      {"with a space before", with("x", " a"), kMalformed},
      {"with a tab after", with("x", "a\t"), kMalformed},
  });
}

TEST(H2Messages, PseudoHeaderFields) {
  runMalformed({
      {"an unknown one", headers(1, request() + field(":test", "ok")), kMalformed},
      {"one of responses", headers(1, request() + field(":status", "200")), kMalformed},
      {":protocol, which we did not offer", headers(1, request("CONNECT") + field(":protocol", "websocket")),
       kMalformed},
      {"after a regular field", headers(1, field("x-test", "ok") + request()), kMalformed},
      {"without :method", headers(1, without(":method")), kMalformed},
      {"without :scheme", headers(1, without(":scheme")), kMalformed},
      {"without :path", headers(1, without(":path")), kMalformed},
      {"without :authority and Host", headers(1, without(":authority")), kMalformed},
      {":method twice", headers(1, field(":method", "GET") + request()), kMalformed},
      {":scheme twice", headers(1, field(":scheme", "https") + request()), kMalformed},
      {":path twice", headers(1, field(":path", "/") + request()), kMalformed},
      {":authority twice", headers(1, field(":authority", "a.test") + request()), kMalformed},
      {"an empty :path", headers(1, request("GET", "")), kMalformed},
      {"an empty :method", headers(1, request("")), kMalformed},
      {"an empty :authority", headers(1, request("GET", "/", "")), kMalformed},
      {"no fields at all", headers(1, ""), kMalformed},
  });
}

TEST(H2Messages, TrailersReachTheListenerButNoneThatFramesRoutesOrAuthenticates) {
  Probe probe;
  const std::string open = headers(1, request("POST"), kEndHeaders) + data(1, "body");
  probe.feed(open + headers(1, field("x-sum", "1") + field("content-type", "9") + field("x-forwarded-for", "1.1.1.1") +
                                   field("authorization", "me") + field("grpc-status", "0")));
  EXPECT_EQ(probe.requests[1].trailers, "x-sum: 1\r\ngrpc-status: 0\r\n");
  Probe large;
  large.feed(open + headers(1, field("x-large", std::string(9000, 'x'))));
  EXPECT_EQ(large.outcome(), "connection ENHANCE_YOUR_CALM");
}

TEST(H2Messages, Trailers) {
  const std::string open = headers(1, request("POST"), kEndHeaders) + data(1, "x");
  for (const std::string& trailers : {headers(1, field(":method", "200")), headers(1, field(":status", "200")),
                                      headers(1, field("X-CAPITAL", "1")), headers(1, field("connection", "close"))}) {
    Probe probe;
    probe.feed(open + trailers);
    EXPECT_EQ(probe.outcome(), "stream 1 PROTOCOL_ERROR");
    EXPECT_FALSE(probe.requests[1].ended) << "a request cut off is not a whole one";
    EXPECT_EQ(probe.resets.size(), 1U);
  }
}

TEST(H2Messages, TheListenerIsToldOnceOfWhatItNeverGets) {
  http::H2Limits limits;
  limits.streamsMax = 1;
  Probe probe(limits);
  probe.answers = false;
  probe.feed(headers(1, request("GET", "no-slash")));
  probe.feed(headers(3, field(":method", "PUT") + field(":path", "/p")));
  probe.feed(headers(5, request() + field("X-Capital", "1") + field("Y", "2")));
  probe.feed(headers(7, request("POST") + field("content-length", "9999999999999999"), kEndHeaders) + rst(7));
  probe.feed(headers(9, request("GET", "/good")) + headers(11, request("GET", "/one-too-many")));
  EXPECT_EQ(probe.refused, (std::vector<std::string>{"GET no-slash 0", "PUT /p 0", "GET / 0", "POST / 413", "  0"}));
  EXPECT_EQ(probe.requests.size(), 1U);
  // Trailers are no request.
  Probe other;
  other.answers = false;
  other.feed(headers(1, request("POST"), kEndHeaders) + headers(1, field(":status", "200")));
  EXPECT_TRUE(other.refused.empty());
  EXPECT_EQ(other.resets.size(), 1U);
}

TEST(H2Messages, ConnectionSpecificFields) {
  runMalformed({
      {"Connection", with("connection", "keep-alive"), kMalformed},
      {"Keep-Alive", with("keep-alive", "1"), kMalformed},
      {"Proxy-Connection", with("proxy-connection", "close"), kMalformed},
      {"Transfer-Encoding", with("transfer-encoding", "chunked"), kMalformed},
      {"Upgrade", with("upgrade", "websocket"), kMalformed},
      {"TE other than trailers", with("te", "trailers, deflate"), kMalformed},
      {"TE gzip", with("te", "gzip"), kMalformed},
  });
  runCases({{"TE: trailers", with("te", "trailers"), kAccepted}});
}

TEST(H2Messages, ContentLengthOfAnEmptyRequest) {
  runMalformed({
      {"that is not 0", with("content-length", "1"), kMalformed},
      {"twice", headers(1, request() + field("content-length", "0") + field("content-length", "0")), kMalformed},
      {"two that differ", headers(1, request() + field("content-length", "0") + field("content-length", "1")),
       kMalformed},
      {"with a sign", with("content-length", "+0"), kMalformed},
      {"negative", with("content-length", "-1"), kMalformed},
      {"a list", with("content-length", "0, 0"), kMalformed},
      {"hexadecimal", with("content-length", "0x0"), kMalformed},
      {"empty", with("content-length", ""), kMalformed},
      {"too large for any number", with("content-length", std::string(30, '9')), kMalformed},
  });
  runCases({{"0", with("content-length", "0"), kAccepted}});
}

// 8.1.1: the length that was said against the DATA frames.
TEST(H2Messages, ContentLengthAgainstTheBody) {
  const std::string open = headers(1, request("POST") + field("content-length", "4"), kEndHeaders);
  for (const std::string& body :
       {data(1, "x", kEndStream), data(1, "12345", kEndStream), data(1, "12") + data(1, "3", kEndStream),
        data(1, "1234") + data(1, "5"), data(1, "12") + headers(1, field("x-t", "1"))}) {
    Probe probe;
    probe.feed(open + body);
    EXPECT_EQ(probe.outcome(), "stream 1 PROTOCOL_ERROR");
    EXPECT_FALSE(probe.requests[1].ended);
    EXPECT_LE(probe.requests[1].body.size(), 4U);
    EXPECT_EQ(probe.resets[1], kProtocolError);
  }
  runCases({
      {"the same in one", open + data(1, "1234", kEndStream), kAccepted},
      {"the same in two", open + data(1, "12") + data(1, "34", kEndStream), kAccepted},
      {"the same, then an empty one", open + data(1, "1234") + data(1, "", kEndStream), kAccepted},
      {"padding does not count", open + data(1, number(3, 1) + "1234" + std::string(3, '\0'), kEndStream | kPadded),
       kAccepted},
  });
}

}  // namespace
}  // namespace orbit::h2test
