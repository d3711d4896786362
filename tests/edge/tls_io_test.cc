// TLS in front of the data path: ALPN, names, certificates swapped under open connections, bodies larger than records.
#include "edge_fixture.h"
#include "h2/frames.h"
#include "h2/reader.h"
#include "support/tls_peer.h"

namespace orbit::edge {
namespace {

using test::TlsPeer;

// A TLS client on a socket.
class SecurePeer {
 public:
  SecurePeer(Peer peer, const TlsPeer::Choice& choice) : peer_(std::move(peer)), tls_(choice) {
    tls_.take("");
    push();
    while (!tls_.open() && tls_.failure().empty() && pull()) {
    }
  }
  void send(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(text.size(), 100'000))) {
      EXPECT_TRUE(tls_.write(text.substr(0, 100'000)));
      push();
    }
  }
  bool until(const std::function<bool(const std::string&)>& holds) {
    while (!holds(tls_.plain())) {
      if (!pull()) return false;
    }
    return true;
  }
  TlsPeer& tls() { return tls_; }
  Peer& peer() { return peer_; }

 private:
  void push() { EXPECT_TRUE(peer_.send(tls_.wire())); }
  bool pull() {
    const std::string bytes = peer_.exactly(1);
    if (bytes.empty()) return false;
    tls_.take(bytes + peer_.pending());
    peer_.send(tls_.wire());
    return true;
  }
  Peer peer_;
  TlsPeer tls_;
};

class Secure : public EdgeTest {
 protected:
  void SetUp() override {
    EdgeTest::SetUp();
    edge_->setCertificates(certificates());
    app_ = std::make_unique<Upstream>(answering([](const std::string& head, const std::string& body) {
      if (head.find("/large") != std::string::npos) return ok(std::string(3'000'000, 'L'));
      return ok(body.empty() ? fieldOf(head, "X-Forwarded-Proto") : body);
    }));
    table_.services = {service("app", {app_->address()})};
    addRoute("app");
    std::vector<Listening> listening;
    port_ = listenFor("https", listening);
    model::TableListener listener;
    listener.name = "https";
    listener.protocol = model::TableListener::Protocol::kHttps;
    table_.listeners = {listener};
    applyWith(std::move(listening));
  }
  static std::shared_ptr<const net::TlsCertificates> certificates() {
    auto set = std::make_shared<net::TlsCertificates>();
    const test::CertificateText text = test::makeCertificate({"a.test"});
    auto parsed = net::TlsCertificate::parse(text.chain, text.key, "a.test");
    EXPECT_TRUE(parsed.ok());
    set->rows.push_back({"a.test", *parsed});
    return set;
  }
  SecurePeer secure(const std::vector<std::string>& protocols, int version = 0, SSL_SESSION* session = nullptr) {
    return {client(), {.serverName = "a.test", .protocols = protocols, .version = version, .session = session}};
  }
  static bool ends(const std::string& text, std::string_view with) {
    return text.size() >= with.size() && text.compare(text.size() - with.size(), with.size(), with) == 0;
  }
  std::unique_ptr<Upstream> app_;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

TEST_F(Secure, Http1OverBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SecurePeer peer = secure({"http/1.1"}, version);
    ASSERT_TRUE(peer.tls().open()) << peer.tls().failure();
    for (int i = 0; i < 3; ++i) {
      peer.tls().plain().clear();
      peer.send(kGet);
      EXPECT_TRUE(peer.until([](const std::string& text) { return ends(text, "\r\n\r\nhttps"); }));
    }
  }
}

TEST_F(Secure, Http2ByAlpn) {
  SecurePeer peer = secure({"h2", "http/1.1"});
  ASSERT_EQ(peer.tls().protocol(), "h2");
  h2test::Reader reader;
  std::string all = h2test::preface() + h2test::settings();
  for (std::uint32_t id = 1; id < 100; id += 2) all += h2test::headers(id, h2test::request());
  peer.send(all);
  EXPECT_TRUE(peer.until([&](const std::string&) {
    reader.read(peer.tls().plain());
    return std::count_if(reader.answered.begin(), reader.answered.end(),
                         [](const auto& answer) { return answer.second.ended; }) == 50;
  }));
  for (std::uint32_t id = 1; id < 100; id += 2) EXPECT_EQ(reader.answered[id].body, "https");
}

TEST_F(Secure, LargeBodiesBothWays) {
  const std::string large(2'000'000, 'u');
  SecurePeer peer = secure({"http/1.1"});
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2000000\r\n\r\n" + large);
  EXPECT_TRUE(peer.until([&](const std::string& text) { return text.size() > large.size() && ends(text, large); }));
  peer.tls().plain().clear();
  peer.send("GET /large HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_TRUE(peer.until([&](const std::string& text) { return ends(text, std::string(3'000'000, 'L')); }));
}

TEST_F(Secure, SwapsTouchNoConnection) {
  SecurePeer before = secure({"http/1.1"});
  const std::string first = before.tls().fingerprint();
  edge_->setCertificates(certificates());
  EXPECT_TRUE(eventually([&] { return secure({"http/1.1"}).tls().fingerprint() != first; }));
  before.send(kGet);
  EXPECT_TRUE(before.until([](const std::string& text) { return ends(text, "https"); }));
}

TEST_F(Secure, ResumesByTicket) {
  SecurePeer first = secure({"http/1.1"});
  first.send(kGet);
  EXPECT_TRUE(first.until([](const std::string& text) { return ends(text, "https"); }));
  ASSERT_NE(first.tls().ticket(), nullptr);
  SecurePeer second = secure({"http/1.1"}, 0, first.tls().ticket());
  EXPECT_TRUE(second.tls().resumed());
}

TEST_F(Secure, RefusesOtherNamesAndGarbage) {
  SecurePeer other(client(), {.serverName = "b.test"});
  EXPECT_EQ(other.tls().failure(), "tlsv1 unrecognized name");
  Peer garbage = client();
  garbage.send(kGet);
  garbage.all();
  EXPECT_TRUE(garbage.ended || garbage.broken);
  SecurePeer good = secure({"http/1.1"});
  EXPECT_TRUE(good.tls().open());
  EXPECT_TRUE(eventually([&] { return edge_->state().connections == 1; }));
}

// RFC 9110 15.5.20, 9.1.1 of RFC 9113: a connection is good for the names of the certificate that it was made with.
TEST_F(Secure, AHostOfAnotherCertificateIsMisdirected) {
  auto set = std::make_shared<net::TlsCertificates>();
  for (const std::vector<std::string>& hosts : {std::vector<std::string>{"a.test", "*.w.test"}, {"b.test"}}) {
    const test::CertificateText text = test::makeCertificate(hosts);
    auto parsed = net::TlsCertificate::parse(text.chain, text.key, hosts[0]);
    ASSERT_TRUE(parsed.ok());
    for (const std::string& host : hosts) set->rows.push_back({host, *parsed});
    set->fallback = *parsed;
  }
  edge_->setCertificates(set);
  const auto statusOf = [](SecurePeer& peer, const std::string& host) {
    peer.tls().plain().clear();
    peer.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    EXPECT_TRUE(peer.until([](const std::string& text) { return text.find("\r\n\r\n") != std::string::npos; }));
    return peer.tls().plain().substr(9, 3);
  };
  ASSERT_TRUE(eventually([&] { return SecurePeer(client(), {.serverName = "b.test"}).tls().open(); }));
  SecurePeer named = secure({"http/1.1"});
  EXPECT_EQ(statusOf(named, "a.test"), "200");
  EXPECT_EQ(statusOf(named, "A.test.:443"), "200");
  EXPECT_EQ(statusOf(named, "x.w.test"), "200");
  EXPECT_EQ(statusOf(named, "y.x.w.test"), "421");
  EXPECT_EQ(statusOf(named, "b.test"), "421");
  EXPECT_EQ(statusOf(named, "a.test"), "200") << "the connection goes on";
  edge_->setCertificates(certificates());
  EXPECT_EQ(statusOf(named, "x.w.test"), "200") << "by the certificate that was shown";
  SecurePeer resumed = secure({"http/1.1"}, 0, named.tls().ticket());
  EXPECT_TRUE(resumed.tls().resumed());
  EXPECT_EQ(statusOf(resumed, "a.test"), "200");
  edge_->setCertificates(set);
  ASSERT_TRUE(eventually([&] { return SecurePeer(client(), {}).tls().open(); }));
  SecurePeer nameless(client(), {});
  EXPECT_EQ(statusOf(nameless, "a.test"), "200") << "who names nobody is not judged";
}

TEST_F(Secure, ClosesWithANotice) {
  SecurePeer peer = secure({"http/1.1"});
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(peer.until([&](const std::string& text) { return ends(text, "https") && peer.tls().closedByPeer(); }));
}

}  // namespace
}  // namespace orbit::edge
