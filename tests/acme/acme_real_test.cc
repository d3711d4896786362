// The Keeper against pebble and knot, Debian's, with the faults that users of peers ran into.
#include <gtest/gtest.h>

#include "world.h"

namespace orbit::acme_test {
namespace {

using namespace std::chrono_literals;
using Challenge = model::TableAuthority::Challenge;
using Kind = cert::CertificateState::Kind;

class AcmeReal : public testing::Test {
 protected:
  void SetUp() override {
    if (!installed("pebble") || !installed("knotd")) GTEST_SKIP() << "needs Debian's pebble and knot";
    ASSERT_TRUE(world_.startKnot()) << readText(world_.folder + "/knot.log");
    ASSERT_TRUE(world_.startPebble()) << readText(world_.folder + "/pebble.log");
  }
  bool obtained(const std::string& host) { return world_.served(host) != nullptr; }
  World world_;
};

TEST_F(AcmeReal, Http01) {
  world_.keeper().want({World::certificate({"www.example.test", "example.test"})},
                       {world_.authority(Challenge::kHttp01)});
  EXPECT_EQ(world_.state("example.test").kind, Kind::kWaiting);
  ASSERT_TRUE(world_.runUntil([&] { return obtained("example.test"); })) << world_.why("example.test");
  EXPECT_EQ(world_.state("www.example.test").kind, Kind::kValid);
  EXPECT_GE(world_.httpHits, 2);
  // A restart with the authority gone: served from disk, nothing asked.
  const std::string fingerprint = world_.served("example.test")->fingerprint();
  world_.stopPebble();
  world_.makeKeeper();
  world_.keeper().want({World::certificate({"www.example.test", "example.test"})},
                       {world_.authority(Challenge::kHttp01)});
  ASSERT_TRUE(obtained("example.test"));
  EXPECT_EQ(world_.served("example.test")->fingerprint(), fingerprint);
}

TEST_F(AcmeReal, TlsAlpn01) {
  world_.keeper().want({World::certificate({"www.example.test"})}, {world_.authority(Challenge::kTlsAlpn01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("www.example.test"); })) << world_.why("www.example.test");
  EXPECT_GE(world_.tlsHits, 1);
}

TEST_F(AcmeReal, BadNoncesHalfOfTheTime) {
  world_.startPebble(50);
  std::vector<model::TableCertificate> many;
  for (int i = 0; i < 8; ++i) many.push_back(World::certificate({"h" + std::to_string(i) + ".example.test"}));
  world_.keeper().want(many, {world_.authority(Challenge::kHttp01)});
  const auto all = [&] {
    for (const auto& wanted : many) {
      if (!obtained(wanted.hosts.front())) return false;
    }
    return true;
  };
  ASSERT_TRUE(world_.runUntil(all, 60s)) << world_.why("h0.example.test");
  for (const auto& state : world_.keeper().states()) EXPECT_EQ(state.failures, 0) << state.problem;
  EXPECT_EQ(world_.issued(), 8);  // none twice
}

TEST_F(AcmeReal, ARefusalIsTriedAgainByItself) {
  world_.answersHttp = false;
  world_.keeper().want({World::certificate({"www.example.test"})}, {world_.authority(Challenge::kHttp01)});
  const auto refused = [&] { return world_.state("www.example.test").failures >= 2; };
  ASSERT_TRUE(world_.runUntil(refused)) << world_.why("www.example.test");
  EXPECT_EQ(world_.state("www.example.test").kind, Kind::kFailed);
  EXPECT_NE(world_.state("www.example.test").problem.find("the authority refused www.example.test by http-01"),
            std::string::npos)
      << world_.state("www.example.test").problem;
  world_.answersHttp = true;
  ASSERT_TRUE(world_.runUntil([&] { return obtained("www.example.test"); })) << world_.why("www.example.test");
  EXPECT_EQ(world_.state("www.example.test").problem, "");
}

TEST_F(AcmeReal, AServerThatIsGoneForLong) {
  world_.stopPebble();
  world_.keeper().want({World::certificate({"www.example.test"})}, {world_.authority(Challenge::kHttp01)});
  const auto tried = [&] { return world_.state("www.example.test").failures >= 5; };
  ASSERT_TRUE(world_.runUntil(tried));
  EXPECT_NE(world_.state("www.example.test").nextTryUs, 0);
  ASSERT_TRUE(world_.startPebble());
  ASSERT_TRUE(world_.runUntil([&] { return obtained("www.example.test"); })) << world_.why("www.example.test");
}

TEST_F(AcmeReal, AnAuthorityThatForgotTheAccount) {
  world_.keeper().want({World::certificate({"a.example.test"})}, {world_.authority(Challenge::kHttp01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("a.example.test"); })) << world_.why("a.example.test");
  ASSERT_TRUE(world_.startPebble());  // it keeps nothing
  world_.keeper().want({World::certificate({"a.example.test"}), World::certificate({"b.example.test"})},
                       {world_.authority(Challenge::kHttp01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("b.example.test"); })) << world_.why("b.example.test");
}

TEST_F(AcmeReal, AClockPastTheEndAndBack) {
  world_.keeper().want({World::certificate({"www.example.test"})}, {world_.authority(Challenge::kHttp01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("www.example.test"); })) << world_.why("www.example.test");
  const auto first = world_.served("www.example.test");
  world_.clock.skewUs = first->notAfterUs() - world_.clock.wallUs() + 86'400'000'000;
  EXPECT_EQ(world_.state("www.example.test").kind, Kind::kExpired);
  EXPECT_EQ(world_.served("www.example.test"), first);
  const auto renewed = [&] { return world_.served("www.example.test") != first; };
  ASSERT_TRUE(world_.runUntil(renewed)) << world_.why("www.example.test");
  // By this clock the new one is over as well: not asked for again and again.
  EXPECT_NE(world_.state("www.example.test").problem.find("set this machine's clock"), std::string::npos)
      << world_.state("www.example.test").problem;
  EXPECT_EQ(world_.state("www.example.test").failures, 1);
  world_.clock.skewUs = 0;
  const auto mended = [&] { return world_.state("www.example.test").problem.empty(); };
  ASSERT_TRUE(world_.runUntil(mended));
  EXPECT_EQ(world_.state("www.example.test").kind, Kind::kValid);
  EXPECT_EQ(world_.issued(), 2);
}

TEST_F(AcmeReal, ARenewedCertificateIsServedAndNoConnectionDropped) {
  const std::string host = "www.example.test";
  world_.keeper().want({World::certificate({host}), {{"localhost"}, "", "", "local"}},
                       {world_.authority(Challenge::kTlsAlpn01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained(host); })) << world_.why(host);
  const auto first = world_.served(host);
  EXPECT_EQ(world_.fingerprintSeen(host), first->fingerprint());
  const auto connection = world_.connectTls();
  ASSERT_NE(connection, nullptr);
  EXPECT_EQ(world_.echo(*connection, "before"), "before");
  // Two thirds of its life are over.
  world_.clock.skewUs = (first->notAfterUs() - first->notBeforeUs()) * 7 / 10;
  EXPECT_EQ(world_.state(host).kind, Kind::kRenewing);
  ASSERT_TRUE(world_.runUntil([&] { return world_.served(host) != first; })) << world_.why(host);
  EXPECT_EQ(world_.fingerprintSeen(host), world_.served(host)->fingerprint());
  EXPECT_NE(world_.fingerprintSeen(host), first->fingerprint());
  EXPECT_EQ(world_.echo(*connection, "after"), "after");
}

TEST_F(AcmeReal, Dns01ByUpdateWithAWildcard) {
  world_.keeper().want({World::certificate({"example.test", "*.example.test"})}, {world_.byUpdate()});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("*.example.test"); })) << world_.why("example.test");
  EXPECT_EQ(world_.challengeRecords("example.test"), std::vector<std::string>{});  // taken away again
}

