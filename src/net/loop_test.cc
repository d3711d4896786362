#include "net/loop.h"

#include <gtest/gtest.h>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

// Marks its destruction, to see that frames are freed.
struct Trace {
  explicit Trace(int* count) : alive(count) { ++*alive; }
  Trace(Trace&& other) noexcept : alive(std::exchange(other.alive, nullptr)) {}
  ~Trace() {
    if (alive != nullptr) --*alive;
  }
  int* alive;
};

Task<void> record(Loop& loop, Duration after, std::string name, std::vector<std::string>& out) {
  const Status slept = co_await loop.sleep(after);
  EXPECT_TRUE(slept.ok());
  out.push_back(std::move(name));
}

Task<Status> waitFor(Condition& condition, Wait wait) {
  co_return co_await condition.wait(wait);
}

Task<int> ready(int value) {
  co_return value;
}

Task<int> sumOfReady(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await ready(1);
  co_return sum;
}

Task<void> forever(Condition& never, Trace trace) {
  const Trace local = std::move(trace);
  const Status woken = co_await never.wait();
  EXPECT_TRUE(woken.ok());
}

TEST(Loop, SimulatedTimeJumpsToTheNextTimerInOrder) {
  FakeClock clock;
  Loop loop(clock);
  const Instant start = clock.now();
  std::vector<std::string> out;
  loop.spawn(record(loop, 3h, "late", out));
  loop.spawn(record(loop, 1s, "first", out));
  loop.spawn(record(loop, 1s, "second", out));
  loop.run();
  EXPECT_EQ(out, (std::vector<std::string>{"first", "second", "late"}));
  EXPECT_EQ(clock.now() - start, 3h);
}

