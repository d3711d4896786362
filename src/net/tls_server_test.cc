// TLS from ClientHello to close_notify, in memory: an OpenSSL client on the other side.
#include "net/tls_server.h"

#include <gtest/gtest.h>

#include "support/tls_peer.h"

namespace orbit::net {
namespace {

using test::TlsPeer;

std::shared_ptr<const TlsCertificate> certificateFor(const std::vector<std::string>& hosts) {
  const test::CertificateText text = test::makeCertificate(hosts);
  auto parsed = TlsCertificate::parse(text.chain, text.key, "test");
  EXPECT_TRUE(parsed.ok());
  return *parsed;
}

// A set with one certificate for all its rows, or one row each.
std::shared_ptr<TlsCertificates> setOf(const std::vector<std::string>& hosts) {
  auto set = std::make_shared<TlsCertificates>();
  for (const std::string& host : hosts) set->rows.push_back({host, certificateFor({host})});
  return set;
}

std::unique_ptr<TlsServer> serverWith(std::shared_ptr<const TlsCertificates> set,
                                      const TlsServerOptions& options = {}) {
  auto server = TlsServer::create(options);
  EXPECT_TRUE(server.ok());
  (*server)->setCertificates(std::move(set));
  return std::move(*server);
}

// A client and a server's session, with the wire between them.
class Pair {
 public:
  Pair(TlsServer& server, const TlsPeer::Choice& choice) : peer(choice), session(server.accept()) {}
  // Carries bytes both ways until both are silent; the client's in pieces of `step`.
  void run(std::size_t step = 1 << 20) {
    for (int turn = 0; turn < 20; ++turn) {
      peer.take(fromServer);
      fromServer.clear();
      const std::string sent = peer.wire();
      if (sent.empty() && turn > 0) return;
      for (std::size_t at = 0; at < sent.size(); at += step) feed(std::string_view(sent).substr(at, step));
    }
  }
  TlsSession::State feed(std::string_view bytes) {
    return session->feed(
        bytes, [this](std::string_view plain) { received += plain; }, fromServer);
  }
  TlsPeer peer;
  std::unique_ptr<TlsSession> session;
  std::string fromServer, received;
};

TEST(TlsServer, SpeaksBothVersionsAndNoOlder) {
  const auto server = serverWith(setOf({"a.test"}));
  for (const auto& [version, text] : {std::pair{TLS1_3_VERSION, "TLSv1.3"}, {TLS1_2_VERSION, "TLSv1.2"}}) {
    Pair pair(*server, {.serverName = "a.test", .protocols = {"h2", "http/1.1"}, .version = version});
    pair.run();
    EXPECT_TRUE(pair.peer.open());
    EXPECT_EQ(pair.session->state(), TlsSession::State::kOpen);
    EXPECT_EQ(pair.session->version(), text);
    EXPECT_EQ(pair.session->protocol(), "h2");
    EXPECT_EQ(pair.session->serverName(), "a.test");
  }
  Pair old(*server, {.serverName = "a.test", .version = TLS1_1_VERSION});
  old.run();
  EXPECT_EQ(old.session->state(), TlsSession::State::kFailed);
  EXPECT_EQ(old.session->failure(), "unsupported protocol");
  EXPECT_FALSE(old.peer.failure().empty());
}

TEST(TlsServer, MinimumVersion13RefusesTls12) {
  const auto server = serverWith(setOf({"a.test"}), {.minimumVersion = "1.3"});
  Pair pair(*server, {.serverName = "a.test", .version = TLS1_2_VERSION});
  pair.run();
  EXPECT_EQ(pair.session->state(), TlsSession::State::kFailed);
  EXPECT_FALSE(TlsServer::create({.minimumVersion = "1.1"}).ok());
}

TEST(TlsServer, RefusesCiphersWithoutForwardSecrecy) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair pair(*server,
            {.serverName = "a.test", .version = TLS1_2_VERSION, .ciphers12 = "ECDHE-ECDSA-AES128-SHA:AES128-SHA"});
  pair.run();
  EXPECT_EQ(pair.session->state(), TlsSession::State::kFailed);
  EXPECT_EQ(pair.session->failure(), "no shared cipher");
}

TEST(TlsServer, ChoosesByNameExactThenWildcardAndTheFallbackForNone) {
  auto set = setOf({"a.test", "*.a.test", "deep.b.test"});
  set->fallback = certificateFor({"fallback.test"});
  const auto server = serverWith(set);
  const auto shown = [&](const std::string& name) {
    Pair pair(*server, {.serverName = name});
    pair.run();
    EXPECT_TRUE(pair.peer.open()) << name << pair.peer.failure();
    return pair.peer.fingerprint();
  };
  EXPECT_EQ(shown("a.test"), set->rows[0].certificate->fingerprint());
  EXPECT_EQ(shown("A.TEST"), set->rows[0].certificate->fingerprint());
  EXPECT_EQ(shown("a.test."), set->rows[0].certificate->fingerprint());
  EXPECT_EQ(shown("www.a.test"), set->rows[1].certificate->fingerprint());
  EXPECT_EQ(shown("deep.b.test"), set->rows[2].certificate->fingerprint());
  EXPECT_EQ(shown(""), set->fallback->fingerprint());
  EXPECT_EQ(shown("192.0.2.1"), set->fallback->fingerprint());
}

TEST(TlsServer, RefusesANameNobodyServes) {
  const auto server = serverWith(setOf({"a.test"}));  // and no fallback for those that name nobody
  for (const std::string name : {"b.test", "", "*.a.test", "x.a.test", ".a.test"}) {
    Pair pair(*server, {.serverName = name});
    pair.run();
    EXPECT_EQ(pair.session->state(), TlsSession::State::kFailed) << name;
    EXPECT_EQ(pair.peer.failure(), "tlsv1 unrecognized name") << name;
  }
  auto empty = TlsServer::create({});
  Pair pair(**empty, {.serverName = "a.test"});
  pair.run();
  EXPECT_EQ(pair.session->state(), TlsSession::State::kFailed);
}

TEST(TlsServer, SwapsCertificatesWithoutTouchingAConnection) {
  const auto first = setOf({"a.test"});
  const auto second = setOf({"a.test"});
  const auto server = serverWith(first);
  Pair before(*server, {.serverName = "a.test"});
  before.run();
  server->setCertificates(second);
  Pair after(*server, {.serverName = "a.test"});
  after.run();
  EXPECT_EQ(before.peer.fingerprint(), first->rows[0].certificate->fingerprint());
  EXPECT_EQ(after.peer.fingerprint(), second->rows[0].certificate->fingerprint());
  before.peer.write("still here");
  before.run();
  EXPECT_EQ(before.received, "still here");
}

TEST(TlsServer, TwoThousandHosts) {
  auto set = std::make_shared<TlsCertificates>();
  const auto shared = certificateFor({"*.many.test"});
  for (int i = 0; i < 2000; ++i) set->rows.push_back({"host" + std::to_string(i) + ".many.test", shared});
  const auto server = serverWith(set);
  Pair pair(*server, {.serverName = "host1999.many.test"});
  pair.run();
  EXPECT_TRUE(pair.peer.open());
}

TEST(TlsServer, Protocols) {
  const auto server = serverWith(setOf({"a.test"}));
  const auto agreed = [](TlsServer& with, const std::vector<std::string>& offered) {
    Pair pair(with, {.serverName = "a.test", .protocols = offered});
    pair.run();
    return pair.session->state() == TlsSession::State::kOpen ? std::string(pair.session->protocol())
                                                             : "refused: " + pair.peer.failure();
  };
  EXPECT_EQ(agreed(*server, {}), "");
  EXPECT_EQ(agreed(*server, {"http/1.1", "h2"}), "h2");
  EXPECT_EQ(agreed(*server, {"http/1.1"}), "http/1.1");
  EXPECT_EQ(agreed(*server, {"spdy/3"}), "refused: tlsv1 alert no application protocol");
  EXPECT_EQ(agreed(*server, {"acme-tls/1"}), "refused: tlsv1 alert no application protocol");
  const auto old = serverWith(setOf({"a.test"}), {.http2 = false});
  EXPECT_EQ(agreed(*old, {"h2", "http/1.1"}), "http/1.1");
}

TEST(TlsServer, AnswersAcmeChallengesWithTheirCertificate) {
  auto set = setOf({"a.test"});
  set->challenges.push_back({"a.test", certificateFor({"a.test"})});
  set->challenges.push_back({"new.test", certificateFor({"new.test"})});
  const auto server = serverWith(set);
  for (const TlsCertificates::Row& row : set->challenges) {
    Pair pair(*server, {.serverName = row.host, .protocols = {"acme-tls/1"}});
    pair.run();
    EXPECT_EQ(pair.session->protocol(), "acme-tls/1");
    EXPECT_EQ(pair.peer.fingerprint(), row.certificate->fingerprint());
  }
  Pair usual(*server, {.serverName = "a.test", .protocols = {"h2"}});
  usual.run();
  EXPECT_EQ(usual.peer.fingerprint(), set->rows[0].certificate->fingerprint());
}

// The session a first connection was given, then whether `second` resumes it.
bool resumes(TlsServer& first, TlsServer& second, int version, const std::function<void()>& between = {}) {
  Pair one(first, {.serverName = "a.test", .version = version});
  one.run();
  EXPECT_NE(one.peer.ticket(), nullptr);
  if (between) between();
  Pair two(second, {.serverName = "a.test", .version = version, .session = one.peer.ticket()});
  two.run();
  EXPECT_TRUE(two.peer.open());
  two.peer.write("hello");
  two.run();
  EXPECT_EQ(two.received, "hello");
  return two.peer.resumed();
}

TEST(TlsServer, ResumesByTicketsAcrossServersAndRotations) {
  const std::string first(48, 'a'), second(48, 'b'), third(48, 'c');
  const auto set = setOf({"a.test"});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto one = serverWith(set, {.ticketKeys = {first}});
    const auto two = serverWith(set, {.ticketKeys = {second, first}});
    const auto stranger = serverWith(set);
    EXPECT_TRUE(resumes(*one, *one, version));
    EXPECT_TRUE(resumes(*one, *two, version));
    EXPECT_FALSE(resumes(*two, *one, version)) << "sealed by a key the other does not have";
    EXPECT_FALSE(resumes(*one, *stranger, version));
    EXPECT_TRUE(resumes(*stranger, *stranger, version)) << "random keys of its own";
    EXPECT_TRUE(resumes(*one, *one, version, [&] { one->setTicketKeys({third, first}); }));
    EXPECT_FALSE(resumes(*one, *one, version, [&] { one->setTicketKeys({second}); }));
  }
  EXPECT_FALSE(TlsServer::create({.ticketKeys = {"short"}}).ok());
}

