// What fails: instances that refuse, die, say nothing or nonsense; clients that go away; too much at once.
#include "edge_fixture.h"

namespace orbit::edge {
namespace {

using std::chrono::milliseconds;

class Fault : public EdgeTest {
 protected:
  // A port that refuses connections.
  static std::string refusing() {
    std::vector<Listening> listening;
    const int port = listenFor("", listening);
    ::close(listening[0].descriptor);
    return "127.0.0.1:" + std::to_string(port);
  }
};

Upstream::Serve named(const std::string& name) {
  return answering([name](const std::string&, const std::string&) { return ok(name); });
}

TEST_F(Fault, AnotherInstanceAnswersForOneThatRefuses) {
  Upstream app(named("good"));
  serve({app.address(), refusing()});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get().body, "good");
  Peer peer = client();
  for (int i = 0; i < 5; ++i) {
    peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(readAnswer(peer).status, 200);
  }
}

TEST_F(Fault, NobodyThereIs502AndNobodyKnown503) {
  serve({refusing()});
  EXPECT_EQ(get().status, 502);
  table_.services[0].releases[0].instances.clear();
  apply();
  EXPECT_TRUE(eventually([&] { return get().status == 503; }));
  table_.routes[0].errorPages.push_back({{503}, "text/html", "<p>later</p>", false});
  apply();
  EXPECT_TRUE(eventually([&] { return get().body == "<p>later</p>"; }));
}

TEST_F(Fault, ADeadPooledConnectionIsReplacedUnseen) {
  // Ends each connection after its first answer, without saying so.
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send(ok("once"));
  });
  table_.services = {service("app", {app.address()})};
  table_.services[0].retriesMax = 0;
  addRoute("app");
  apply();
  Peer peer = client();
  for (int i = 0; i < 50; ++i) {
    peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    EXPECT_EQ(readAnswer(peer).body, "once");
  }
}

TEST_F(Fault, AnIdempotentRequestIsTriedAgainAndOthersAreNot) {
  std::atomic<int> calls{0};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    if (calls++ % 2 == 0) return;  // without an answer
    // Not to be used again: the next request might find it just as it goes.
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nsecond");
  });
  serve({app.address()});
  EXPECT_EQ(get().body, "second");
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 502);
  EXPECT_EQ(calls, 3);
}

TEST_F(Fault, AnAnswerThatBreaksOffIsNotMadeToLookWhole) {
  Upstream app([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (head.find("/chunked") != std::string::npos) {
      peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    } else {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    }
  });
  serve({app.address()});
  Peer first = client();
  first.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  first.until("\r\n\r\n");
  EXPECT_EQ(first.all(), "hello");
  Peer second = client();
  second.send("GET /chunked HTTP/1.1\r\nHost: a.test\r\n\r\n");
  second.until("\r\n\r\n");
  EXPECT_EQ(second.all(), "5\r\nhello\r\n");
}

TEST_F(Fault, NonsenseIs502) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("SSH-2.0-OpenSSH\r\n\r\n");
  });
  serve({app.address()});
  EXPECT_EQ(get().status, 502);
}

TEST_F(Fault, SilenceIs504) {
  Upstream app([](Peer& peer) { peer.all(); });
  table_.services = {service("app", {app.address()})};
  table_.services[0].headTimeout = milliseconds(100);
  addRoute("app");
  apply();
  EXPECT_EQ(get().status, 504);
}

TEST_F(Fault, AClientThatGoesAwayEndsTheAttempt) {
  std::atomic<bool> ended{false};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.more();
    ended = true;
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return app.connections == 1; }));
  peer.close();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST_F(Fault, ARequestThatDoesNotComeIs408) {
  Upstream app(named("app"));
  table_.limits.headTimeout = milliseconds(100);
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(readAnswer(peer).status, 408);
}

TEST_F(Fault, RequestsWaitForAConnectionAndNotForEver) {
  std::atomic<int> now{0};
  std::atomic<int> most{0};
  Upstream app(answering([&](const std::string&, const std::string&) {
    const int here = ++now;
    if (here > most) most = here;
    std::this_thread::sleep_for(milliseconds(20));
    --now;
    return ok("app");
  }));
  workers_ = 1;
  SetUp();
  table_.services = {service("app", {app.address()})};
  table_.services[0].connectionsMax = 2;
  table_.services[0].waitingMax = 6;
  addRoute("app");
  apply();
  std::vector<Peer> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(client());
  for (Peer& peer : peers) peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  int good = 0, busy = 0;
  for (Peer& peer : peers) {
    const int status = readAnswer(peer).status;
    good += status == 200 ? 1 : 0;
    busy += status == 503 ? 1 : 0;
  }
  EXPECT_EQ(good, 8);
  EXPECT_EQ(busy, 4);
  EXPECT_LE(most, 2);
}

TEST_F(Fault, AWatchedReleaseIsShielded) {
  Upstream old(named("old"));
  Upstream fresh(answering([](const std::string&, const std::string&) -> std::string {
    return "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops";
  }));
  table_.services = {service("app", {old.address()})};
  table_.services[0].releases.push_back(release("r2", {fresh.address()}));
  table_.services[0].releases[1].watched = true;
  addRoute("app");
  apply();
  for (int i = 0; i < 40; ++i) {
    const Answer answer = get();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "old");
  }
  EXPECT_GT(fresh.connections, 0);
  int failed = 0;
  for (int i = 0; i < 40; ++i) {
    Peer peer = client();
    peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n");
    failed += readAnswer(peer).status == 500 ? 1 : 0;
  }
  EXPECT_GT(failed, 0);
}

TEST_F(Fault, ABodyTooLargeIs413) {
  Upstream app(answering([](const std::string&, const std::string& body) { return ok(body); }));
  table_.services = {service("app", {app.address()})};
  addRoute("app");
  table_.routes[0].bodyBytesMax = 10;
  apply();
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 413);
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(readAnswer(peer).body, "hello");
}

}  // namespace
}  // namespace orbit::edge
