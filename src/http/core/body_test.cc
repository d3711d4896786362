#include "http/core/body.h"

#include <gtest/gtest.h>

#include "http/core/limits.h"

namespace orbit::http {
namespace {

Code framingFailure(const Fields& fields, int minorVersion = 1) {
  const auto result = requestFraming(fields, minorVersion);
  return result.ok() ? Code::kInternal : result.error().code;
}

// The body out of `bytes` delivered in pieces of `step`, "|" and what was left, or the code of the failure.
std::string readInSteps(Framing framing, std::string_view bytes, std::size_t step) {
  BodyReader reader(framing);
  std::string body;
  while (!bytes.empty() && !reader.done()) {
    std::string_view piece = bytes.substr(0, step);
    const std::size_t before = piece.size();
    const auto next = reader.next(piece);
    if (!next.ok()) return std::string(codeName(next.error().code));
    body += *next;
    bytes.remove_prefix(before - piece.size());
  }
  return body + (reader.done() ? "|" : "~") + std::string(bytes);
}

constexpr Framing kChunked{Framing::Kind::kChunked, 0};

TEST(Framing, OneLengthOrChunkedAndNothingAmbiguous) {
  EXPECT_EQ(requestFraming(Fields(), 1)->kind, Framing::Kind::kNone);
  EXPECT_EQ(requestFraming(Fields{{"content-length", "12"}}, 1)->length, 12U);
  EXPECT_EQ(requestFraming(Fields{{"Transfer-Encoding", "Chunked"}}, 1)->kind, Framing::Kind::kChunked);
  EXPECT_EQ(framingFailure({{"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}), Code::kProtocol);
  EXPECT_EQ(framingFailure({{"Content-Length", "1"}, {"Content-Length", "1"}}), Code::kProtocol);
  EXPECT_EQ(framingFailure({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}), Code::kProtocol);
  EXPECT_EQ(framingFailure({{"Transfer-Encoding", "gzip, chunked"}}), Code::kUnsupported);
  EXPECT_EQ(framingFailure({{"Transfer-Encoding", "chunked"}}, 0), Code::kProtocol);
  for (const char* length : {"", "-1", "+1", "0x1", "1 ", "1, 1", "9999999999999999999"}) {
    EXPECT_EQ(framingFailure({{"Content-Length", length}}), Code::kProtocol) << length;
  }
  EXPECT_EQ(framingFailure({{"Content-Length", "999999999999999999"}}), Code::kLimit);
}

TEST(Framing, OfAnswers) {
  ResponseHead head;
  head.status = 200;
  EXPECT_EQ(responseFraming(head, 1, "GET")->kind, Framing::Kind::kUntilClose);
  head.fields.add("Content-Length", "5");
  EXPECT_EQ(responseFraming(head, 1, "GET")->length, 5U);
  EXPECT_EQ(responseFraming(head, 1, "HEAD")->kind, Framing::Kind::kNone);
  head.status = 304;
  EXPECT_EQ(responseFraming(head, 1, "GET")->kind, Framing::Kind::kNone);
}

TEST(BodyReader, LengthLeavesTheNextMessage) {
  EXPECT_EQ(readInSteps({Framing::Kind::kLength, 5}, "helloGET", 2), "hello|GET");
  EXPECT_EQ(readInSteps({Framing::Kind::kLength, 5}, "hel", 2), "hel~");
  EXPECT_EQ(readInSteps({Framing::Kind::kUntilClose, 0}, "all of it", 4), "all of it~");
}

TEST(BodyReader, ChunkedHoweverItArrives) {
  const std::string text = "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: a\r\nOther: b\r\n\r\nGET";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    EXPECT_EQ(readInSteps(kChunked, text, step), "hello!|GET") << step;
  }
  EXPECT_EQ(readInSteps(kChunked, "A\r\n0123456789\r\n0\r\n\r\n", 100), "0123456789|");
}

TEST(BodyReader, ChunkedIsStrict) {
  for (const std::string& text :
       std::vector<std::string>{"5\nhello", "g\r\n", "\r\n", "5 \r\nhello", "-1\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n",
                                "0\r\nfolded\r\n\r\n", "0\r\n a: b\r\n\r\n", "1;\x01\r\n",
                                "1;" + std::string(kChunkLineBytesMax, 'x') + "\r\n"}) {
    EXPECT_EQ(readInSteps(kChunked, text, 64), "protocol") << text;
  }
  EXPECT_EQ(readInSteps(kChunked, "ffffffffffffffff\r\n", 64), "limit");
  EXPECT_EQ(readInSteps(kChunked, std::string(900, '0') + "1\r\nx\r\n0\r\n\r\n", 64), "x|");
}

TEST(BodyReader, ExtensionsAreCheckedAndBounded) {
  for (const char* extension : {";a", ";a=b", ";a=\"b;\\\" c\"", ";a;b=c", "; a = b ;c", ";a \t;b"}) {
    EXPECT_EQ(readInSteps(kChunked, "1" + std::string(extension) + "\r\nx\r\n0\r\n\r\n", 64), "x|") << extension;
  }
  for (const char* extension :
       {";", ";;a", ";a=", ";a=b c", ";=b", ";a=\"b", ";a=\"b\\", ";a=\"b\"c", ";\x7f", " ;a", "\t", ",a"}) {
    EXPECT_EQ(readInSteps(kChunked, "1" + std::string(extension) + "\r\nx\r\n0\r\n\r\n", 64), "protocol") << extension;
  }
  std::string costly;
  for (int i = 0; i < 20; ++i) costly += "1;" + std::string(1000, 'a') + "\r\nx\r\n";
  EXPECT_EQ(readInSteps(kChunked, costly + "0\r\n\r\n", 64), "limit");
}

TEST(BodyReader, TrailersButNoneThatFramesRoutesOrAuthenticates) {
  BodyReader reader(kChunked);
  std::string_view bytes =
      "0\r\nServer-Timing:  a \r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\nHost: b\r\ncookie: c\r\n"
      "X-Forwarded-For: d\r\nAuthorization: e\r\nIf-Match: f\r\nContent-Encoding: g\r\nConnection: h\r\ngrpc-status: "
      "0\r\n\r\nGET";
  ASSERT_TRUE(reader.next(bytes).ok());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(bytes, "GET");
  EXPECT_EQ(reader.trailers(), "Server-Timing: a\r\ngrpc-status: 0\r\n");
  EXPECT_EQ(readInSteps(kChunked, "0\r\nA: " + std::string(kTrailerBytesMax, 'x') + "\r\n\r\n", 100), "protocol");
  std::string many = "0\r\n";
  for (int i = 0; i < 1400; ++i) many += "a: b\r\n";
  EXPECT_EQ(readInSteps(kChunked, many, 100), "limit");
}

TEST(EncodeChunk, WithItsSize) {
  EXPECT_EQ(encodeChunk("hello world, hello"), "12\r\nhello world, hello\r\n");
  EXPECT_EQ(encodeChunk(""), "0\r\n\r\n");
}

}  // namespace
}  // namespace orbit::http