TEST(TlsServer, ATicketOfARevokedHostIsNoWayIn) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair one(*server, {.serverName = "a.test"});
  one.run();
  server->setCertificates(setOf({"b.test"}));
  Pair two(*server, {.serverName = "a.test", .session = one.peer.ticket()});
  two.run();
  EXPECT_EQ(two.session->state(), TlsSession::State::kFailed);
}

TEST(TlsServer, BytesOneByOneAreTheSame) {
  const auto server = serverWith(setOf({"a.test"}));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair pair(*server, {.serverName = "a.test", .version = version});
    pair.run(1);
    ASSERT_EQ(pair.session->state(), TlsSession::State::kOpen);
    const std::string text(40'000, 'x');
    pair.peer.write(text);
    pair.run(1);
    EXPECT_EQ(pair.received, text);
    EXPECT_TRUE(pair.session->write("answer", pair.fromServer));
    pair.run(1);
    EXPECT_EQ(pair.peer.plain(), "answer");
  }
}

TEST(TlsServer, BulkLeavesInFullRecords) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair pair(*server, {.serverName = "a.test"});
  pair.run();
  const std::string text(100'000, 'y');
  std::string wire;
  ASSERT_TRUE(pair.session->write(text, wire));
  std::size_t records = 0;
  for (std::size_t at = 0; at + 5 <= wire.size(); ++records) {
    at += 5 + static_cast<std::size_t>(static_cast<unsigned char>(wire[at + 3])) * 256 +
          static_cast<unsigned char>(wire[at + 4]);
  }
  EXPECT_EQ(records, 7U);  // 16 KiB each
  pair.peer.take(wire);
  EXPECT_EQ(pair.peer.plain(), text);
}

