// The real loop: threads, signals, descriptors.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

TEST(RealLoop, PostFromThreadsWakesIt) {
  Loop loop;
  constexpr int kEach = 1000;
  int seen = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < kEach; ++k) {
        loop.post([&] {
          if (++seen == 4 * kEach) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(seen, 4 * kEach);
}

TEST(RealLoop, OffloadRunsOnOtherThreadsSideBySide) {
  Loop loop;
  auto body = [](Loop& owner) -> Task<int> {
    std::atomic<int> sum = 0;
    TaskGroup group(owner);
    auto one = [](Loop& inner, std::atomic<int>& total, int value) -> Task<void> {
      const auto self = std::this_thread::get_id();
      co_await inner.offload(
          [&total, value, self] { total += std::this_thread::get_id() == self ? 1'000'000 : value; });
    };
    for (int i = 1; i <= 50; ++i) group.add(one(owner, sum, i));
    co_await group.join();
    co_return sum.load();
  };
  EXPECT_EQ(loop.runTask(body(loop)), 50 * 51 / 2);
}

TEST(RealLoop, DestructionWaitsForWorkThatRuns) {
  std::atomic<bool> started = false;
  std::atomic<bool> release = false;
  bool done = false;
  std::thread opener;
  {
    Loop loop;
    auto body = [](Loop& owner, std::atomic<bool>& begun, std::atomic<bool>& go, bool& ended) -> Task<void> {
      const std::string local = "frame";
      co_await owner.offload([&] {
        begun = true;
        begun.notify_all();
        go.wait(false);
        ended = local == "frame";  // the frame is still there
      });
    };
    loop.spawn(body(loop, started, release, done));
    started.wait(false);
    opener = std::thread([&] {
      release = true;
      release.notify_all();
    });
  }
  EXPECT_TRUE(done);
  opener.join();
}

TEST(RealLoop, DestructionTakesQueuedWorkBack) {
  std::atomic<int> ran = 0;
  std::atomic<bool> release = false;
  std::thread opener;
  {
    Loop loop;
    auto body = [](Loop& owner, std::atomic<int>& count, std::atomic<bool>& go) -> Task<void> {
      co_await owner.offload([&] {
        ++count;
        go.wait(false);
      });
    };
    for (int i = 0; i < 20; ++i) loop.spawn(body(loop, ran, release));
    opener = std::thread([&] {
      release = true;
      release.notify_all();
    });
  }
  opener.join();
  EXPECT_LE(ran, 20);
}

TEST(RealLoop, SignalsReachItsCallbacks) {
  Loop loop;
  std::vector<int> seen;
  loop.onSignal(SIGUSR1, [&](int signal) {
    seen.push_back(signal);
    loop.stop();
  });
  ::raise(SIGUSR1);
  loop.run();
  EXPECT_EQ(seen, std::vector<int>{SIGUSR1});
}

TEST(RealLoop, ASignalTakenByAnotherThreadCountsToo) {
  Loop loop;
  loop.onSignal(SIGUSR2, [&](int) { loop.stop(); });
  std::thread thread([] { ::pthread_kill(::pthread_self(), SIGUSR2); });
  loop.run();
  thread.join();
}

TEST(RealLoop, RegularFilesAreAlwaysReadable) {
  Loop loop;
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const Wait wait{loop.clock().now() + 10s, nullptr};
  EXPECT_TRUE(loop.runTask(loop.readable(file, wait)).ok());
  ::close(file);
}

TEST(RealLoop, AReusedDescriptorNumberIsWatchedAnew) {
  Loop loop;
  for (int i = 0; i < 3; ++i) {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    const Wait brief{loop.clock().now() + 1ms, nullptr};
    EXPECT_EQ(loop.runTask(loop.readable(ends[0], brief)).error().code, Code::kTimeout);
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    const Wait wait{loop.clock().now() + 10s, nullptr};
    EXPECT_TRUE(loop.runTask(loop.readable(ends[0], wait)).ok());
    ::close(ends[0]);
    ::close(ends[1]);
  }
}

}  // namespace
}  // namespace orbit::net
