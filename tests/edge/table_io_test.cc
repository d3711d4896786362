// What a new table changes while requests are under way, and how an edge ends.
#include "edge_fixture.h"

namespace orbit::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Table = EdgeTest;

Upstream::Serve named(const std::string& name) {
  return answering([name](const std::string&, const std::string&) { return ok(name); });
}

TEST_F(Table, SwapsUnderLoadWithoutAFailure) {
  Upstream first(named("first"));
  Upstream second(named("second"));
  serve({first.address()});
  std::atomic<bool> stop{false};
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      Peer peer = client();
      while (!stop) {
        if (i % 2 == 0) {
          peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
        } else {
          peer.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc");
        }
        ++(readAnswer(peer).status == 200 ? good : bad);
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    table_.services[0].releases = {release("r" + std::to_string(i), {i % 2 == 0 ? second.address() : first.address()})};
    apply();
    std::this_thread::sleep_for(milliseconds(5));
  }
  stop = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(bad, 0);
  EXPECT_GT(good, 100);
}

TEST_F(Table, ARefusedTableChangesNothing) {
  Upstream app(named("app"));
  serve({app.address()});
  EXPECT_EQ(get().body, "app");
  model::RouteTable bad = table_;
  bad.services[0].releases[0].instances[0].address = "nowhere";
  EXPECT_FALSE(edge_->apply(std::make_shared<const model::RouteTable>(bad), {}).ok());
  EXPECT_EQ(get().body, "app");
}

TEST_F(Table, PausedRequestsWaitAndProceed) {
  Upstream before(named("before"));
  Upstream after(named("after"));
  serve({before.address()});
  EXPECT_EQ(get().body, "before");
  table_.services[0].paused = true;
  table_.services[0].pausePassPaths = {"/health"};
  apply();
  std::vector<Peer> waiting;
  for (int i = 0; i < 10; ++i) {
    waiting.push_back(client());
    waiting.back().send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc");
  }
  EXPECT_TRUE(eventually([&] { return edge_->state().paused == 10; }));
  EXPECT_EQ(get("/health").body, "before");
  waiting.back().close();
  EXPECT_TRUE(eventually([&] { return edge_->state().paused == 9; }));
  waiting.pop_back();
  table_.services[0].paused = false;
  table_.services[0].releases = {release("r2", {after.address()})};
  apply();
  for (Peer& peer : waiting) EXPECT_EQ(readAnswer(peer).body, "after");
  EXPECT_EQ(edge_->state().paused, 0U);
}

TEST_F(Table, APauseIsBoundedInTimeAndNumber) {
  workers_ = 1;
  SetUp();
  Upstream app(named("app"));
  serve({app.address()});
  table_.services[0].paused = true;
  table_.services[0].pauseTimeout = milliseconds(200);
  table_.services[0].pausedMax = 1;
  apply();
  Peer first = client();
  first.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return edge_->state().paused == 1; }));
  const Answer second = get();
  EXPECT_EQ(second.status, 503);
  EXPECT_NE(fieldOf(second.head, "Retry-After"), "");
  EXPECT_EQ(readAnswer(first).status, 503);
}

TEST_F(Table, DrainingFinishesWhatIsUnderWayAndSaysClose) {
  std::atomic<bool> go{false};
  Upstream app(answering([&](const std::string&, const std::string&) {
    while (!go) std::this_thread::yield();
    return ok("app");
  }));
  serve({app.address()});
  Peer busy = client();
  busy.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return app.connections == 1; }));
  std::thread later([&] {
    std::this_thread::sleep_for(milliseconds(100));
    go = true;
    const Answer answer = readAnswer(busy);
    EXPECT_EQ(answer.body, "app");
    EXPECT_EQ(fieldOf(answer.head, "Connection"), "close");
    busy.close();
  });
  drain(seconds(20));
  later.join();
  EXPECT_EQ(edge_->state().connections, 0U);
}

