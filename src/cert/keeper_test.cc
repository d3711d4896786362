#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cert/cert.h"
#include "cert/core/x509.h"
#include "cert/files.h"
#include "cert/shelf.h"

namespace orbit::cert {
namespace {

using namespace std::chrono_literals;
using Kind = CertificateState::Kind;

constexpr std::int64_t kDayUs = 86'400'000'000;

class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    ORBIT_CHECK(mkdtemp(folder_.data()) != nullptr);
    clock_.stepWall(1'800'000'000'000'000 - clock_.wallUs());
    start();
  }
  ~KeeperTest() override {
    keeper_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    keeper_.reset();
    KeeperOptions options{folder_ + "/edge",
                          clock_,
                          random_,
                          [this](auto set) {
                            set_ = std::move(set);
                            ++changes_;
                          },
                          [](const std::string&, const std::string&) {},
                          Pace{}};
    keeper_ = Keeper::create(loop_, std::move(options));
  }

  // Lets the keeper run for so long by the fake clock.
  void runFor(Duration span) {
    auto body = [](net::Loop& loop, Keeper& keeper, Duration time) -> net::Task<void> {
      net::Cancel cancel;
      net::TaskGroup group(loop);
      group.add(keeper.run(cancel));
      const Status slept = co_await loop.sleep(time);
      static_cast<void>(slept);
      cancel.request();
      co_await group.join();
    };
    loop_.runTask(body(loop_, *keeper_, span));
  }

  std::string fingerprintFor(const std::string& host) const {
    for (const auto& row : set_->rows) {
      if (row.host == host) return row.certificate->fingerprint();
    }
    return "";
  }

  static model::TableCertificate local(std::vector<std::string> hosts) { return {std::move(hosts), "", "", "local"}; }
  model::TableCertificate own(std::vector<std::string> hosts) const {
    return {std::move(hosts), folder_ + "/own.pem", folder_ + "/own.key", ""};
  }
  void writeOwn(const Pair& pair) const {
    ASSERT_TRUE(writeFile(folder_ + "/own.pem", pair.chainPem).ok());
    ASSERT_TRUE(writeFile(folder_ + "/own.key", pair.keyPem).ok());
  }
  Pair makeOwn(std::vector<std::string> hosts) const {
    const auto issuer = Issuer::open(Issuer::makeAuthority(clock_.wallUs()));
    return issuer->issue(hosts, clock_.wallUs());
  }

  std::string folder_ = "/tmp/orbit-cert-XXXXXX";
  FakeClock clock_;
  net::Loop loop_{clock_};
  Random random_{1};
  std::shared_ptr<const net::TlsCertificates> set_;
  int changes_ = 0;
  std::unique_ptr<Keeper> keeper_;
};

TEST_F(KeeperTest, LocalCertificatesAreThereAtOnce) {
  keeper_->want({local({"web.shop.localhost"}), local({"API.shop.localhost", "shop.localhost"})}, {});
  ASSERT_EQ(set_->rows.size(), 3u);
  EXPECT_EQ(set_->rows[1].host, "api.shop.localhost");
  const auto states = keeper_->states();
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[0].kind, Kind::kValid);
  EXPECT_EQ(states[0].authority, "local");
  struct stat found {};
  ASSERT_EQ(stat((folder_ + "/edge/local/authority.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ASSERT_EQ(stat((folder_ + "/edge/local").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
}

TEST_F(KeeperTest, ANewTableKeepsWhatIsAtHand) {
  keeper_->want({local({"a.localhost"}), local({"b.localhost"})}, {});
  const std::string before = fingerprintFor("a.localhost");
  keeper_->want({local({"c.localhost"}), local({"a.localhost"})}, {});
  EXPECT_EQ(fingerprintFor("a.localhost"), before);
  EXPECT_EQ(fingerprintFor("b.localhost"), "");
}

TEST_F(KeeperTest, TheLocalAuthorityIsMadeOnce) {
  const auto first = localAuthority(folder_ + "/edge", clock_);
  const auto second = localAuthority(folder_ + "/edge", clock_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->fingerprint, second->fingerprint);
  EXPECT_EQ(first->certificatePem.find("PRIVATE"), std::string::npos);
}

TEST_F(KeeperTest, ADamagedLocalAuthoritySaysSo) {
  ASSERT_TRUE(localAuthority(folder_ + "/edge", clock_).ok());
  ASSERT_TRUE(writeFile(folder_ + "/edge/local/authority.key", "broken").ok());
  const auto again = localAuthority(folder_ + "/edge", clock_);
  ASSERT_FALSE(again.ok());
  EXPECT_NE(again.error().text().find("orbit trust"), std::string::npos);
}

TEST_F(KeeperTest, ALocalAuthorityMadeAnewSignsAgain) {
  keeper_->want({local({"a.localhost"})}, {});
  const std::string before = fingerprintFor("a.localhost");
  const auto first = localAuthority(folder_ + "/edge", clock_);
  runFor(1min);
  EXPECT_EQ(fingerprintFor("a.localhost"), before);
  std::filesystem::remove_all(folder_ + "/edge/local");
  const auto second = localAuthority(folder_ + "/edge", clock_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(first->fingerprint, second->fingerprint);
  runFor(1min);
  EXPECT_NE(fingerprintFor("a.localhost"), before);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kValid);
}

TEST_F(KeeperTest, LocalOnlyForLocalhost) {
  keeper_->want({local({"example.com"})}, {});
  ASSERT_EQ(keeper_->states().size(), 1u);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kFailed);
  EXPECT_NE(keeper_->states()[0].problem.find("*.localhost only"), std::string::npos);
  EXPECT_TRUE(set_->rows.empty());
}

TEST_F(KeeperTest, LocalCertificatesAreRenewedAndSurviveAClockThatJumps) {
  keeper_->want({local({"a.localhost"})}, {});
  const std::string first = fingerprintFor("a.localhost");
  runFor(10min);
  EXPECT_EQ(fingerprintFor("a.localhost"), first);
  clock_.stepWall(300 * kDayUs);
  runFor(2min);
  const std::string second = fingerprintFor("a.localhost");
  EXPECT_NE(second, first);
  clock_.stepWall(-300 * kDayUs);  // it was wrong: now ours is of the future
  runFor(2min);
  EXPECT_NE(fingerprintFor("a.localhost"), second);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kValid);
}

TEST_F(KeeperTest, OwnFilesAreServedAndSwapped) {
  writeOwn(makeOwn({"www.example.com", "example.com"}));
  keeper_->want({own({"www.example.com"})}, {});
  const std::string first = fingerprintFor("www.example.com");
  ASSERT_NE(first, "");
  EXPECT_EQ(keeper_->states()[0].authority, "file");
  const int changes = changes_;
  runFor(5min);
  EXPECT_EQ(changes_, changes);
  writeOwn(makeOwn({"*.example.com"}));
  runFor(30s);
  EXPECT_NE(fingerprintFor("www.example.com"), first);
  EXPECT_EQ(keeper_->states()[0].problem, "");
}

TEST_F(KeeperTest, OwnFilesWithoutHostsServeTheirNames) {
  writeOwn(makeOwn({"*.example.com", "example.com"}));
  keeper_->want({own({})}, {});
  EXPECT_NE(fingerprintFor("*.example.com"), "");
  EXPECT_NE(fingerprintFor("example.com"), "");
  EXPECT_EQ(keeper_->states()[0].hosts.size(), 2u);
}

TEST_F(KeeperTest, ABrokenNewFileLeavesTheOldOneServing) {
  const Pair good = makeOwn({"example.com"});
  writeOwn(good);
  keeper_->want({own({"example.com"})}, {});
  const std::string first = fingerprintFor("example.com");
  writeOwn({makeOwn({"example.com"}).chainPem, good.keyPem});  // a key that does not belong
  runFor(30s);
  EXPECT_EQ(fingerprintFor("example.com"), first);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kFailed);
  EXPECT_NE(keeper_->states()[0].problem.find("goes on serving"), std::string::npos);
  EXPECT_EQ(keeper_->states()[0].problem.find("PRIVATE"), std::string::npos);
  writeOwn(makeOwn({"other.org"}));
  runFor(30s);
  EXPECT_EQ(fingerprintFor("example.com"), first);
  EXPECT_NE(keeper_->states()[0].problem.find("is not for example.com but for other.org"), std::string::npos);
  ::unlink((folder_ + "/own.pem").c_str());
  runFor(30s);
  EXPECT_EQ(fingerprintFor("example.com"), first);
  writeOwn(makeOwn({"example.com"}));
  runFor(30s);
  EXPECT_NE(fingerprintFor("example.com"), first);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kValid);
}

