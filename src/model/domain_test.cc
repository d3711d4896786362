#include "model/domain.h"

#include <gtest/gtest.h>

namespace orbit::model {
namespace {

std::string shown(std::string_view text) {
  const auto host = normalHost(text);
  return host.ok() ? *host : host.error().hint;
}

TEST(Domain, HostsHaveOneForm) {
  EXPECT_EQ(shown("Shop.Example.com."), "shop.example.com");
  EXPECT_EQ(shown("*.example.com"), "*.example.com");
  EXPECT_EQ(shown("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(Domain, WhatIsNoHostSaysWhatOneIs) {
  EXPECT_NE(shown("https://shop.example.com").find("only the host"), std::string::npos);
  EXPECT_NE(shown("shop").find("needs a dot"), std::string::npos);
  EXPECT_NE(shown("10.0.0.1").find("an address"), std::string::npos);
  EXPECT_NE(shown("web.shop.localhost").find("orbit up"), std::string::npos);
  EXPECT_NE(shown("b\xc3\xbc"
                  "cher.example")
                .find("punycode"),
            std::string::npos);
  EXPECT_NE(shown("-a.example").find("63"), std::string::npos);
  EXPECT_NE(shown("a..example").find("63"), std::string::npos);
  EXPECT_NE(shown("*.com").find("wildcard"), std::string::npos);
  EXPECT_NE(shown(std::string(64, 'a') + ".example").find("63"), std::string::npos);
}

}  // namespace
}  // namespace orbit::model
