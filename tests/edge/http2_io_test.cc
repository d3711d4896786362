// HTTP/2 with clients: the same data path, many requests at once on one connection.
#include "edge_fixture.h"
#include "h2/frames.h"
#include "h2/reader.h"

namespace orbit::edge {
namespace {

using namespace h2test;  // NOLINT: frames by their names
constexpr std::uint32_t kWindow = 1 << 30;

// A client by prior knowledge. It opens its windows only when told.
class H2Peer : public Reader {
 public:
  explicit H2Peer(Peer peer, std::uint32_t window = kWindow) : peer_(std::move(peer)) {
    peer_.send(preface() + settings(setting(4, window)) + frame(kSettings, kAck, 0, "") +
               (window == kWindow ? windowUpdate(0, kWindow) : ""));
  }
  void send(std::string_view bytes) { EXPECT_TRUE(peer_.send(bytes)); }
  void get(std::uint32_t id, std::string_view path) { send(headers(id, request("GET", path))); }
  // Reads until it holds; false after five seconds, or at the end.
  bool until(const std::function<bool()>& holds) {
    while (!holds()) {
      const std::string bytes = peer_.exactly(1);
      if (bytes.empty()) return false;
      wire_ += bytes + peer_.pending();
      read(wire_);
    }
    return true;
  }
  bool whole(std::uint32_t id) {
    return until([&] { return answered[id].ended; });
  }
  // All that the edge has to say to what was sent before.
  bool roundTrip() {
    const auto pongs = [&] {
      return std::count_if(frames.begin(), frames.end(), [](const SentFrame& frame) { return frame.type == kPing; });
    };
    const auto before = pongs();
    send(ping());
    return until([&] { return pongs() > before; });
  }
  std::size_t windowFor(std::uint32_t stream) {
    std::size_t sum = 0;
    for (const SentFrame& frame : frames) {
      if (frame.type != kWindowUpdate || frame.stream != stream) continue;
      for (std::size_t i = 0, value = 0; i < 4; ++i) {
        value = value * 256 + static_cast<unsigned char>(frame.payload[i]);
        if (i == 3) sum += value;
      }
    }
    return sum;
  }
  Peer& peer() { return peer_; }