TEST(TlsServer, ClosesProperly) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair pair(*server, {.serverName = "a.test"});
  pair.run();
  pair.session->close(pair.fromServer);
  EXPECT_FALSE(pair.session->write("late", pair.fromServer));
  pair.run();
  EXPECT_TRUE(pair.peer.closedByPeer());
  Pair other(*server, {.serverName = "a.test"});
  other.run();
  other.peer.write("last");
  other.peer.close();
  other.run();
  EXPECT_EQ(other.received, "last");
  EXPECT_EQ(other.session->state(), TlsSession::State::kClosed);
  EXPECT_TRUE(other.session->write("answer", other.fromServer)) << "our half is open still";
}

TEST(TlsServer, AsksForNoSecondHandshake) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair pair(*server, {.serverName = "a.test", .version = TLS1_2_VERSION});
  pair.run();
  pair.peer.renegotiate();
  pair.run();
  EXPECT_EQ(pair.session->state(), TlsSession::State::kFailed);
  EXPECT_EQ(pair.session->failure(), "the client asked for a new handshake");
  EXPECT_FALSE(pair.session->write("x", pair.fromServer));
}

TEST(TlsServer, GarbageFailsWithAReason) {
  const auto server = serverWith(setOf({"a.test"}));
  const std::string hugeRecord("\x16\x03\x01\xff\xff", 5);
  const std::string sslv2 = std::string("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10", 11) + std::string(64, 'x');
  for (const std::string& bytes :
       {std::string("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"), std::string(4096, '\0'), std::string(4096, '\xff'),
        hugeRecord + std::string(1024, 'x'), sslv2, std::string("\x15\x03\x01\x00\x02\x02\x28", 7)}) {
    Pair pair(*server, {.serverName = "a.test"});
    EXPECT_EQ(pair.feed(bytes), TlsSession::State::kFailed);
    EXPECT_FALSE(pair.session->failure().empty());
    EXPECT_EQ(pair.feed("more"), TlsSession::State::kFailed);
    EXPECT_FALSE(pair.session->write("x", pair.fromServer));
  }
}

