// What goes through: keep-alive, pipelining, bodies of every kind, upgrades, streams.
#include <sstream>

#include "edge_fixture.h"

namespace orbit::edge {
namespace {

using Proxy = EdgeTest;

TEST_F(Proxy, KeepsConnectionsOnBothSides) {
  Upstream app(
      answering([](const std::string& head, const std::string&) { return ok(head.substr(0, head.find(' ', 4))); }));
  serve({app.address()});
  Peer peer = client();
  for (int i = 0; i < 20; ++i) {
    peer.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const Answer answer = readAnswer(peer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /" + std::to_string(i));
  }
  EXPECT_EQ(app.connections, 1);
  EXPECT_EQ(edge_->state().requests, 20U);
}

TEST_F(Proxy, TellsTheUpstreamWhoAsks) {
  Upstream app(answering([](const std::string& head, const std::string&) { return ok(head); }));
  serve({app.address()});
  const Answer answer = get("/x?y=1", "X-Forwarded-For: 1.2.3.4\r\nConnection: x-hop\r\nX-Hop: 1\r\n");
  EXPECT_EQ(answer.body.substr(0, answer.body.find('\r')), "GET /x?y=1 HTTP/1.1");
  EXPECT_EQ(fieldOf(answer.body, "Host"), "a.test");
  EXPECT_EQ(fieldOf(answer.body, "X-Forwarded-For"), "127.0.0.1");
  EXPECT_EQ(fieldOf(answer.body, "X-Forwarded-Proto"), "http");
  EXPECT_EQ(fieldOf(answer.body, "X-Request-Id").size(), 36U);
  EXPECT_EQ(fieldOf(answer.body, "X-Hop"), "");
}

TEST_F(Proxy, AnswersPipelinedRequestsInOrder) {
  Upstream app(
      answering([](const std::string& head, const std::string&) { return ok(head.substr(0, head.find(' ', 4))); }));
  serve({app.address()});
  Peer peer = client();
  std::string all;
  for (int i = 0; i < 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a.test\r\n\r\n";
  peer.send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(readAnswer(peer).body, "GET /" + std::to_string(i));
}

TEST_F(Proxy, PassesBodiesOfLengthAndInChunksBothWays) {
  Upstream app(answering([](const std::string& head, const std::string& body) {
    if (head.find("chunked") == std::string::npos) return ok(body);
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n" +
           (std::ostringstream() << std::hex << body.size()).str() + "\r\n" + body + "\r\n0\r\nX-Sum: 7\r\n\r\n";
  }));
  serve({app.address()});
  std::string large;
  for (int i = 0; i < 300'000; ++i) large += static_cast<char>('a' + i % 26);
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 300000\r\n\r\n" + large);
  EXPECT_EQ(readAnswer(peer).body, large);
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n493e0\r\n" + large +
            "\r\n0\r\n\r\n");
  const Answer answer = readAnswer(peer);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "beginabc" + large);
}

// RFC 9110 6.5: those that no trailer may set stay behind; what frames the body is the edge's own.
TEST_F(Proxy, PassesTrailersOfARequest) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    const std::string body = peer.until("0\r\n");
    std::string trailers, line;
    while ((line = peer.until("\r\n")).size() > 2) trailers += line;
    peer.send(ok(body + trailers));
  });
  serve({app.address()});
  table_.routes[0].requestHeaders = {{model::TableHeaderEdit::Kind::kRemove, "X-Removed", ""}};
  apply();
  Peer peer = client();
  peer.send(
      "POST / HTTP/1.1\r\nHost: a.test\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n"
      "X-Sum: 1\r\nContent-Length: 9\r\nX-Removed: 1\r\nX_Forwarded_For: 1.1.1.1\r\nX-Hop: 1\r\nX-Other: b\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).body, "4\r\nbody\r\n0\r\nX-Sum: 1\r\nX-Other: b\r\n");
}

TEST_F(Proxy, HeadAndNoContentHaveNoBody) {
  Upstream app(answering([](const std::string& head, const std::string&) -> std::string {
    if (head.starts_with("HEAD")) return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
    if (head.find("/none") != std::string::npos) return "HTTP/1.1 204 No Content\r\n\r\n";
    if (head.find("/same") != std::string::npos) return "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n";
    return ok("body");
  }));
  serve({app.address()});
  Peer peer = client();
  peer.send("HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  Answer answer = readAnswer(peer, true);
  EXPECT_EQ(fieldOf(answer.head, "Content-Length"), "10");
  peer.send(
      "GET /none HTTP/1.1\r\nHost: a.test\r\n\r\nGET /same HTTP/1.1\r\nHost: a.test\r\n\r\nGET / HTTP/1.1\r\nHost: "
      "a.test\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 204);
  EXPECT_EQ(readAnswer(peer).status, 304);
  EXPECT_EQ(readAnswer(peer).body, "body");
}

TEST_F(Proxy, ReadsAnswersThatEndWithTheConnection) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\n\r\nall of ");
    peer.send("it");
  });
  serve({app.address()});
  EXPECT_EQ(get().body, "all of it");
  Peer old = client();
  old.send("GET / HTTP/1.0\r\nHost: a.test\r\n\r\n");
  const Answer answer = readAnswer(old);
  EXPECT_EQ(fieldOf(answer.head, "Transfer-Encoding"), "");
  EXPECT_EQ(fieldOf(answer.head, "Connection"), "close");
  EXPECT_EQ(answer.body, "all of it");
}