 private:
  Peer peer_;
  std::string wire_;
};

class Http2 : public EdgeTest {};

TEST_F(Http2, ManyRequestsOnOneConnection) {
  Upstream app(answering([](const std::string& head, const std::string&) {
    return ok(head.substr(4, head.find(' ', 4) - 4), "X-Seen: " + fieldOf(head, "X-Forwarded-Host") + "\r\n");
  }));
  serve({app.address()});
  H2Peer peer(client());
  for (std::uint32_t id = 1; id < 200; id += 2) peer.get(id, "/" + std::to_string(id));
  for (std::uint32_t id = 1; id < 200; id += 2) {
    ASSERT_TRUE(peer.whole(id));
    EXPECT_EQ(peer.answered[id].statuses, std::vector<int>{200});
    EXPECT_EQ(peer.answered[id].body, "/" + std::to_string(id));
  }
  EXPECT_EQ(peer.answered[1].fields[0], (std::pair<std::string, std::string>{"x-seen", "a.test"}));
  EXPECT_EQ(edge_->state().requests, 100U);
  EXPECT_EQ(edge_->state().connections, 1U);
}

TEST_F(Http2, BodiesBothWays) {
  Upstream app(answering([](const std::string& head, const std::string& body) {
    return ok(body, "X-Framing: " + fieldOf(head, "Transfer-Encoding") + fieldOf(head, "Content-Length") + "\r\n");
  }));
  serve({app.address()});
  H2Peer peer(client());
  std::string large;
  for (int i = 0; i < 200'000; ++i) large += static_cast<char>('a' + i % 26);
  peer.send(headers(1, request("POST"), kEndHeaders) +
            headers(3, request("PUT") + field("content-length", "200000"), kEndHeaders));
  for (std::size_t at = 0; at < large.size(); at += 10'000) {
    const int flags = at + 10'000 >= large.size() ? kEndStream : kNone;
    peer.send(data(1, large.substr(at, 10'000), flags) + data(3, large.substr(at, 10'000), flags));
  }
  for (const std::uint32_t id : {1U, 3U}) {
    ASSERT_TRUE(peer.whole(id));
    EXPECT_EQ(peer.answered[id].body, large);
  }
  EXPECT_EQ(peer.answered[1].fields[0].second, "chunked");
  EXPECT_EQ(peer.answered[3].fields[0].second, "200000");
  EXPECT_GE(peer.windowFor(1), 100'000U) << "the window opens as the body is used up";
}

TEST_F(Http2, TrailersGoOnWhereTheBodyGoesInChunks) {
  Upstream app([](Peer& peer) {
    for (;;) {
      const std::string head = peer.until("\r\n\r\n");
      if (head.empty()) return;
      std::string trailers, line;
      if (const std::string length = fieldOf(head, "Content-Length"); !length.empty()) {
        trailers = peer.exactly(std::stoul(length));
      } else {
        peer.until("0\r\n");
        while ((line = peer.until("\r\n")).size() > 2) trailers += line;
      }
      peer.send(ok(trailers));
    }
  });
  serve({app.address()});
  H2Peer peer(client());
  const std::string trailers = field("x-sum", "1") + field("content-type", "text/html") + field("grpc-status", "0");
  peer.send(headers(1, request("POST"), kEndHeaders) + data(1, "body") + headers(1, trailers));
  ASSERT_TRUE(peer.whole(1));
  EXPECT_EQ(peer.answered[1].body, "x-sum: 1\r\ngrpc-status: 0\r\n");
  peer.send(headers(3, request("POST") + field("content-length", "4"), kEndHeaders) + data(3, "body") +
            headers(3, trailers));
  ASSERT_TRUE(peer.whole(3));
  EXPECT_EQ(peer.answered[3].body, "body");
}

// An upstream that reads nothing holds the client back, by the window.
TEST_F(Http2, ASlowUpstreamHoldsTheClientBack) {
  std::atomic<bool> go{false};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const std::string body = readChunks(peer);
    peer.send(ok(std::to_string(body.size())));
  });
  serve({app.address()});
  H2Peer peer(client());
  peer.send(headers(1, request("POST"), kEndHeaders));
  constexpr std::size_t kTotal = 12 * 1024 * 1024, kPiece = 16'000;
  std::size_t sent = 0;
  // As much as the windows let out: what the kernel and the edge hold, and no more.
  std::size_t window = 256 * 1024;
  const auto push = [&] {
    while (sent < kTotal && sent + kPiece <= std::min(window + peer.windowFor(1), 65'535 + peer.windowFor(0))) {
      peer.send(data(1, std::string(kPiece, 'x')));
      sent += kPiece;
    }
  };
  ASSERT_TRUE(peer.roundTrip());
  push();
  for (int quiet = 0; quiet < 10; ++quiet) {
    ASSERT_TRUE(peer.roundTrip());
    push();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LT(sent, kTotal) << "it takes no end of bytes";
  go = true;
  while (sent < kTotal) {
    const std::size_t before = peer.frames.size();
    ASSERT_TRUE(peer.until([&] { return peer.frames.size() > before; }));
    push();
  }
  peer.send(data(1, "", kEndStream));
  ASSERT_TRUE(peer.whole(1));
  EXPECT_EQ(peer.answered[1].body, std::to_string(sent));
}

// A client that takes nothing holds the upstream back; the others on its connection go on.
TEST_F(Http2, ASlowStreamHoldsItsUpstreamBackAlone) {
  constexpr std::size_t kBody = 24 * 1024 * 1024;
  std::atomic<std::size_t> given{0};
  Upstream app([&](Peer& peer) {
    for (;;) {
      const std::string head = peer.until("\r\n\r\n");
      if (head.empty()) return;
      if (head.find("/large") == std::string::npos) {
        if (!peer.send(ok("small"))) return;
        continue;
      }
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
      const std::string piece(64 * 1024, 'x');
      for (std::size_t at = 0; at < kBody; at += piece.size(), given = at) {
        if (!peer.send(piece)) return;
      }
    }
  });
  serve({app.address()});
  H2Peer peer(client(), 100'000);
  peer.send(windowUpdate(0, kWindow));
  peer.get(1, "/large");
  ASSERT_TRUE(peer.until([&] { return peer.answered[1].body.size() == 100'000; }));
  for (std::uint32_t id = 3; id < 43; id += 2) {
    peer.get(id, "/");
    ASSERT_TRUE(peer.whole(id));
    EXPECT_EQ(peer.answered[id].body, "small");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LT(given, kBody);
  peer.send(windowUpdate(1, kWindow));
  ASSERT_TRUE(peer.whole(1));
  EXPECT_EQ(peer.answered[1].body.size(), kBody);
}

TEST_F(Http2, ABrokenAnswerIsReset) {
  Upstream app([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  serve({app.address()});
  H2Peer peer(client());
  peer.get(1, "/");
  ASSERT_TRUE(peer.until([&] { return peer.rsts.contains(1); }));
  EXPECT_EQ(peer.rsts[1], kInternalError);
  EXPECT_FALSE(peer.answered[1].ended);
  peer.get(3, "/");
  EXPECT_TRUE(peer.until([&] { return peer.rsts.contains(3); })) << "the connection lives";
}

TEST_F(Http2, AResetEndsTheRequestUpstream) {
  std::atomic<bool> ended{false};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
    peer.all();
    ended = peer.ended || peer.broken;
  });
  serve({app.address()});
  H2Peer peer(client());
  peer.get(1, "/events");
  ASSERT_TRUE(peer.until([&] { return peer.answered[1].body == "data: 1\n\n"; }));
  peer.send(rst(1));
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

TEST_F(Http2, AClientThatGoesAwayEndsItsRequests) {
  std::atomic<int> ended{0};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.all();
    ++ended;
  });
  serve({app.address()});
  {
    H2Peer peer(client());
    for (std::uint32_t id = 1; id < 11; id += 2) peer.get(id, "/");
    ASSERT_TRUE(eventually([&] { return app.connections == 5; }));
  }
  EXPECT_TRUE(eventually([&] { return ended == 5; }));
  EXPECT_TRUE(eventually([&] { return edge_->state().connections == 0; }));
}

// Decision 26: two GOAWAYs; what is under way is finished, then the connection ends.
TEST_F(Http2, Drain) {
  std::atomic<bool> go{false};
  Upstream app([&](Peer& peer) {
    while (!peer.until("\r\n\r\n").empty()) {
      while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      peer.send(ok("done"));
    }
  });
  serve({app.address()});
  H2Peer peer(client()), idle(client());
  peer.get(1, "/");
  ASSERT_TRUE(eventually([&] { return app.connections == 1 && edge_->state().connections == 2; }));
  std::thread other([&] {
    EXPECT_TRUE(peer.until([&] { return peer.goAways.size() == 1; }));
    peer.get(3, "/");  // before it heard
    EXPECT_TRUE(peer.until([&] { return peer.goAways.size() == 2; }));
    EXPECT_EQ(peer.goAways[0].first, 0x7fffffffU);
    EXPECT_EQ(peer.goAways[1].first, 3U);
    EXPECT_EQ(peer.goAways[1].second, kNoError);
    go = true;
    EXPECT_TRUE(peer.whole(1));
    EXPECT_TRUE(peer.whole(3));
    EXPECT_FALSE(peer.until([] { return false; }));
    EXPECT_TRUE(peer.peer().ended) << "closed when all was answered";
    EXPECT_FALSE(idle.until([] { return false; }));
    EXPECT_EQ(idle.goAways.size(), 2U);
  });
  drain(std::chrono::seconds(10));
  other.join();
  EXPECT_EQ(edge_->state().connections, 0U);
}

TEST_F(Http2, ErrorsOfTheConnectionAreSaid) {
  Upstream app(answering([](const std::string&, const std::string&) { return ok("x"); }));
  serve({app.address()});
  H2Peer peer(client());
  peer.send(frame(kPing, 0, 0, "short"));
  EXPECT_FALSE(peer.until([] { return false; }));
  ASSERT_EQ(peer.goAways.size(), 1U);
  EXPECT_EQ(peer.goAways[0].second, kFrameSizeError);
  EXPECT_TRUE(eventually([&] { return edge_->state().connections == 0; }));
}

TEST_F(Http2, AStreamThatSendsNoBodyIsEnded) {
  Upstream app(answering([](const std::string&, const std::string&) { return ok("x"); }));
  table_.limits.bodyIdle = std::chrono::milliseconds(200);
  serve({app.address()});
  H2Peer peer(client());
  peer.send(headers(1, request("POST"), kEndHeaders) + data(1, "some"));
  ASSERT_TRUE(peer.until([&] { return peer.rsts.contains(1); }));
  EXPECT_EQ(peer.rsts[1], kCancel);
}

TEST_F(Http2, AnIdleConnectionIsClosedPolitely) {
  Upstream app(answering([](const std::string&, const std::string&) { return ok("x"); }));
  table_.limits.keepAlive = std::chrono::milliseconds(300);
  serve({app.address()});
  H2Peer peer(client());
  peer.get(1, "/");
  EXPECT_TRUE(peer.whole(1));
  EXPECT_FALSE(peer.until([] { return false; }));
  ASSERT_FALSE(peer.goAways.empty());
  EXPECT_EQ(peer.goAways.back(), (std::pair<std::uint32_t, std::uint32_t>{1, kNoError}));
}

}  // namespace
}  // namespace orbit::edge
