#include "cli/remote_host.h"

#include <gtest/gtest.h>

namespace orbit::cli {
namespace {

RemoteHost parsed(std::string_view text) {
  auto host = parseRemoteHost(text);
  EXPECT_TRUE(host.ok()) << text << ": " << (host.ok() ? "" : host.error().message);
  return host.ok() ? *host : RemoteHost();
}

TEST(RemoteHost, TakesTheFormsPeopleWrite) {
  EXPECT_EQ(parsed("deploy@203.0.113.7"), (RemoteHost{"deploy", "203.0.113.7", 0}));
  EXPECT_EQ(parsed("deploy@shop.example.com:2222"), (RemoteHost{"deploy", "shop.example.com", 2222}));
  EXPECT_EQ(parsed("ssh://deploy@shop.example.com:2222/"), (RemoteHost{"deploy", "shop.example.com", 2222}));
  EXPECT_EQ(parsed("shop"), (RemoteHost{"", "shop", 0}));
}

TEST(RemoteHost, KnowsAnAddressOfSixFromAPort) {
  EXPECT_EQ(parsed("deploy@[2001:db8::7]:2222"), (RemoteHost{"deploy", "2001:db8::7", 2222}));
  EXPECT_EQ(parsed("[2001:db8::7]"), (RemoteHost{"", "2001:db8::7", 0}));
  EXPECT_EQ(parsed("deploy@2001:db8::7"), (RemoteHost{"deploy", "2001:db8::7", 0}));
  EXPECT_EQ(parsed("deploy@fe80::1%eth0"), (RemoteHost{"deploy", "fe80::1%eth0", 0}));
}

TEST(RemoteHost, WritesWhatItReads) {
  for (const char* text : {"ssh://deploy@203.0.113.7", "ssh://[2001:db8::7]:2222", "ssh://shop"}) {
    EXPECT_EQ(parsed(text).url(), text);
    EXPECT_EQ(parsed(parsed(text).text()), parsed(text));
  }
  EXPECT_EQ(parsed("deploy@[2001:db8::7]:2222").url("/home/deploy/.orbit/shop.git"),
            "ssh://deploy@[2001:db8::7]:2222/home/deploy/.orbit/shop.git");
}

TEST(RemoteHost, RefusesWhatSshWouldTakeForSomethingElse) {
  for (const char* text : {"", "@", "deploy@", "-oProxyCommand=id", "deploy@-oProxyCommand=id", "a b", "deploy@host;id",
                           "x@$(id)", "user:secret@host", "https://host", "host/path", "host:0", "host:65536",
                           "host:", "host:2x", "[2001:db8::7", "[2001:db8::7]x", "-l@host", "deploy@host:-1"}) {
    const auto host = parseRemoteHost(text);
    ASSERT_FALSE(host.ok()) << text;
    EXPECT_EQ(host.error().code, Code::kInvalid);
    EXPECT_FALSE(host.error().hint.empty());
  }
}

}  // namespace
}  // namespace orbit::cli