TEST_F(Table, ProbesWeighInstances) {
  std::atomic<int> status{200};
  std::atomic<int> probes{0};
  Upstream sick(answering([&](const std::string& head, const std::string&) {
    if (head.find("GET /ready") == std::string::npos) return ok("sick");
    ++probes;
    return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\n\r\n";
  }));
  Upstream well(answering([](const std::string&, const std::string&) { return ok("well"); }));
  table_.services = {service("app", {sick.address(), well.address()})};
  model::TableHealthCheck check;
  check.path = "/ready";
  check.interval = milliseconds(20);
  table_.services[0].health = {check};
  addRoute("app");
  apply();
  const auto unhealthy = [&] {
    std::size_t count = 0;
    for (const auto& instance : edge_->state().instances) count += instance.healthy ? 0 : 1;
    return count;
  };
  const auto wait = [](net::Loop& loop, std::function<bool()> holds) -> net::Task<bool> {
    for (int i = 0; i < 500; ++i) {
      if (holds()) co_return true;
      const Status slept = co_await loop.sleep(milliseconds(10));
      if (!slept.ok()) co_return false;
    }
    co_return false;
  };
  EXPECT_TRUE(loop_.runTask(wait(loop_, [&] { return probes >= 3 && unhealthy() == 0; })));
  status = 503;
  EXPECT_TRUE(loop_.runTask(wait(loop_, [&] { return unhealthy() == 1; })));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get().body, "well");
  status = 200;
  EXPECT_TRUE(loop_.runTask(wait(loop_, [&] { return unhealthy() == 0; })));
  EXPECT_EQ(edge_->state().requests, 20U);
}

std::string upgradeRequest() {
  return "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

TEST_F(Table, WebSocketsOfARemovedReleaseEndWith1001AtAFramesEnd) {
  std::atomic<int> step{0};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    peer.send(std::string("\x81\x05hel", 5));
    while (step < 1) std::this_thread::yield();
    peer.send(std::string("lo\x81\x01!", 5));
    peer.more();
  });
  Upstream other(named("other"));
  table_.services = {service("app", {app.address()})};
  table_.services[0].upgradeGrace = milliseconds(200);
  addRoute("app");
  apply();
  Peer peer = client();
  peer.send(upgradeRequest());
  EXPECT_EQ(readAnswer(peer).status, 101);
  table_.services[0].releases = {release("r2", {other.address()})};
  apply();
  EXPECT_EQ(get().body, "other");
  EXPECT_EQ(edge_->state().upgraded, 1U);  // no swap touches it
  std::this_thread::sleep_for(milliseconds(400));
  EXPECT_EQ(edge_->state().upgraded, 1U);
  step = 1;
  EXPECT_EQ(peer.all(), std::string("\x81\x05hello\x88\x02\x03\xe9", 11));
}

TEST_F(Table, WhatIsInFlightIsToldUntilItIsOver) {
  std::atomic<int> step{0};
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    while (step < 1) std::this_thread::yield();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    peer.more();
  });
  Upstream other(named("other"));
  table_.services = {service("app", {app.address()})};
  addRoute("app");
  apply();
  const auto busy = [&] {
    std::string text;
    for (const auto& instance : edge_->state().instances) {
      if (instance.active > 0) text += instance.release + (instance.leaving ? " leaving " : " ");
    }
    return text;
  };
  const std::string first = table_.services[0].releases[0].id + " ";
  Peer peer = client();
  peer.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return busy() == first; }));
  table_.services[0].releases = {release("r2", {other.address()})};
  apply();
  EXPECT_TRUE(eventually([&] { return edge_->applied(); }));
  EXPECT_EQ(busy(), first + "leaving ");
  EXPECT_EQ(get().body, "other");
  step = 1;
  EXPECT_EQ(readAnswer(peer).body, "hi");
  EXPECT_TRUE(eventually([&] { return busy().empty(); }));
}

TEST_F(Table, AGraceThatIsOverEndsWebSocketsProperly) {
  Upstream app([&](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    peer.send(std::string("\x81\x02hi", 4));
    peer.more();
  });
  Upstream other(named("other"));
  table_.services = {service("app", {app.address()})};
  table_.services[0].upgradeGrace = milliseconds(100);
  addRoute("app");
  apply();
  Peer peer = client();
  peer.send(upgradeRequest());
  EXPECT_EQ(readAnswer(peer).status, 101);
  table_.services[0].releases = {release("r2", {other.address()})};
  apply();
  EXPECT_EQ(peer.all(), std::string("\x81\x02hi\x88\x02\x03\xe9", 8));
  EXPECT_TRUE(peer.ended);
}

}  // namespace
}  // namespace orbit::edge
