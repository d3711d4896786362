// What an environment serves, with a real hold and edge: shares that move under load, what is in flight, an edge that
// is killed, and (as root) a virtual address on a bridge.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "edge/edge_fixture.h"
#include "engine/fake.h"
#include "hold/hold.h"
#include "traffic/traffic.h"

namespace orbit::traffic {
namespace {

using namespace std::chrono_literals;
using edge::Peer;
using edge::Upstream;

constexpr int kMoves = 100;

// Answers each request with its name.
Upstream::Serve named(std::string name, std::atomic<int>* holding = nullptr) {
  return [name, holding](Peer& peer) {
    for (;;) {
      const std::string head = peer.until("\r\n\r\n");
      if (head.empty()) return;
      while (holding != nullptr && head.find(" /slow ") != std::string::npos && holding->load() == 1) {
        std::this_thread::yield();
      }
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(name.size()) + "\r\n\r\n" + name);
    }
  };
}

std::string get(int port, const std::string& path = "/", const std::string& host = "127.0.0.1") {
  Peer peer = Peer::to(port);
  peer.send("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  const edge::Answer answer = edge::readAnswer(peer);
  return answer.status == 200 ? answer.body : "status " + std::to_string(answer.status);
}

class ServeIo : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orbit-serve-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    ::setenv("ORBIT_HOME", name, 1);
    for (const char* part : {"/run/edge", "/edge"}) std::filesystem::create_directories(folder + part);
    Options options;
    options.holdSocket = folder + "/run/hold.sock";
    options.edgeSocket = folder + "/run/edge.sock";
    hold::Options holding;
    holding.lockFile = folder + "/run/hold.lock";
    holding.controlPath = options.holdSocket;
    holding.logFile = folder + "/log";
    holding.listeners = {{"edge", options.edgeSocket}};
    holding.children.push_back({.name = "edge", .arguments = {EDGE}, .listeners = {"edge"}, .overlaps = true});
    holdPid = ::fork();
    if (holdPid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::_exit(hold::run(holding));
    }
    options.pinKey = std::string(32, 'k');
    options.rememberPorts = [](std::string) {};
    for (int i = 0; i < 500 && !std::filesystem::exists(options.edgeSocket); ++i) pass(20ms);
    traffic = Traffic::create(loop, *engine, std::move(options));
    loop.spawn(traffic->run(cancel));
  }
  void TearDown() override {
    cancel.request();
    pass(20ms);
    traffic.reset();
    ::kill(holdPid, SIGTERM);
    ::waitpid(holdPid, nullptr, 0);
    if (::testing::Test::HasFailure()) {
      std::ifstream log(folder + "/log");
      std::fputs(std::string(std::istreambuf_iterator<char>(log), {}).c_str(), stderr);
    }
    std::filesystem::remove_all(folder);
  }

  void pass(Duration span) { EXPECT_TRUE(loop.runTask(loop.sleep(span)).ok()); }
  Status serve(model::LiveEnvironment environment, Duration most = 10s) {
    const net::Wait wait{loop.clock().now() + most, nullptr};
    return loop.runTask(traffic->serve(std::move(environment), wait));
  }
  Status drained(const std::string& release, Duration most) {
    const net::Wait wait{loop.clock().now() + most, nullptr};
    return loop.runTask(traffic->drained("shop", "production", "web", release, wait));
  }
  // Where the edge listens for the world, by http.
  int httpPort() {
    const std::string url = traffic->url("shop", "production", "web");  // "https://web.….localhost:8443"
    const auto colon = url.rfind(':');
    if (colon < 8) return 80;
    return std::stoi(url.substr(colon + 1)) - 363;
  }

  model::LiveRelease release(const std::string& id, const Upstream& upstream, unsigned weight, bool draining = false) {
    return {id, weight, false, draining, upstream.port(), {{"web." + id + ".1", "127.0.0.1"}}};
  }
  static model::LiveEnvironment environment(std::vector<model::LiveRelease> releases) {
    model::LiveService web;
    web.name = "web";
    web.routed = true;
    web.releases = std::move(releases);
    return {"shop", "production", "", "", {web}};
  }

  std::string folder;
  pid_t holdPid = 0;
  net::Loop loop;
  net::Cancel cancel;
  std::unique_ptr<engine::FakeEngine> engine = engine::FakeEngine::create(loop, 1);
  std::unique_ptr<Traffic> traffic;
  const std::string host = "web.production.shop.localhost";
};

TEST_F(ServeIo, AMoveIsEffectiveForTheNextRequestAndLosesNone) {
  Upstream first(named("r1")), second(named("r2"));
  ASSERT_TRUE(serve(environment({release("r1", first, 100)})).ok());
  const int port = httpPort();
  ASSERT_EQ(get(port, "/", host), "r1");
  std::atomic<bool> stop{false};
  std::atomic<int> requests{0}, failed{0};
  std::vector<std::thread> visitors;
  for (int i = 0; i < 3; ++i) {
    visitors.emplace_back([&, fresh = i == 0] {
      Peer peer = Peer::to(port);
      while (!stop) {
        if (fresh) peer = Peer::to(port);
        peer.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        const edge::Answer answer = edge::readAnswer(peer);
        ++requests;
        if (answer.status != 200) ++failed;
      }
    });
  }
  std::vector<double> times;
  for (int i = 0; i < kMoves; ++i) {
    const bool back = i % 2 == 1;
    const Instant began = loop.clock().now();
    ASSERT_TRUE(serve(environment({release("r1", first, back ? 100 : 0), release("r2", second, back ? 0 : 100)})).ok());
    times.push_back(std::chrono::duration<double, std::milli>(loop.clock().now() - began).count());
    EXPECT_EQ(get(port, "/", host), back ? "r1" : "r2") << "move " << i;
  }
  stop = true;
  for (auto& one : visitors) one.join();
  std::sort(times.begin(), times.end());
  std::printf("%d moves under load: median %.1f ms, most %.1f ms; %d requests, %d failed\n", kMoves,
              times[times.size() / 2], times.back(), requests.load(), failed.load());
  EXPECT_EQ(failed, 0);
}