TEST_F(Proxy, ReadsAHeadThatTricklesIn) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    const std::string answer = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
                               ok("hi", "X-Long: " + std::string(2000, 'x') + "\r\nX-Next: 1\r\n");
    for (std::size_t at = 0; at < answer.size(); at += 3) {
      peer.send(answer.substr(at, 3));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 103);
  const Answer answer = readAnswer(peer);
  EXPECT_EQ(answer.body, "hi");
  EXPECT_EQ(fieldOf(answer.head, "X-Long").size(), 2000U);
  EXPECT_EQ(fieldOf(answer.head, "X-Next"), "1");
}

TEST_F(Proxy, PassesExpectContinueBothWays) {
  Upstream app([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (fieldOf(head, "Expect") != "100-continue") return;
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    peer.send(ok(peer.exactly(5)));
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 100);
  peer.send("hello");
  EXPECT_EQ(readAnswer(peer).body, "hello");
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const Answer refused = readAnswer(peer);
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(fieldOf(refused.head, "Connection"), "close");
  EXPECT_FALSE(peer.more());
  EXPECT_TRUE(peer.ended);
}

TEST_F(Proxy, AnEarlyAnswerIsNotLost) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000000\r\n\r\n");
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 20; ++i) peer.send(piece);
  const Answer answer = readAnswer(peer);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.body, "no");
}

TEST_F(Proxy, UpgradesBecomeTunnelsWithHalfClose) {
  Upstream app([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (fieldOf(head, "Upgrade") != "echo") return;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi ");
    peer.send(peer.all() + "!");
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  const Answer answer = readAnswer(peer);
  EXPECT_EQ(answer.status, 101);
  EXPECT_EQ(fieldOf(answer.head, "Upgrade"), "echo");
  EXPECT_TRUE(eventually([&] { return edge_->state().upgraded == 1; }));
  const std::string large(1'000'000, 'x');
  peer.send(large);
  peer.endOutput();
  EXPECT_EQ(peer.all(), "hi " + large + "!");
  EXPECT_TRUE(peer.ended);
  EXPECT_TRUE(eventually([&] { return edge_->state().upgraded == 0 && edge_->state().connections == 0; }));
}

TEST_F(Proxy, AnUpstreamMayEndItsHalfOfATunnelFirst) {
  std::atomic<std::size_t> got{0};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nbye");
    peer.endOutput();
    got = peer.all().size();
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_EQ(readAnswer(peer).status, 101);
  EXPECT_EQ(peer.all(), "bye");
  peer.send("and more");
  peer.endOutput();
  EXPECT_TRUE(eventually([&] { return got == 8 && edge_->state().upgraded == 0; }));
}

TEST_F(Proxy, StreamsLeaveUnbuffered) {
  std::atomic<bool> seen{false};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n");
    while (!seen) std::this_thread::yield();
    peer.send("9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  peer.until("\r\n\r\n");
  EXPECT_EQ(peer.until("\n\n"), "9\r\ndata: 1\n\n");
  seen = true;
  EXPECT_EQ(peer.until("\n\n"), "\r\n9\r\ndata: 2\n\n");
  EXPECT_EQ(peer.until("0\r\n\r\n"), "\r\n0\r\n\r\n");
}

TEST_F(Proxy, ASlowReaderHoldsTheUpstreamBack) {
  std::atomic<std::size_t> sent{0};
  constexpr std::size_t kAll = 64 * 1024 * 1024;
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kAll) + "\r\n\r\n");
    const std::string piece(64 * 1024, 'x');
    for (std::size_t i = 0; i < kAll / piece.size() && peer.send(piece); ++i) sent += piece.size();
  });
  serve({app.address()});
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  peer.until("\r\n\r\n");
  std::size_t before = 1;
  EXPECT_TRUE(eventually([&] {
    const std::size_t now = sent;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return std::exchange(before, now) == now;
  }));
  EXPECT_LT(sent, kAll);
  EXPECT_EQ(peer.exactly(kAll).size(), kAll);
}

TEST_F(Proxy, ASlowUpstreamHoldsTheClientBack) {
  constexpr std::size_t kAll = 32 * 1024 * 1024;
  std::atomic<bool> go{false};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    while (!go) std::this_thread::yield();
    const std::size_t size = peer.exactly(kAll).size();
    peer.send(ok(std::to_string(size)));
  });
  serve({app.address()});
  Peer peer = client();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    go = true;
  });
  EXPECT_TRUE(peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: " + std::to_string(kAll) + "\r\n\r\n"));
  EXPECT_TRUE(peer.send(std::string(kAll, 'x')));
  EXPECT_EQ(readAnswer(peer).body, std::to_string(kAll));
  later.join();
}

TEST_F(Proxy, RefusesWhatIsNotHttp) {
  Upstream app(answering([](const std::string&, const std::string&) { return ok("body"); }));
  serve({app.address()});
  for (const char* text : {"GET / HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "nonsense\r\n\r\n",
                           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    Peer peer = client();
    peer.send(text);
    const Answer answer = readAnswer(peer);
    EXPECT_EQ(answer.status, 400) << text;
    EXPECT_EQ(fieldOf(answer.head, "Connection"), "close");
    EXPECT_FALSE(peer.more());
    EXPECT_TRUE(peer.ended);
  }
  Peer peer = client();
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
  EXPECT_EQ(readAnswer(peer).status, 400);
}

}  // namespace
}  // namespace orbit::edge
