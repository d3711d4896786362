// What a server must take (h2spec's "generic" part): lifecycles, each frame in its plain form, HPACK's forms.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kAccepted = {"accepted"};

TEST(H2Generic, StreamsAndLifecycle) {
  runCases({
      {"PRIORITY on an idle stream", priority(1, 0) + headers(1, request()), kAccepted},
      {"WINDOW_UPDATE on a half-closed (remote) stream", headers(1, request()) + windowUpdate(1, 100), kAccepted},
      {"PRIORITY on a half-closed (remote) stream", headers(1, request()) + priority(1, 0), kAccepted},
      {"RST_STREAM on a half-closed (remote) stream", headers(1, request()) + rst(1), kAccepted},
      {"PRIORITY on a closed stream", headers(1, request()) + rst(1) + priority(1, 0), kAccepted},
      {"WINDOW_UPDATE on a closed stream", headers(1, request()) + rst(1) + windowUpdate(1, 1), kAccepted},
      {"RST_STREAM on a closed stream", headers(1, request()) + rst(1) + rst(1), kAccepted},
      {"three streams at once",
       headers(1, request(), kEndHeaders) + headers(3, request(), kEndHeaders) + headers(5, request()) +
           data(3, "x", kEndStream) + data(1, "y", kEndStream),
       kAccepted},
      {"stream numbers may be passed over", headers(7, request()) + headers(101, request()), kAccepted},
  });
}

TEST(H2Generic, FramesInTheirPlainForm) {
  const std::string open = headers(1, request("POST"), kEndHeaders);
  runCases({
      {"DATA", open + data(1, "test", kEndStream), kAccepted},
      {"several DATA", open + data(1, "test") + data(1, "test", kEndStream), kAccepted},
      {"empty DATA", open + data(1, "", kEndStream), kAccepted},
      {"padded DATA", open + data(1, number(6, 1) + "test" + std::string(6, '\0'), kEndStream | kPadded), kAccepted},
      {"DATA of padding only", open + data(1, number(5, 1) + std::string(5, '\0'), kEndStream | kPadded), kAccepted},
      {"HEADERS", headers(1, request()), kAccepted},
      {"padded HEADERS",
       headers(1, number(6, 1) + request() + std::string(6, '\0'), kEndHeaders | kEndStream | kPadded), kAccepted},
      {"HEADERS with priority",
       headers(1, number(0, 4) + number(255, 1) + request(), kEndHeaders | kEndStream | kPriorityFlag), kAccepted},
      {"PRIORITY of weight 1", priority(1, 0, 0) + headers(1, request()), kAccepted},
      {"PRIORITY of weight 256", priority(1, 0, 255) + headers(1, request()), kAccepted},
      {"PRIORITY that depends on a stream", priority(3, 1) + headers(1, request()), kAccepted},
      {"PRIORITY with the exclusive flag", priority(3, 0x80000001U) + headers(1, request()), kAccepted},
      {"PRIORITY for an idle stream, then a lower one is opened", priority(5, 0) + headers(1, request()), kAccepted},
      {"RST_STREAM", open + rst(1), kAccepted},
      {"SETTINGS", settings(setting(3, 100)), kAccepted},
      {"PING", ping(), kAccepted},
      {"GOAWAY", frame(kGoAway, 0, 0, number(0, 8)), kAccepted},
      {"GOAWAY with debug data", frame(kGoAway, 0, 0, number(0, 8) + "bye"), kAccepted},
      {"WINDOW_UPDATE of the connection", windowUpdate(0, 1), kAccepted},
      {"WINDOW_UPDATE of a stream", open + windowUpdate(1, 1), kAccepted},
      {"CONTINUATION", headers(1, request(), kEndStream) + continuation(1, field("x-a", "b")), kAccepted},
      {"several CONTINUATION",
       headers(1, request(), kEndStream) + continuation(1, field("x-a", "b"), kNone) +
           continuation(1, field("x-c", "d")),
       kAccepted},
      {"an empty CONTINUATION", headers(1, request(), kEndStream) + continuation(1, ""), kAccepted},
      {"a field cut between two frames",
       headers(1, request().substr(0, 20), kEndStream) + continuation(1, request().substr(20)), kAccepted},
  });
}

TEST(H2Generic, Messages) {
  const std::string trailers = headers(1, field("x-checksum", "1"));
  runCases({
      {"GET", headers(1, request()), kAccepted},
      {"HEAD", headers(1, request("HEAD")), kAccepted},
      {"POST", headers(1, request("POST"), kEndHeaders) + data(1, "body", kEndStream), kAccepted},
      {"POST with trailers", headers(1, request("POST"), kEndHeaders) + data(1, "body") + trailers, kAccepted},
      {"trailers without a body", headers(1, request("POST"), kEndHeaders) + trailers, kAccepted},
      {"OPTIONS *", headers(1, request("OPTIONS", "*")), kAccepted},
      {"a method nobody knows", headers(1, request("BREW")), kAccepted},
  });
}

TEST(H2Generic, HeaderCompression) {
  const std::string base = indexed(2) + indexed(7) + indexed(4);  // GET, https, /
  const std::string host = "\x01" + literal("a.test");            // :authority without indexing
  const std::string huffman("\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff", 14);  // RFC 7541 C.4.1
  const std::string never = "\x10" + literal("x-secret") + literal("s");
  runCases({
      {"indexed", headers(1, base + host), kAccepted},
      {"literal with indexing, indexed name", headers(1, base + "\x41" + literal("a.test")), kAccepted},
      {"literal with indexing, new name", headers(1, base + host + "\x40" + literal("x-new") + literal("v")),
       kAccepted},
      {"literal without indexing, indexed name", headers(1, base + host + std::string("\x0f\x2b", 2) + literal("v")),
       kAccepted},
      {"literal without indexing, new name", headers(1, base + host + field("x-new", "v")), kAccepted},
      {"literal never indexed", headers(1, base + host + never), kAccepted},
      {"literal never indexed, indexed name", headers(1, base + host + std::string("\x1f\x2b", 2) + literal("v")),
       kAccepted},
      {"a field of the dynamic table", headers(1, base + "\x41" + literal("a.test")) + headers(3, base + indexed(62)),
       kAccepted},
      {"a name of the dynamic table",
       headers(1, base + host + "\x40" + literal("x-new") + literal("v")) +
           headers(3, base + host + integer(62, 6, 0x40) + literal("other")),
       kAccepted},
      {"Huffman code", headers(1, base + huffman), kAccepted},
      {"table size update to the most allowed", headers(1, integer(4096, 5, 0x20) + base + host), kAccepted},
      {"table size update to nothing", headers(1, integer(0, 5, 0x20) + base + host), kAccepted},
      {"two table size updates", headers(1, integer(0, 5, 0x20) + integer(4096, 5, 0x20) + base + host), kAccepted},
      {"an empty value", headers(1, base + host + field("x-empty", "")), kAccepted},
      {"a field larger than the table empties it",
       headers(1, base + host + "\x40" + literal("x-large") + literal(std::string(5000, 'x'))), kAccepted},
  });
}

}  // namespace
}  // namespace orbit::h2test
