#include "net/socket.h"

#include <gtest/gtest.h>

namespace orbit::net {
namespace {

TEST(Endpoint, TakesNumericAddressesAndUnixPaths) {
  for (const char* text : {"10.0.0.2:8000", "[::1]:8000", "[fd00::2]:80", "unix:/run/app.sock", "127.0.0.1:0"}) {
    const auto endpoint = parseEndpoint(text);
    ASSERT_TRUE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint->text, text);
    EXPECT_GT(endpoint->size, 0U);
  }
}

TEST(Endpoint, RefusesNamesAndWhatHasNoPort) {
  for (const char* text : {"", "10.0.0.2", "app:8000", "10.0.0.2:", ":80", "10.0.0.2:65536", "::1:80", "[::1]",
                           "unix:", "10.0.0.2:+80", "10.0.0.2:80 "}) {
    EXPECT_FALSE(parseEndpoint(text).ok()) << text;
  }
  EXPECT_FALSE(parseEndpoint("unix:/" + std::string(200, 'x')).ok());
}

PeerAddress v6(std::uint8_t eighth, std::uint8_t last) {
  PeerAddress peer;
  peer.family = PeerAddress::Family::kV6;
  peer.bytes[0] = 0x20;
  peer.bytes[1] = 0x01;
  peer.bytes[7] = eighth;
  peer.bytes[15] = last;
  return peer;
}

TEST(PeerAddress, OneClientIsAV4AddressOrA64) {
  EXPECT_EQ(v6(1, 1).clientHash(9), v6(1, 2).clientHash(9));
  EXPECT_NE(v6(1, 1).clientHash(9), v6(2, 1).clientHash(9));
  EXPECT_NE(v6(1, 1).clientHash(9), v6(1, 1).clientHash(10));
  PeerAddress v4;
  v4.family = PeerAddress::Family::kV4;
  v4.bytes[10] = v4.bytes[11] = 0xff;
  v4.bytes[12] = 192;
  v4.bytes[15] = 1;
  PeerAddress other = v4;
  other.bytes[15] = 2;
  EXPECT_NE(v4.clientHash(9), other.clientHash(9));
  EXPECT_EQ(v4.text(), "192.0.0.1");
  EXPECT_EQ(v6(0, 1).text(), "2001::1");
  EXPECT_EQ(PeerAddress{}.text(), "unix");
}

}  // namespace
}  // namespace orbit::net