TEST(TlsServer, AnyFlippedBitOfAHandshakeIsSurvived) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair model(*server, {.serverName = "a.test", .protocols = {"h2"}});
  model.peer.take("");
  const std::string hello = model.peer.wire();
  for (std::size_t at = 0; at < hello.size(); ++at) {
    std::string broken = hello;
    broken[at] = static_cast<char>(broken[at] ^ 0x81);
    Pair pair(*server, {.serverName = "a.test"});
    pair.feed(broken);
    pair.feed(std::string_view(broken).substr(0, at));
  }
}

TEST(TlsServer, ABrokenRecordEndsTheConnection) {
  const auto server = serverWith(setOf({"a.test"}));
  Pair pair(*server, {.serverName = "a.test"});
  pair.run();
  pair.peer.write("hello");
  std::string wire = pair.peer.wire();
  wire.back() = static_cast<char>(wire.back() ^ 1);
  EXPECT_EQ(pair.feed(wire), TlsSession::State::kFailed);
  EXPECT_EQ(pair.session->failure(), "decryption failed or bad record mac");
  EXPECT_EQ(pair.received, "");
}

TEST(TlsCertificate, SaysWhatIsInIt) {
  const test::CertificateText text = test::makeCertificate({"A.test", "*.a.test"});
  const auto parsed = TlsCertificate::parse(text.chain + text.chain, text.key, "a.test");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)->hosts(), (std::vector<std::string>{"a.test", "*.a.test"}));
  EXPECT_EQ((*parsed)->notAfterUs() - (*parsed)->notBeforeUs(), 3'660'000'000);
  EXPECT_EQ((*parsed)->fingerprint().size(), 64U);
}

TEST(TlsCertificate, RefusesWhatCannotBeServed) {
  const test::CertificateText one = test::makeCertificate({"a.test"}), two = test::makeCertificate({"a.test"});
  const test::CertificateText weak = test::makeCertificate({"a.test"}, 1024);
  EXPECT_TRUE(TlsCertificate::parse(one.chain, one.key, "x").ok());
  const auto other = TlsCertificate::parse(one.chain, two.key, "x");
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().message, "the key of x cannot be used: key values mismatch");
  EXPECT_FALSE(TlsCertificate::parse("", one.key, "x").ok());
  EXPECT_FALSE(TlsCertificate::parse(one.chain, "", "x").ok());
  EXPECT_FALSE(
      TlsCertificate::parse("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", one.key, "x").ok());
  EXPECT_FALSE(TlsCertificate::parse(one.chain + "-----BEGIN CERTIFICATE-----\nAAAA\n", one.key, "x").ok());
  EXPECT_FALSE(TlsCertificate::parse(weak.chain, weak.key, "x").ok());
}

}  // namespace
}  // namespace orbit::net