TEST(Loop, HundredThousandTasksThatEndAtOnceDoNotGrowTheStack) {
  FakeClock clock;
  Loop loop(clock);
  EXPECT_EQ(loop.runTask(sumOfReady(100'000)), 100'000);
}

Task<int> sumAfterSleep(Loop& loop, int count) {
  const Status slept = co_await loop.sleep(1s);
  EXPECT_TRUE(slept.ok());
  co_return co_await sumOfReady(count);
}

TEST(Loop, NorWhenTheyRunAfterAResumption) {
  FakeClock clock;
  Loop loop(clock);
  EXPECT_EQ(loop.runTask(sumAfterSleep(loop, 100'000)), 100'000);
}

Task<void> sleepOften(Loop& loop, int count) {
  for (int i = 0; i < count; ++i) {
    const Status slept = co_await loop.sleep(Duration(0));
    EXPECT_TRUE(slept.ok());
  }
}

TEST(Loop, ManySleepsOfZeroYieldEachTime) {
  FakeClock clock;
  Loop loop(clock);
  std::vector<std::string> out;
  loop.spawn(record(loop, Duration(0), "other", out));
  loop.runTask(sleepOften(loop, 10'000));
  EXPECT_EQ(out.size(), 1U);
}

TEST(Loop, SleepEndsByDeadlineOrCancel) {
  FakeClock clock;
  Loop loop(clock);
  Cancel cancel;
  const Wait late{clock.now() + 1s, nullptr};
  EXPECT_EQ(loop.runTask(loop.sleep(2s, late)).error().code, Code::kTimeout);
  const Wait enough{clock.now() + 1s, nullptr};
  EXPECT_TRUE(loop.runTask(loop.sleep(1s, enough)).ok());
  loop.post([&] { cancel.request(); });
  const Wait wait{Instant::max(), &cancel};
  EXPECT_EQ(loop.runTask(loop.sleep(2s, wait)).error().code, Code::kCancelled);
  EXPECT_EQ(loop.runTask(loop.sleep(2s, wait)).error().code, Code::kCancelled);
}

TEST(Loop, DestroysSuspendedTasksAndWhatTheyAwait) {
  int alive = 0;
  FakeClock clock;
  {
    Loop loop(clock);
    Condition never(loop);
    auto outer = [](Loop& owner, Condition& condition, int* count) -> Task<void> {
      const Trace trace(count);
      TaskGroup group(owner);
      group.add(forever(condition, Trace(count)));
      group.add(forever(condition, Trace(count)));
      co_await forever(condition, Trace(count));
    };
    loop.spawn(outer(loop, never, &alive));
    loop.run();
    EXPECT_EQ(alive, 4);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Loop, ATaskNeverStartedIsFreed) {
  int alive = 0;
  FakeClock clock;
  Loop loop(clock);
  Condition never(loop);
  { const Task<void> task = forever(never, Trace(&alive)); }
  EXPECT_EQ(alive, 0);
}

TEST(Loop, PostedCallbacksRunInOrderAndMayPost) {
  FakeClock clock;
  Loop loop(clock);
  std::string order;
  loop.post([&] {
    order += "a";
    loop.post([&] { order += "c"; });
  });
  loop.post([&] { order += "b"; });
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, StopBeforeRunReturnsAtOnce) {
  FakeClock clock;
  Loop loop(clock);
  std::vector<std::string> out;
  loop.spawn(record(loop, 1s, "x", out));
  loop.stop();
  loop.run();
  EXPECT_TRUE(out.empty());
  loop.run();
  EXPECT_EQ(out.size(), 1U);
}

TEST(Loop, OffloadRunsAtOnceWhenSimulated) {
  FakeClock clock;
  Loop loop(clock);
  int value = 0;
  loop.runTask(loop.offload([&] { value = 7; }));
  EXPECT_EQ(value, 7);
}

TEST(TaskGroup, JoinWaitsForAll) {
  FakeClock clock;
  Loop loop(clock);
  std::vector<std::string> out;
  auto body = [](Loop& owner, std::vector<std::string>& names) -> Task<void> {
    TaskGroup group(owner);
    group.add(record(owner, 2s, "b", names));
    group.add(record(owner, 1s, "a", names));
    co_await group.join();
    EXPECT_EQ(group.running(), 0U);
    group.add(record(owner, 1s, "c", names));
    co_await group.join();
  };
  loop.runTask(body(loop, out));
  EXPECT_EQ(out, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(TaskGroup, DestructionEndsTheChildren) {
  int alive = 0;
  FakeClock clock;
  Loop loop(clock);
  Condition never(loop);
  {
    TaskGroup group(loop);
    group.add(forever(never, Trace(&alive)));
    EXPECT_EQ(alive, 1);
    never.notifyAll();  // ready to run, but destroyed first
  }
  EXPECT_EQ(alive, 0);
  loop.run();
}

TEST(TaskGroup, AFinishedChildGivesBackWhatItHeld) {
  int alive = 0;
  FakeClock clock;
  Loop loop(clock);
  Condition go(loop);
  TaskGroup group(loop);
  group.add(forever(go, Trace(&alive)));
  go.notifyAll();
  loop.run();
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(group.running(), 0U);
}

TEST(Condition, WakesThoseWhoWaitAndNotThoseWhoComeLater) {
  FakeClock clock;
  Loop loop(clock);
  Condition condition(loop);
  auto notify = [](Loop& owner, Condition& which) -> Task<void> {
    const Status slept = co_await owner.sleep(1s);
    EXPECT_TRUE(slept.ok());
    which.notifyAll();
  };
  loop.spawn(notify(loop, condition));
  EXPECT_TRUE(loop.runTask(condition.wait()).ok());
  const Wait wait{clock.now() + 5s, nullptr};
  EXPECT_EQ(loop.runTask(waitFor(condition, wait)).error().code, Code::kTimeout);
}

TEST(Condition, MayGoBeforeItsWaiters) {
  int alive = 0;
  FakeClock clock;
  Loop loop(clock);
  {
    Condition condition(loop);
    loop.spawn(forever(condition, Trace(&alive)));
  }
  loop.run();
  EXPECT_EQ(alive, 1);
}

TEST(Cancel, TravelsToChildrenOnce) {
  Cancel parent;
  Cancel child(&parent);
  int calls = 0;
  const Cancel::Registration one(&child, [&] { ++calls; });
  Cancel::Registration two(&child, [&] { calls += 10; });
  const Cancel::Registration moved = std::move(two);
  parent.request();
  parent.request();
  EXPECT_TRUE(child.requested());
  EXPECT_EQ(calls, 11);
  const Cancel late(&parent);
  EXPECT_TRUE(late.requested());
}

TEST(Cancel, MayGoBeforeItsRegistrations) {
  auto cancel = std::make_unique<Cancel>();
  int calls = 0;
  Cancel::Registration registration(cancel.get(), [&] { ++calls; });
  cancel.reset();
  registration.reset();
  EXPECT_EQ(calls, 0);
}

TEST(Cancel, ARegistrationMayEndAnotherFromItsCallback) {
  Cancel cancel;
  int calls = 0;
  Cancel::Registration second;
  const Cancel::Registration first(&cancel, [&] { second.reset(); });
  second = Cancel::Registration(&cancel, [&] { ++calls; });
  cancel.request();
  EXPECT_EQ(calls, 0);
}

TEST(Address, TextAndLimits) {
  EXPECT_EQ(Address::tcp("::1", 80).text(), "tcp://[::1]:80");
  EXPECT_EQ(Address::unixSocket("/run/x").text(), "unix:///run/x");
  const auto result = listenUnix("/tmp/" + std::string(120, 'x'), 0600);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace orbit::net