TEST_F(KeeperTest, OwnFilesWarnBeforeTheyEnd) {
  writeOwn(makeOwn({"example.com"}));
  keeper_->want({own({"example.com"})}, {});
  EXPECT_EQ(keeper_->states()[0].problem, "");
  clock_.stepWall(385 * kDayUs);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kValid);
  EXPECT_NE(keeper_->states()[0].problem.find("put a new one"), std::string::npos);
  clock_.stepWall(20 * kDayUs);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kExpired);
  EXPECT_NE(fingerprintFor("example.com"), "");
}

TEST_F(KeeperTest, WhatWasObtainedIsServedBeforeAnyNetwork) {
  const Pair pair = makeOwn({"example.com", "www.example.com"});
  const model::TableAuthority authority{"le", "https://127.0.0.1:1/dir", "", "", {}, "", "", "", "", {}};
  ASSERT_TRUE(shelve(folder_ + "/edge", {"example.com", "www.example.com"}, "le", authority.directory, pair).ok());
  keeper_->want({{{"example.com", "www.example.com"}, "", "", "le"}}, {authority});
  EXPECT_NE(fingerprintFor("www.example.com"), "");
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kValid);
  // Other hosts, another certificate: the one at hand serves until that has come.
  keeper_->want({{{"www.example.com", "new.example.com"}, "", "", "le"}}, {authority});
  EXPECT_NE(fingerprintFor("www.example.com"), "");
  EXPECT_EQ(fingerprintFor("new.example.com"), "");
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kWaiting);
  // Past its end it still serves those who want it.
  keeper_->want({{{"example.com", "www.example.com"}, "", "", "le"}}, {authority});
  clock_.stepWall(400 * kDayUs);
  EXPECT_EQ(keeper_->states()[0].kind, Kind::kExpired);
  EXPECT_NE(fingerprintFor("www.example.com"), "");
}

TEST_F(KeeperTest, TwoThousandHosts) {
  std::vector<model::TableCertificate> many;
  for (int i = 0; i < 2000; ++i) many.push_back(local({"host" + std::to_string(i) + ".localhost"}));
  writeOwn(makeOwn({"example.com"}));
  many.push_back(own({"example.com"}));
  keeper_->want(many, {});
  EXPECT_NE(fingerprintFor("example.com"), "");
  EXPECT_GE(set_->rows.size(), 64u);
  runFor(1s);
  EXPECT_EQ(set_->rows.size(), 2001u);
  EXPECT_EQ(keeper_->states()[1999].kind, Kind::kValid);
}

}  // namespace
}  // namespace orbit::cert
