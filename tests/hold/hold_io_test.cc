// hold with real children and sockets. Waits are for events, with a generous end, never for a time.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "hold/hold.h"
#include "net/net.h"

namespace orbit::hold {
namespace {

constexpr int kPatienceMs = 20'000;

int dial(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

std::string readToEnd(int descriptor) {
  std::string all;
  char buffer[256];
  pollfd watched{descriptor, POLLIN, 0};
  while (::poll(&watched, 1, kPatienceMs) == 1) {
    const ssize_t count = ::read(descriptor, buffer, sizeof buffer);
    if (count <= 0) break;
    all.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(descriptor);
  return all;
}

template <class Condition>
bool eventually(Condition condition) {
  for (int waitedMs = 0; waitedMs < kPatienceMs; waitedMs += 5) {
    if (condition()) return true;
    ::poll(nullptr, 0, 5);
  }
  return false;
}

class HoldIo : public testing::Test {
 protected:
  HoldIo() {
    folder_ = "/tmp/orbit-hold-XXXXXX";
    ORBIT_CHECK(mkdtemp(folder_.data()) != nullptr);
    options_.lockFile = folder_ + "/lock";
    options_.controlPath = folder_ + "/hold.sock";
    options_.logFile = folder_ + "/log";
    options_.listeners = {{"api", folder_ + "/api.sock"}};
    options_.children = {{"daemon", {CHILD}, {"api"}}};
  }
  ~HoldIo() override {
    if (hold_ > 0) {
      ::kill(hold_, SIGKILL);
      ::waitpid(hold_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  int start() {
    const int pid = ::fork();
    if (pid == 0) ::_exit(run(options_));
    return pid;
  }
  void startHold() {
    hold_ = start();
    ASSERT_TRUE(eventually([&] { return tell("status").find("daemon ") == 0; }));
  }
  std::string tell(const std::string& command) {
    const int descriptor = dial(options_.controlPath);
    if (descriptor < 0) return "";
    const std::string line = command + "\n";
    [[maybe_unused]] const auto sent = ::send(descriptor, line.data(), line.size(), MSG_NOSIGNAL);
    return readToEnd(descriptor);
  }
  // The child's process id, as it says itself over the listener.
  int ask() {
    const int descriptor = dial(options_.listeners[0].path);
    return descriptor < 0 ? 0 : std::atoi(readToEnd(descriptor).c_str());
  }
  int awaitHold() {
    int status = 0;
    ::waitpid(std::exchange(hold_, 0), &status, 0);
    return status;
  }

  std::string folder_;
  Options options_;
  int hold_ = 0;
};

TEST_F(HoldIo, HandsTheListenerOverByNameAndMode) {
  startHold();
  const std::string answer = readToEnd(dial(options_.listeners[0].path));
  EXPECT_NE(answer.find(" api\n"), std::string::npos) << answer;
  struct stat info {};
  ASSERT_EQ(::stat(options_.listeners[0].path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(HoldIo, AKilledChildIsStartedAgainAndRefusesNobody) {
  startHold();
  int before = ask();
  for (int i = 0; i < 3; ++i) {
    ::kill(before, SIGKILL);
    // At once, without waiting for the new one: the connection waits in the queue.
    const int descriptor = dial(options_.listeners[0].path);
    ASSERT_GE(descriptor, 0);
    readToEnd(descriptor);
    ASSERT_TRUE(eventually([&] {
      const int now = ask();
      return now != 0 && now != before;
    }));
    before = ask();
  }
}

TEST_F(HoldIo, StopAnswersWhenTheNextMayStart) {
  startHold();
  const int child = ask();
  EXPECT_EQ(tell("stop"), "ok\n");
  EXPECT_NE(::kill(child, 0), 0);
  EXPECT_FALSE(std::filesystem::exists(options_.controlPath));
  EXPECT_FALSE(std::filesystem::exists(options_.listeners[0].path));
  EXPECT_EQ(awaitHold(), 0);
  startHold();
  EXPECT_GT(ask(), 0);
}

TEST_F(HoldIo, SigtermStopsIt) {
  startHold();
  ask();
  ::kill(hold_, SIGTERM);
  EXPECT_EQ(awaitHold(), 0);
}

TEST_F(HoldIo, AChildThatIgnoresSigtermIsKilled) {
  options_.children[0].arguments.emplace_back("deaf");
  startHold();
  const int child = ask();
  EXPECT_EQ(tell("stop"), "ok\n");
  EXPECT_NE(::kill(child, 0), 0);
}

TEST_F(HoldIo, RestartReplacesTheChild) {
  startHold();
  const int child = ask();
  EXPECT_EQ(tell("restart daemon"), "ok\n");
  EXPECT_TRUE(eventually([&] {
    const int now = ask();
    return now != 0 && now != child;
  }));
  EXPECT_EQ(tell("restart nobody").find("error "), 0U);
  EXPECT_EQ(tell("dance").find("error "), 0U);
}

TEST_F(HoldIo, ASecondHoldEndsAtOnce) {
  startHold();
  const int second = start();
  int status = 0;
  ASSERT_EQ(::waitpid(second, &status, 0), second);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_GT(ask(), 0);
}

TEST_F(HoldIo, AfterKillNineTheChildIsGoneAndANewHoldWorks) {
  for (int i = 0; i < 5; ++i) {
    startHold();
    const int child = ask();
    ASSERT_GT(child, 0);
    ::kill(hold_, SIGKILL);
    awaitHold();
    startHold();
    ASSERT_TRUE(eventually([&] {
      const int now = ask();
      return now != 0 && now != child;
    }));
    ASSERT_EQ(tell("stop"), "ok\n");
    awaitHold();
  }
}

TEST_F(HoldIo, AChildThatKeepsEndingIsTriedAgainMoreSlowly) {
  options_.children[0].arguments.emplace_back("quit");
  startHold();
  EXPECT_TRUE(eventually([&] { return tell("status").find("waiting 0 starts 4") != std::string::npos; }));
}

TEST_F(HoldIo, TheLogIsRotatedOnce) {
  options_.children[0].arguments.emplace_back("flood");
  startHold();
  EXPECT_GT(ask(), 0);  // answers after its flood was taken
  EXPECT_EQ(tell("stop"), "ok\n");
  EXPECT_LE(std::filesystem::file_size(options_.logFile), 16U * 1024 * 1024);
  EXPECT_LE(std::filesystem::file_size(options_.logFile + ".1"), 16U * 1024 * 1024 + 4096);
  EXPECT_FALSE(std::filesystem::exists(options_.logFile + ".2"));
}

// Descriptors and text of an answer to `take`.
struct Taken {
  std::string text;
  std::vector<int> descriptors;
};

Taken take(const std::string& path) {
  Taken taken;
  const int descriptor = dial(path);
  [[maybe_unused]] const auto sent = ::send(descriptor, "take\n", 5, MSG_NOSIGNAL);
  for (;;) {
    char text[4096];
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int) * 253)];
    iovec piece{text, sizeof text};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    const ssize_t count = ::recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC);
    if (count <= 0) break;
    taken.text.append(text, static_cast<std::size_t>(count));
    for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
      const auto bytes = each->cmsg_len - CMSG_LEN(0);
      const auto* numbers = reinterpret_cast<const int*>(CMSG_DATA(each));
      taken.descriptors.insert(taken.descriptors.end(), numbers, numbers + bytes / sizeof(int));
    }
  }
  ::close(descriptor);
  return taken;
}

int portOf(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool connects(int port) {
  const net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

TEST_F(HoldIo, KeepsTcpListenersAndHandsThemOver) {
  startHold();
  EXPECT_EQ(tell("listeners"), "ok\n");
  EXPECT_EQ(tell("listen http 127.0.0.1:0"), "ok\n");
  EXPECT_EQ(tell("listen http 127.0.0.1:0"), "ok\n");
  EXPECT_EQ(tell("listen http 127.0.0.2:0").find("error "), 0U);
  EXPECT_EQ(tell("listen [::1]:0 [::1]:0"), "ok\n");
  EXPECT_EQ(tell("listen later 10.211.7.9:4711 freebind"), "ok\n");
  EXPECT_EQ(tell("listeners"), "http 127.0.0.1:0\n[::1]:0 [::1]:0\nlater 10.211.7.9:4711\nok\n");
  Taken taken = take(options_.controlPath);
  EXPECT_EQ(taken.text, tell("listeners"));
  ASSERT_EQ(taken.descriptors.size(), 3U);
  const int port = portOf(taken.descriptors[0]);
  for (const int each : taken.descriptors) ::close(each);
  EXPECT_TRUE(connects(port));
  EXPECT_EQ(tell("release http"), "ok\n");
  EXPECT_FALSE(connects(port));
  EXPECT_EQ(tell("release http").find("error "), 0U);
}

TEST_F(HoldIo, HandsOverMoreListenersThanOneMessageTakes) {
  startHold();
  for (int i = 0; i < 230; ++i) ASSERT_EQ(tell("listen l" + std::to_string(i) + " 127.0.0.1:0"), "ok\n");
  Taken taken = take(options_.controlPath);
  EXPECT_EQ(taken.descriptors.size(), 230U);
  std::set<int> ports;
  for (const int each : taken.descriptors) ports.insert(portOf(each));
  EXPECT_EQ(ports.size(), 230U);
  EXPECT_EQ(taken.text, tell("listeners"));
  for (const int each : taken.descriptors) ::close(each);
}

// A virtual address beside all addresses, and the other way round; never beside somebody else.
TEST_F(HoldIo, ListensOnOneAddressBesideAllAtTheSamePort) {
  startHold();
  auto free = net::listenTcp("127.0.0.1:0");
  ASSERT_TRUE(free.ok());
  const std::string port = std::to_string(portOf(free->get()));
  free->reset();
  EXPECT_EQ(tell("listen all 0.0.0.0:" + port), "ok\n");
  EXPECT_EQ(tell("listen one 127.0.0.5:" + port + " freebind"), "ok\n");
  EXPECT_EQ(tell("listen two 127.0.0.6:" + port), "ok\n");
  EXPECT_EQ(tell("release all"), "ok\n");
  EXPECT_EQ(tell("listen all 0.0.0.0:" + port), "ok\n");
  EXPECT_FALSE(net::listenTcp("0.0.0.0:" + port).ok()) << "nobody else comes in";
  EXPECT_EQ(tell("release all"), "ok\n");
  EXPECT_EQ(tell("release two"), "ok\n");
  const auto other = net::listenTcp("127.0.0.7:" + port);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(tell("listen all 0.0.0.0:" + port).find("another process listens"), std::string::npos);
}

TEST_F(HoldIo, RefusesWhatItShouldNotDo) {
  startHold();
  for (const char* command : {"listen",
                              "listen a",
                              "listen a b c d",
                              "listen a localhost:80",
                              "listen a 127.0.0.1:99999",
                              "listen a :80",
                              "listen a 127.0.0.1:0 now",
                              "listen a\tb 127.0.0.1:0",
                              "release",
                              "address add 10.1.0.130/32",
                              "address add 10.1.0.130/24 dev lo",
                              "address add 8.8.8.8/32 dev lo",
                              "address add x/32 dev lo",
                              "address add 10.1.0.130/32 dev no-such-nic",
                              "address keep 10.1.0.130/32 dev lo",
                              "ready",
                              "",
                              " ",
                              "replace",
                              "replace daemon",
                              "replace nobody"}) {
    EXPECT_EQ(tell(command).find("error "), 0U) << command;
  }
}

TEST_F(HoldIo, PutsAnAddressOnAnInterfaceAndTakesItAway) {
  startHold();
  const std::string add = "address add 10.211.7.10/32 dev lo";
  if (::geteuid() != 0) {
    EXPECT_EQ(tell(add).find("error "), 0U);
    return;
  }
  const std::string added = tell(add);
  if (added.find("refuses") != std::string::npos) GTEST_SKIP() << added;  // root without the capability
  EXPECT_EQ(added, "ok\n");
  EXPECT_EQ(tell(add), "ok\n");
  EXPECT_EQ(tell("listen virtual 10.211.7.10:0"), "ok\n");
  EXPECT_EQ(tell("address remove 10.211.7.10/32 dev lo"), "ok\n");
  EXPECT_EQ(tell("address remove 10.211.7.10/32 dev lo"), "ok\n");
  EXPECT_EQ(tell("listen gone 10.211.7.10:0").find("error "), 0U);
}

class HoldGenerations : public HoldIo {
 protected:
  HoldGenerations() {
    word_ = folder_ + "/word";
    say("ready");
    options_.listeners.push_back({"edge", folder_ + "/edge.sock"});
    options_.children.push_back({.name = "edge",
                                 .arguments = {CHILD, "edge", word_},
                                 .listeners = {"edge"},
                                 .overlaps = true,
                                 .user = "nobody-of-that-name"});
  }
  void say(const std::string& word) { std::ofstream(word_) << word << "\n"; }
  // The process id in the status line that begins so.
  int pidOf(const std::string& what) {
    const std::string text = tell("status");
    const auto at = text.find(what);
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + what.size());
  }
  bool edgeReady() { return tell("status").find(" ready\n") != std::string::npos; }

  std::string word_;
};

TEST_F(HoldGenerations, ReplaceStartsTheNextAndDrainsTheOld) {
  startHold();
  ASSERT_TRUE(eventually([&] { return edgeReady(); }));
  for (int i = 0; i < 3; ++i) {
    const int before = pidOf("edge running ");
    EXPECT_EQ(tell("replace edge").find("ok generation "), 0U);
    const int now = pidOf("edge running ");
    EXPECT_NE(now, before);
    EXPECT_TRUE(edgeReady());
    // The child ends at SIGTERM; hold forgets it.
    EXPECT_TRUE(eventually([&] { return pidOf("edge draining ") == 0; }));
    EXPECT_NE(::kill(before, 0), 0);
  }
}

TEST_F(HoldGenerations, ASuccessorThatDiesChangesNothing) {
  startHold();
  ASSERT_TRUE(eventually([&] { return edgeReady(); }));
  const int before = pidOf("edge running ");
  say("quit");
  EXPECT_EQ(tell("replace edge").find("error the new edge ended with status 3"), 0U);
  EXPECT_EQ(pidOf("edge running "), before);
  EXPECT_EQ(pidOf("edge starting "), 0);
}

TEST_F(HoldGenerations, ASuccessorThatIsNotReadyInTimeIsKilled) {
  options_.children[1].readyTime = std::chrono::milliseconds(300);
  startHold();
  ASSERT_TRUE(eventually([&] { return edgeReady(); }));
  const int before = pidOf("edge running ");
  say("status");  // never ready
  EXPECT_EQ(tell("replace edge").find("error the new edge was killed by signal 9 before it was ready"), 0U);
  EXPECT_EQ(pidOf("edge running "), before);
  // Nor does one that is started alone hang for ever.
  ::kill(before, SIGKILL);
  ASSERT_TRUE(eventually([&] { return pidOf("edge running ") != before && !edgeReady(); }));
  say("ready");
  EXPECT_TRUE(eventually([&] { return edgeReady(); }));
}

TEST_F(HoldGenerations, ASuccessorIsPromotedWhenTheOldDies) {
  startHold();
  ASSERT_TRUE(eventually([&] { return edgeReady(); }));
  say("status");  // never ready
  const int waiting = dial(options_.controlPath);
  [[maybe_unused]] const auto sent = ::send(waiting, "replace edge\n", 13, MSG_NOSIGNAL);
  int next = 0;
  ASSERT_TRUE(eventually([&] { return (next = pidOf("edge starting ")) != 0; }));
  EXPECT_EQ(tell("replace edge").find("error a replacement of edge is under way"), 0U);
  ::kill(pidOf("edge running "), SIGKILL);
  EXPECT_TRUE(eventually([&] { return pidOf("edge running ") == next; }));
  say("ready");
  ::kill(next, SIGKILL);
  EXPECT_EQ(readToEnd(waiting).find("error the new edge was killed"), 0U);
  EXPECT_TRUE(eventually([&] { return edgeReady(); }));
}

TEST_F(HoldGenerations, StopAnswersWhoWaitsAndEndsAllGenerations) {
  startHold();
  ASSERT_TRUE(eventually([&] { return edgeReady(); }));
  say("status");
  const int waiting = dial(options_.controlPath);
  [[maybe_unused]] const auto sent = ::send(waiting, "replace edge\n", 13, MSG_NOSIGNAL);
  int next = 0;
  ASSERT_TRUE(eventually([&] { return (next = pidOf("edge starting ")) != 0; }));
  const int old = pidOf("edge running ");
  EXPECT_EQ(tell("stop"), "ok\n");
  EXPECT_EQ(readToEnd(waiting), "error stopping\n");
  EXPECT_NE(::kill(next, 0), 0);
  EXPECT_NE(::kill(old, 0), 0);
}

}  // namespace
}  // namespace orbit::hold
