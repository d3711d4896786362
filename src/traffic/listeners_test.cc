#include "traffic/listeners.h"

#include <gtest/gtest.h>

namespace orbit::traffic {
namespace {

// hold, with some addresses in other hands.
class FakeHold {
 public:
  net::Task<Result<std::string>> obey(std::string command) {
    journal.push_back(std::string(trim(command)));
    const auto words = split(trim(command), ' ');
    if (words[0] == "listen") co_return listen(std::string(words[1]), std::string(words[2]));
    if (words[0] == "release") {
      std::erase_if(kept, [&](const auto& row) { return row.first == words[1]; });
      co_return std::string("ok\n");
    }
    std::string text;
    for (const auto& [name, address] : kept) text += name + " " + address + "\n";
    co_return text + "ok\n";
  }
  std::string listen(const std::string& name, const std::string& address) {
    if (taken.contains(address))
      return "error cannot listen on " + address + " failed: another process listens there\n";
    if (refused.contains(address)) return "error cannot listen on " + address + ": Permission denied\n";
    if (!v6 && startsWith(address, "[")) return "error cannot listen on " + address + ": Cannot assign address\n";
    kept.emplace_back(name, address);
    return "ok\n";
  }

  std::vector<std::pair<std::string, std::string>> kept;
  std::set<std::string> taken, refused;
  bool v6 = true;
  std::vector<std::string> journal;
};

class ListenersTest : public testing::Test {
 protected:
  ListenersTest() {
    peers.hold = [this](std::string command, net::Wait) { return hold.obey(std::move(command)); };
  }
  std::vector<std::string> bound(ListenerSet::Want want = {}, PortPair earlier = {}) {
    ListenerSet set(loop, peers, earlier);
    const auto listeners = loop.runTask(set.bind(want, {}));
    std::vector<std::string> all;
    if (!listeners.ok()) return {listeners.error().message};
    for (const auto& one : *listeners) all.push_back(one.address);
    return all;
  }

  FakeClock clock;
  net::Loop loop{clock};
  FakeHold hold;
  Peers peers;
};

using Addresses = std::vector<std::string>;

TEST_F(ListenersTest, TheUsualPortsOfThisMachineOnly) {
  EXPECT_EQ(bound(), (Addresses{"127.0.0.1:80", "[::1]:80", "127.0.0.1:443", "[::1]:443"}));
}

TEST_F(ListenersTest, OthersWhenThoseAreTaken) {
  hold.taken = {"127.0.0.1:443"};
  EXPECT_EQ(bound(), (Addresses{"127.0.0.1:8080", "[::1]:8080", "127.0.0.1:8443", "[::1]:8443"}));
  EXPECT_EQ(hold.kept.size(), 4u) << "what was bound of the first pair is given back";
}

TEST_F(ListenersTest, WithoutPrivilege) {
  hold.refused = {"127.0.0.1:80", "[::1]:80"};
  hold.taken = {"[::1]:8080"};
  EXPECT_EQ(bound()[0], "127.0.0.1:8081") << "a stranger on ::1 would get the browser's visits";
}

TEST_F(ListenersTest, AMachineWithoutIpv6) {
  hold.v6 = false;
  EXPECT_EQ(bound(), (Addresses{"127.0.0.1:80", "127.0.0.1:443"}));
}

TEST_F(ListenersTest, TheEarlierChoiceStays) {
  EXPECT_EQ(bound({}, {8082, 8445})[0], "127.0.0.1:8082");
  EXPECT_EQ(parsePorts("8082 8445"), (PortPair{8082, 8445}));
  EXPECT_EQ(parsePorts("x"), PortPair{});
  EXPECT_EQ(portsText({80, 443}), "80 443");
}

TEST_F(ListenersTest, PortsOfContainersAreTheirs) {
  ListenerSet::Want want;
  want.avoid = {80, 8080};
  EXPECT_EQ(bound(want)[0], "127.0.0.1:8081");
}

TEST_F(ListenersTest, EverywhereOnceThereIsADomain) {
  ListenerSet::Want want;
  want.everywhere = true;
  EXPECT_EQ(bound(want), (Addresses{"0.0.0.0:80", "[::]:80", "0.0.0.0:443", "[::]:443"}));
  ListenerSet set(loop, peers, {});
  const auto kept = loop.runTask(set.kept({}));
  ASSERT_TRUE(kept.ok());
  const auto listeners = parseListeners(*kept);
  EXPECT_TRUE(set.suits(listeners, want));
  want.avoid = {443};
  EXPECT_FALSE(set.suits(listeners, want));
  EXPECT_FALSE(set.suits(listeners, {}));
}

TEST_F(ListenersTest, WhatTheEdgeJustGaveUpIsWaitedFor) {
  hold.taken = {"0.0.0.0:80"};
  ListenerSet::Want want;
  want.everywhere = true;
  want.justReleased = {80, 443};
  const std::function<net::Task<bool>()> waiting = [&]() -> net::Task<bool> {
    net::TaskGroup group(loop);
    const std::function<net::Task<void>()> closing = [&]() -> net::Task<void> {
      static_cast<void>(co_await loop.sleep(std::chrono::milliseconds(200)));
      hold.taken.clear();
    };
    group.add(closing());
    ListenerSet set(loop, peers, {80, 443});
    const auto listeners = co_await set.bind(want, {});
    co_await group.join();
    co_return listeners.ok() && portsOf(*listeners).http == 80;
  };
  EXPECT_TRUE(loop.runTask(waiting()));
}

TEST_F(ListenersTest, OthersOfHoldAreNotOurs) {
  hold.kept = {
      {"production.web", "10.0.0.1:80"}, {"https/::1:8443", "[::1]:8443"}, {"inside/10.0.0.130:80", "10.0.0.130:80"}};
  ListenerSet set(loop, peers, {});
  const auto kept = loop.runTask(set.kept({}));
  ASSERT_TRUE(kept.ok());
  const auto listeners = parseListeners(*kept);
  ASSERT_EQ(listeners.size(), 1u);
  EXPECT_TRUE(listeners.front().tls);
  EXPECT_EQ(parseOwnListeners(*kept), (std::map<std::string, std::string>{{"inside/10.0.0.130:80", "10.0.0.130:80"}}));
}

}  // namespace
}  // namespace orbit::traffic
