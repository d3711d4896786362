// RFC 7541: blocks that cannot be decoded end the connection with COMPRESSION_ERROR.
#include "h2/probe.h"

namespace orbit::h2test {
namespace {

const std::vector<std::string> kBroken = {"connection COMPRESSION_ERROR"};

Case broken(const char* name, std::string_view tail) {
  return {name, headers(1, request() + std::string(tail)), kBroken};
}

// "x" and a value in Huffman code.
std::string huffman(std::string_view code) {
  return std::string(1, '\0') + literal("x") + integer(code.size(), 7, 0x80) + std::string(code);
}

TEST(H2Hpack, Indexes) {
  runCases({
      broken("index 0", indexed(0)),
      broken("index above both tables", indexed(62)),
      broken("index far above", indexed(5000)),
      broken("literal with indexing, name above both tables", integer(70, 6, 0x40) + literal("x")),
      broken("literal without indexing, name above both tables", integer(70, 4) + literal("x")),
      broken("literal never indexed, name above both tables", integer(70, 4, 0x10) + literal("x")),
      {"an entry that a size update evicted",
       headers(1, request() + "\x40" + literal("x-a") + literal("b")) +
           headers(3, integer(0, 5, 0x20) + request() + indexed(62)),
       kBroken},
  });
}

TEST(H2Hpack, Integers) {
  runCases({
      broken("longer than any number", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
      broken("that do not end", "\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
      broken("a name's length beyond the block", std::string("\x00\x7f\xff\xff\x03", 5) + "x"),
      broken("a block that ends within a string", std::string(1, '\0') + literal("x") + "\x05" + "ab"),
      broken("a block that ends within an integer", "\xff"),
  });
}

TEST(H2Hpack, Huffman) {
  runCases({
      broken("padding longer than 7 bits", huffman("\x1f\xff")),
      broken("padding of zeros", huffman(std::string_view("\x18", 1))),
      broken("the end of string within", huffman("\xff\xff\xff\xff\xff")),
  });
}

TEST(H2Hpack, TableSizeUpdates) {
  runCases({
      broken("at the end of a block", integer(1, 5, 0x20)),
      {"within a block", headers(1, indexed(2) + integer(1, 5, 0x20) + request().substr(13)), kBroken},
      {"larger than we allow", headers(1, integer(4097, 5, 0x20) + request()), kBroken},
      {"far larger", headers(1, integer(1 << 30, 5, 0x20) + request()), kBroken},
  });
}

// A request that is refused is decoded all the same: the tables of both ends stay the same.
TEST(H2Hpack, RefusedRequestsKeepTheTable) {
  const std::string added = "\x40" + literal("x-a") + literal("b");
  Probe probe;
  probe.feed(headers(1, request() + field("BAD", "x") + added));
  EXPECT_EQ(probe.outcome(), "stream 1 PROTOCOL_ERROR");
  probe.feed(headers(3, request() + indexed(62)));
  EXPECT_EQ(probe.requests[3].fields["x-a"], "b");
}

}  // namespace
}  // namespace orbit::h2test
