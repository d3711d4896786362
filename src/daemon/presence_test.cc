// Restarts of the daemon, of Orbit and of the machine; and clocks that are set meanwhile.
#include "daemon/presence.h"

#include <gtest/gtest.h>

namespace orbit::daemon {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;

// A machine with a hold on it, and what both leave on disk.
struct World {
  Presence::Now now{"first", 5 * kHour, 5 * kHour, 1'800'000'000 * kSecond};
  series::Recorder::Before before;
  std::string kept;
  std::optional<Presence> presence;

  World() {
    start();
    pass(kHour);
  }
  void start() {
    presence.emplace(kept, before, now);
    kept = presence->text();
    before.stopped = false;
  }
  void pass(std::int64_t us) {
    skip(us);
    presence->see(now);
    kept = presence->text();
    before.wallUs = now.wallUs;
  }
  void skip(std::int64_t us) {
    now.bootUs += us;
    now.wallUs += us;
  }
  void hold() {
    now.heldUs = now.bootUs;
    start();
  }
  void boot(std::int64_t offUs) {
    now.wallUs += offUs;
    now.boot += "'";
    now.bootUs = 20 * kSecond;
    now.wallUs += now.bootUs;
    hold();
  }
  std::int64_t minutesMissed() const {
    const auto missed = presence->missed(now);
    return missed ? (missed->toUs - missed->fromUs) / kMinute : 0;
  }
};

TEST(Presence, ADeadDaemonIsNoOutage) {
  World world;
  world.skip(kHour);
  world.start();
  EXPECT_FALSE(world.presence->missed(world.now));
}

TEST(Presence, OrbitAsAWholeWasAway) {
  World world;
  const std::int64_t fromUs = world.now.wallUs;
  world.skip(7 * kMinute);
  world.hold();
  world.pass(kMinute);
  const auto missed = world.presence->missed(world.now);
  ASSERT_TRUE(missed);
  EXPECT_TRUE(missed->known);
  EXPECT_EQ(missed->fromUs, fromUs);
  EXPECT_EQ(missed->toUs, fromUs + 7 * kMinute);
  EXPECT_EQ(missed->reason, "Orbit was away");
}

TEST(Presence, TheMachineWasAway) {
  World world;
  const std::int64_t fromUs = world.now.wallUs;
  world.boot(3 * kMinute);
  world.pass(kMinute);
  const auto missed = world.presence->missed(world.now);
  ASSERT_TRUE(missed);
  EXPECT_EQ(missed->fromUs, fromUs);
  EXPECT_EQ(missed->toUs, fromUs + 3 * kMinute + 20 * kSecond);
  EXPECT_EQ(missed->reason, "the machine was away");
}

TEST(Presence, WhatWasStoppedIsNotKnown) {
  World world;
  world.before.stopped = true;
  world.skip(kHour);
  world.hold();
  const auto missed = world.presence->missed(world.now);
  ASSERT_TRUE(missed);
  EXPECT_FALSE(missed->known);
}

TEST(Presence, ClocksThatAreSetInventNothing) {
  World running;
  running.now.wallUs += 9 * kHour;
  running.pass(5 * kSecond);
  running.skip(2 * kMinute);
  running.hold();
  EXPECT_EQ(running.minutesMissed(), 2) << "set while Orbit ran";

  World away;
  away.now.wallUs += 9 * kHour;
  away.skip(2 * kMinute);
  away.hold();
  EXPECT_EQ(away.minutesMissed(), 2) << "set while Orbit was away";

  World late;
  late.boot(3 * kMinute - 10 * kHour);
  EXPECT_LE(late.minutesMissed(), 0) << "the clock that it booted with is behind";
  late.now.wallUs += 10 * kHour;
  late.pass(30 * kSecond);
  EXPECT_EQ(late.minutesMissed(), 3) << "and was set right";
}

TEST(Presence, WhatIsNotToldYetOutlivesTheDaemonAndAnotherCrash) {
  World world;
  world.boot(3 * kMinute);
  world.pass(10 * kSecond);
  world.start();
  EXPECT_EQ(world.minutesMissed(), 3) << "the daemon was killed";
  world.boot(10 * kMinute);
  EXPECT_EQ(world.minutesMissed(), 13) << "and the machine once more";
  world.presence->told();
  world.pass(kSecond);
  world.start();
  EXPECT_FALSE(world.presence->missed(world.now)) << "told once";
}

TEST(Presence, AStopBehindACrashIsAStop) {
  World world;
  world.boot(3 * kMinute);
  world.pass(10 * kSecond);
  world.before.stopped = true;
  world.boot(kHour);
  EXPECT_FALSE(world.presence->missed(world.now)->known);
}

TEST(Presence, WithoutABeginningNothingIsConcluded) {
  World fresh;
  EXPECT_FALSE(fresh.presence->missed(fresh.now)) << "no hold before this one";
  const Presence damaged("{", {.wallUs = fresh.now.wallUs - kHour}, fresh.now);
  EXPECT_FALSE(damaged.missed(fresh.now));
  fresh.now.boot.clear();
  fresh.skip(kHour);
  fresh.hold();
  EXPECT_FALSE(fresh.presence->missed(fresh.now)) << "the kernel does not say which boot this is";
}

TEST(Presence, OfThisProcess) {
  const SystemClock clock;
  const Presence::Now now = presenceNow(clock);
  EXPECT_FALSE(now.boot.empty());
  EXPECT_GT(now.heldUs, 0);
  EXPECT_LE(now.heldUs, now.bootUs);
}

}  // namespace
}  // namespace orbit::daemon
