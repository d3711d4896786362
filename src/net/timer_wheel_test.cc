#include "net/timer_wheel.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"

namespace orbit::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Recorder : Timer {
  std::function<void()> then;
  int fired = 0;
  void onTimer() override {
    ++fired;
    if (then) then();
  }
};

const Instant kStart{seconds(1000)};

TEST(TimerWheel, FiresWithinATickAndNeverEarly) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    TimerWheel wheel(kStart);
    Recorder timer;
    const Instant due = kStart + milliseconds(random.below(60'000)) + Duration(random.below(1'000'000));
    wheel.arm(timer, due);
    Instant now = kStart;
    while (timer.fired == 0) {
      ASSERT_LE(now, due + milliseconds(32));
      const Instant next = wheel.next();
      ASSERT_GT(next, now);
      now = next;
      wheel.advance(now);
      if (timer.fired == 1) {
        EXPECT_GE(now, due);
        EXPECT_LE(now, due + milliseconds(32));
      }
    }
    EXPECT_EQ(wheel.next(), Instant::max());
  }
}

TEST(TimerWheel, MovedLaterFiresOnlyThen) {
  TimerWheel wheel(kStart);
  Recorder timer;
  wheel.arm(timer, kStart + seconds(1));
  wheel.arm(timer, kStart + seconds(3));
  wheel.advance(kStart + seconds(2));
  EXPECT_EQ(timer.fired, 0);
  EXPECT_TRUE(timer.armed());
  wheel.advance(kStart + milliseconds(3040));
  EXPECT_EQ(timer.fired, 1);
  EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, MovedEarlierFiresEarlier) {
  TimerWheel wheel(kStart);
  Recorder timer;
  wheel.arm(timer, kStart + seconds(30));
  wheel.arm(timer, kStart + seconds(1));
  wheel.advance(kStart + milliseconds(1040));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, AFiringTimerMayArmCancelAndDestroyOthersOfItsSlot) {
  TimerWheel wheel(kStart);
  Recorder first, second;
  auto third = std::make_unique<Recorder>();
  const Instant due = kStart + milliseconds(100);
  const auto others = [&] {
    first.cancel();
    second.cancel();
    third.reset();
  };
  first.then = others;
  second.then = others;
  third->then = [&] {
    first.cancel();
    second.cancel();
    wheel.arm(*third, due + seconds(20));
  };
  wheel.arm(first, due);
  wheel.arm(second, due);
  wheel.arm(*third, due);
  wheel.advance(kStart + seconds(1));
  EXPECT_LE(first.fired + second.fired + (third ? third->fired : 0), 1);
}

TEST(TimerWheel, RearmedWhileFiringFiresAgainLater) {
  TimerWheel wheel(kStart);
  Recorder timer;
  timer.then = [&] {
    if (timer.fired < 3) wheel.arm(timer, kStart + seconds(timer.fired * 20));
  };
  wheel.arm(timer, kStart + milliseconds(1));
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(timer.fired, 1);
  wheel.advance(kStart + seconds(21));
  EXPECT_EQ(timer.fired, 2);
  wheel.advance(kStart + seconds(100));
  EXPECT_EQ(timer.fired, 3);
}

TEST(TimerWheel, DueInThePastFiresAtTheNextLook) {
  TimerWheel wheel(kStart);
  Recorder timer;
  wheel.arm(timer, kStart - seconds(5));
  wheel.advance(kStart + milliseconds(64));
  EXPECT_EQ(timer.fired, 1);
}

TEST(TimerWheel, DestroyedTimersLeaveNoTrace) {
  TimerWheel wheel(kStart);
  {
    Recorder timer;
    wheel.arm(timer, kStart + seconds(1));
  }
  EXPECT_EQ(wheel.next(), Instant::max());
  wheel.advance(kStart + seconds(2));
}

}  // namespace
}  // namespace orbit::net