TEST_F(AcmeReal, Dns01ByCommand) {
  model::TableAuthority authority = world_.authority(Challenge::kDns01);
  authority.dnsServer = "127.0.0.1:" + std::to_string(world_.dnsPort);
  authority.dnsHook = {"/bin/sh", world_.dnsHook()};
  world_.keeper().want({World::certificate({"*.shop.example.test"})}, {authority});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("*.shop.example.test"); })) << world_.why("*.shop.example.test");
  EXPECT_EQ(world_.challengeRecords("shop.example.test"), std::vector<std::string>{});
}

TEST_F(AcmeReal, AWrongSecretIsSaidAndMendedWithoutARestart) {
  const std::string good = readText(world_.tsigSecretFile);
  writeText(world_.tsigSecretFile, "d3Jvbmctd3Jvbmctd3Jvbmctd3Jvbmctd3JvbmctMTI=");
  world_.keeper().want({World::certificate({"example.test"})}, {world_.byUpdate()});
  ASSERT_TRUE(world_.runUntil([&] { return world_.state("example.test").failures > 0; }));
  EXPECT_EQ(world_.state("example.test").problem, "the name server finds our TSIG signature wrong: check the secret");
  writeText(world_.tsigSecretFile, good);
  ASSERT_TRUE(world_.runUntil([&] { return obtained("example.test"); })) << world_.why("example.test");
}

TEST_F(AcmeReal, AWildcardWithoutDnsIsAnError) {
  world_.keeper().want({World::certificate({"*.example.test"}), World::certificate({"www.example.test"})},
                       {world_.authority(Challenge::kHttp01)});
  ASSERT_TRUE(world_.runUntil([&] { return obtained("www.example.test"); })) << world_.why("www.example.test");
  EXPECT_NE(world_.state("*.example.test").problem.find("dns-01"), std::string::npos);
}

}  // namespace
}  // namespace orbit::acme_test
