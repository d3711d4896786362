#include "http/server_connection.h"

#include <gtest/gtest.h>

#include "support/memory_stream.h"

namespace orbit::http {
namespace {

using namespace std::chrono_literals;
using support::MemoryStream;
using support::Peer;

// A connection on a simulated loop whose client is the test.
class ServerConnection : public testing::Test {
 protected:
  ServerConnection() : loop_(clock_), peer_(loop_) {}

  void serve(Handler handler) {
    handler_ = std::move(handler);
    loop_.spawn(serveConnection(loop_, std::make_unique<MemoryStream>(peer_), handler_, cancel_));
  }
  void serveHello() {
    serve([](Exchange& exchange) -> net::Task<void> {
      const Status sent = co_await exchange.respond(200, Fields(), "hi");
      EXPECT_TRUE(sent.ok());
    });
  }
  // Sends `bytes` a little later, one at a time, `apart`.
  static net::Task<void> trickle(net::Loop& loop, Peer& peer, std::string bytes, Duration apart) {
    for (const char byte : bytes) {
      const Status slept = co_await loop.sleep(apart);
      EXPECT_TRUE(slept.ok());
      peer.send({&byte, 1});
    }
  }
  Duration elapsed() const { return clock_.now() - start_; }

  FakeClock clock_;
  const Instant start_ = clock_.now();
  net::Loop loop_;
  net::Cancel cancel_;
  Peer peer_;
  Handler handler_;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHello = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

TEST_F(ServerConnection, PipelinedRequestsAreAnsweredInOrder) {
  serveHello();
  peer_.send(kGet + kGet);
  loop_.run();
  EXPECT_EQ(peer_.received, kHello + kHello);
}

TEST_F(ServerConnection, AnIdleConnectionIsClosedAfterAMinute) {
  serveHello();
  peer_.send(kGet);
  loop_.run();
  EXPECT_EQ(peer_.received, kHello);
  EXPECT_TRUE(peer_.dropped);
  EXPECT_EQ(elapsed(), 60s);
}

TEST_F(ServerConnection, ASlowHeadIsRefusedAfterThirtySeconds) {
  serveHello();
  loop_.spawn(trickle(loop_, peer_, kGet, 5s));
  loop_.run();
  EXPECT_EQ(peer_.received.find("HTTP/1.1 408 Request Timeout\r\n"), 0U) << peer_.received;
  EXPECT_TRUE(peer_.dropped);
}

TEST_F(ServerConnection, AnUnreadBodyIsDrainedBeforeTheNextRequest) {
  serveHello();
  peer_.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x') + kGet);
  loop_.run();
  EXPECT_EQ(peer_.received, kHello + kHello);
}

TEST_F(ServerConnection, AnUnreadBodyThatDoesNotComeEndsTheConnection) {
  serveHello();
  peer_.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
  loop_.run();
  EXPECT_EQ(peer_.received, kHello);
  EXPECT_EQ(elapsed(), 5s);
}

TEST_F(ServerConnection, AnExpectationThatWasNotMetCloses) {
  serveHello();
  peer_.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
  loop_.run();
  EXPECT_EQ(peer_.received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
  EXPECT_EQ(elapsed(), 0s);
}

TEST_F(ServerConnection, PiecesAreSentAtOnceAndEnded) {
  serve([this](Exchange& exchange) -> net::Task<void> {
    (void)co_await exchange.begin(200, Fields());
    (void)co_await exchange.write("{}\n");
    EXPECT_NE(peer_.received.find("\r\n3\r\n{}\n\r\n"), std::string::npos);
    (void)co_await loop_.sleep(1s);
  });
  peer_.send(kGet);
  loop_.run();
  EXPECT_EQ(peer_.received, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n\r\n");
}

TEST_F(ServerConnection, AnOldClientKnowsTheEndByTheConnections) {
  serve([](Exchange& exchange) -> net::Task<void> {
    (void)co_await exchange.begin(200, Fields());
    (void)co_await exchange.write("all");
  });
  peer_.send("GET / HTTP/1.0\r\n\r\n");
  loop_.run();
  EXPECT_EQ(peer_.received, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall");
  EXPECT_TRUE(peer_.dropped);
}

TEST_F(ServerConnection, HeadHasNoBody) {
  serveHello();
  peer_.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  loop_.run();
  EXPECT_EQ(peer_.received, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

TEST_F(ServerConnection, AHandlerThatAnswersNothingIsA500AndOneThatAnswersTwiceIsTold) {
  int call = 0;
  serve([&call](Exchange& exchange) -> net::Task<void> {
    if (++call == 1) co_return;
    (void)co_await exchange.respond(200, Fields(), "hi");
    const Status twice = co_await exchange.respond(500, Fields(), "again");
    EXPECT_FALSE(twice.ok());
  });
  peer_.send(kGet + kGet);
  loop_.run();
  EXPECT_EQ(peer_.received.find("HTTP/1.1 500 "), 0U);
  EXPECT_TRUE(endsWith(peer_.received, kHello));
}

TEST_F(ServerConnection, TheHandlerIsToldWhenTheClientGoes) {
  bool told = false;
  serve([&told, this](Exchange& exchange) -> net::Task<void> {
    net::Wait wait;
    wait.cancel = &exchange.gone();
    const Status slept = co_await loop_.sleep(24h, wait);
    told = !slept.ok();
  });
  peer_.send(kGet);
  loop_.post([this] { loop_.post([this] { peer_.close(); }); });
  loop_.run();
  EXPECT_TRUE(told);
  EXPECT_LT(elapsed(), 1s);
}

}  // namespace
}  // namespace orbit::http
