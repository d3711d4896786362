// hold with real children and sockets. Waits are for events, with a generous end, never for a time.
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

#include "hold/hold.h"

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

}  // namespace
}  // namespace orbit::hold