TEST_F(ServeIo, WhatIsInFlightIsWaitedFor) {
  std::atomic<int> holding{1};
  Upstream first(named("r1", &holding)), second(named("r2"));
  ASSERT_TRUE(serve(environment({release("r1", first, 100)})).ok());
  const int port = httpPort();
  Peer slow = Peer::to(port);
  slow.send("GET /slow HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  pass(100ms);
  ASSERT_TRUE(serve(environment({release("r1", first, 0, true), release("r2", second, 100)})).ok());
  EXPECT_EQ(drained("r1", 300ms).error().code, Code::kTimeout);
  ASSERT_TRUE(serve(environment({release("r2", second, 100)})).ok());
  EXPECT_EQ(drained("r1", 300ms).error().code, Code::kTimeout) << "in no table any more, and still busy";
  holding = 0;
  EXPECT_TRUE(drained("r1", 5s).ok());
  EXPECT_EQ(edge::readAnswer(slow).body, "r1");
}

TEST_F(ServeIo, ABrowserIsLetToOneRelease) {
  Upstream first(named("r1")), second(named("r2"));
  ASSERT_TRUE(serve(environment({release("r1", first, 100), release("r2", second, 0)})).ok());
  const int port = httpPort();
  const std::string url = traffic->openUrl("shop", "production", "web", "r2");
  const auto path = url.find("/.well-known/");
  ASSERT_NE(path, std::string::npos) << url;
  Peer peer = Peer::to(port);
  peer.send("GET " + url.substr(path) + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  const edge::Answer answer = edge::readAnswer(peer);
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(edge::fieldOf(answer.head, "Location"), "/");
  const std::string cookie = edge::fieldOf(answer.head, "Set-Cookie");
  for (int i = 0; i < 5; ++i) {
    peer.send("GET / HTTP/1.1\r\nHost: " + host + "\r\nCookie: " + cookie.substr(0, cookie.find(';')) + "\r\n\r\n");
    EXPECT_EQ(edge::readAnswer(peer).body, "r2");
    EXPECT_EQ(get(port, "/", host), "r1");
  }
  EXPECT_EQ(get(port, "/.well-known/orbit/open/nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn", host), "status 404");
}

TEST_F(ServeIo, AKilledEdgeServesTheSameAndTakesTheNext) {
  Upstream first(named("r1")), second(named("r2"));
  ASSERT_TRUE(serve(environment({release("r1", first, 100)})).ok());
  const int port = httpPort();
  for (int i = 0; i < 3; ++i) {
    std::FILE* pipe = ::popen(("pgrep -P " + std::to_string(holdPid)).c_str(), "r");
    int edgePid = 0;
    ASSERT_EQ(std::fscanf(pipe, "%d", &edgePid), 1);
    ::pclose(pipe);
    ASSERT_EQ(::kill(edgePid, SIGKILL), 0);
    EXPECT_EQ(get(port, "/", host), i % 2 == 0 ? "r1" : "r2");
    ASSERT_TRUE(serve(environment({release(i % 2 == 0 ? "r2" : "r1", i % 2 == 0 ? second : first, 100)})).ok());
    EXPECT_EQ(get(port, "/", host), i % 2 == 0 ? "r2" : "r1");
  }
}

TEST_F(ServeIo, AVirtualAddressOnABridgeThatComesLate) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string bridge = "orb" + std::to_string(::getpid() % 100'000) + "t";
  Upstream first(named("r1"));
  auto inside = environment({release("r1", first, 100)});
  inside.bridge = bridge;
  inside.services[0].virtualAddress = "10.213.251.130";
  EXPECT_TRUE(traffic->virtualAddresses());
  ASSERT_TRUE(serve(inside).ok());
  ASSERT_EQ(std::system(("ip link add " + bridge + " type bridge && ip link set " + bridge + " up").c_str()), 0);
  const auto answers = [&] {
    return std::system(("curl -fsS -m 2 http://10.213.251.130:" + std::to_string(first.port()) + "/ >/dev/null 2>&1")
                           .c_str()) == 0;
  };
  bool reached = false;
  for (int i = 0; i < 50 && !reached; ++i) {
    pass(100ms);
    reached = answers();
  }
  EXPECT_TRUE(reached);
  ASSERT_TRUE(serve({"shop", "production", "", "", {}}).ok());
  const std::string shown = "ip address show dev " + bridge + " | grep -q 10.213.251.130";
  EXPECT_NE(std::system(shown.c_str()), 0) << "an address that nobody has is removed";
  EXPECT_EQ(std::system(("ip link del " + bridge).c_str()), 0);
}

}  // namespace
}  // namespace orbit::traffic
