// TCP passed on as it is.
#include "edge_fixture.h"

namespace orbit::edge {
namespace {

using std::chrono::milliseconds;

class Tcp : public EdgeTest {
 protected:
  void forward(const std::string& address) {
    table_.services = {service("db", {address})};
    table_.services[0].protocol = model::TableService::Protocol::kTcp;
    model::TableListener listener;
    listener.name = "db";
    listener.protocol = model::TableListener::Protocol::kTcp;
    listener.service = "db";
    std::vector<Listening> listening;
    port_ = listenFor("db", listening);
    table_.listeners = {listener};
    applyWith(std::move(listening));
  }
};

TEST_F(Tcp, PassesBytesBothWaysWithHalfClose) {
  Upstream echo([](Peer& peer) {
    const std::string all = peer.all();
    peer.send("got " + std::to_string(all.size()) + all.substr(0, 3));
  });
  forward(echo.address());
  Peer peer = client();
  peer.send(std::string(5'000'000, 'x'));
  peer.endOutput();
  EXPECT_EQ(peer.all(), "got 5000000xxx");
  EXPECT_TRUE(peer.ended);
  EXPECT_TRUE(eventually([&] { return edge_->state().connections == 0; }));
}

TEST_F(Tcp, TheServerMaySpeakFirstAndEndFirst) {
  std::atomic<std::size_t> got{0};
  Upstream greeter([&](Peer& peer) {
    peer.send("welcome");
    peer.endOutput();
    got = peer.all().size();
  });
  forward(greeter.address());
  Peer peer = client();
  EXPECT_EQ(peer.all(), "welcome");
  peer.send("bye");
  peer.endOutput();
  EXPECT_TRUE(eventually([&] { return got == 3; }));
}

TEST_F(Tcp, ASlowReaderLosesNothing) {
  const std::string large(20'000'000, 'y');
  Upstream source([&](Peer& peer) { peer.send(large); });
  forward(source.address());
  Peer peer = client();
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(peer.all().size(), large.size());
}

TEST_F(Tcp, APausedServiceHoldsConnectionsAndTheirBytes) {
  Upstream first([](Peer& peer) { peer.send("first " + peer.exactly(5)); });
  Upstream second([](Peer& peer) { peer.send("second " + peer.exactly(5)); });
  forward(first.address());
  table_.services[0].paused = true;
  applyWith({});
  // Workers take the table a moment later.
  std::this_thread::sleep_for(milliseconds(50));
  Peer peer = client();
  peer.send("hello");
  EXPECT_TRUE(eventually([&] { return edge_->state().paused == 1; }));
  EXPECT_EQ(first.connections, 0);
  table_.services[0].paused = false;
  table_.services[0].releases = {release("r2", {second.address()})};
  applyWith({});
  EXPECT_EQ(peer.exactly(12), "second hello");
}

TEST_F(Tcp, AnEstablishedConnectionIsHeldToo) {
  std::atomic<int> echoed{0};
  Upstream echo([&](Peer& peer) {
    for (std::string piece = peer.exactly(5); piece.size() == 5; piece = peer.exactly(5)) {
      ++echoed;
      peer.send(piece);
    }
  });
  forward(echo.address());
  Peer peer = client();
  peer.send("one  ");
  EXPECT_EQ(peer.exactly(5), "one  ");
  for (int round = 0; round < 5; ++round) {
    table_.services[0].paused = true;
    applyWith({});
    std::this_thread::sleep_for(milliseconds(50));
    const int before = echoed;
    peer.send("two  ");
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(echoed, before);
    table_.services[0].paused = false;
    applyWith({});
    EXPECT_EQ(peer.exactly(5), "two  ");
  }
  // Whoever paused it does not come back: what was held goes on after the time it was given.
  table_.services[0].paused = true;
  table_.services[0].pauseTimeout = milliseconds(100);
  applyWith({});
  std::this_thread::sleep_for(milliseconds(50));
  peer.send("three");
  EXPECT_EQ(peer.exactly(5), "three");
}

TEST_F(Tcp, ARefusingInstanceIsPassedBy) {
  std::vector<Listening> closed;
  const int port = listenFor("", closed);
  ::close(closed[0].descriptor);
  Upstream good([](Peer& peer) { peer.send("good"); });
  forward(good.address());
  table_.services[0].releases = {release("r1", {good.address(), "127.0.0.1:" + std::to_string(port)})};
  applyWith({});
  std::this_thread::sleep_for(milliseconds(50));
  for (int i = 0; i < 10; ++i) {
    Peer peer = client();
    EXPECT_EQ(peer.exactly(4), "good");
  }
}

TEST_F(Tcp, AResetGoesThrough) {
  Upstream app([](Peer& peer) {
    peer.exactly(1);
    peer.reset();
  });
  forward(app.address());
  Peer peer = client();
  peer.send("x");
  EXPECT_FALSE(peer.more());
  EXPECT_TRUE(peer.broken);
}

}  // namespace
}  // namespace orbit::edge
