#include <gtest/gtest.h>

#include "edge/policy/service.h"

namespace orbit::edge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
const Instant kNow{std::chrono::hours(5)};

// A service "web" whose releases r0, r1 … have these weights and this many instances each.
ServicePtr serviceOf(const std::vector<unsigned>& weights, int instances, model::TableService config = {}) {
  config.name = "web";
  for (std::size_t r = 0; r < weights.size(); ++r) {
    model::TableRelease& release = config.releases.emplace_back();
    release.id = "r" + std::to_string(r);
    release.weight = weights[r];
    for (int i = 0; i < instances; ++i) {
      release.instances.push_back(
          {release.id + "." + std::to_string(i), "10.0." + std::to_string(r) + "." + std::to_string(i + 1) + ":80"});
    }
  }
  auto made = nextService(config, nullptr, kNow);
  EXPECT_TRUE(made.ok());
  return std::move(made).value();
}

InstanceState& instance(const ServicePtr& service, std::size_t index, std::size_t release = 0) {
  return *service->releases[release].instances[index];
}

// How many of `draws` go to each instance of the first release.
std::vector<int> spread(const ServicePtr& service, int draws, const Wish& wish = {}, Instant now = kNow) {
  Random random(7);
  std::vector<int> counts(service->releases[0].instances.size());
  for (int i = 0; i < draws; ++i) {
    const Choice choice = choose(*service, wish, random, now);
    for (std::size_t at = 0; at < counts.size(); ++at) counts[at] += choice.instance == &instance(service, at) ? 1 : 0;
  }
  return counts;
}

TEST(ChooseRelease, FollowsTheWeights) {
  const ServicePtr service = serviceOf({90, 10, 0}, 1);
  Random random(1);
  std::map<std::string, int> counts;
  for (int i = 0; i < 100'000; ++i) {
    const Choice choice = choose(*service, {}, random, kNow);
    ++counts[choice.release->id];
    EXPECT_TRUE(choice.setReleaseCookie);
  }
  EXPECT_NEAR(counts["r0"], 90'000, 600);
  EXPECT_NEAR(counts["r1"], 10'000, 600);
  EXPECT_EQ(counts["r2"], 0);
}

TEST(ChooseRelease, ADrawIsKeptWhileSharesMove) {
  const ServicePtr little = serviceOf({90, 10}, 1), half = serviceOf({50, 50}, 1), most = serviceOf({10, 90}, 1);
  const ServicePtr takenBack = serviceOf({100, 0}, 1);
  Random random(2);
  int moved = 0;
  for (int i = 0; i < 1000; ++i) {
    const Choice first = choose(*little, {}, random, kNow);
    ASSERT_TRUE(first.setReleaseCookie);
    const std::string side = first.release->id, cookie = drawText(first.draw);
    for (const ServicePtr* service : {&little, &half, &most}) {
      const Choice next = choose(**service, {.releaseCookie = cookie}, random, kNow);
      EXPECT_FALSE(next.setReleaseCookie);
      EXPECT_TRUE(service != &little || next.release->id == side);
      EXPECT_TRUE(side == "r0" || next.release->id == "r1") << "its share only grows";
      if (service == &most && next.release->id != side) ++moved;
    }
    EXPECT_EQ(choose(*takenBack, {.releaseCookie = cookie}, random, kNow).release->id, "r0") << "nobody is left there";
  }
  EXPECT_NEAR(moved, 800, 60);
}

TEST(ChooseRelease, APinGoesBeforeAllElse) {
  model::TableService config;
  config.name = "web";
  config.releases.resize(2);
  config.releases[0] = {"old", 100, false, false, {{"o", "10.0.0.1:80"}}, "oooooooooooooooooooo"};
  config.releases[1] = {"new", 0, true, true, {{"n", "10.0.0.2:80"}}, "nnnnnnnnnnnnnnnnnnnn"};
  const ServicePtr service = nextService(config, nullptr, kNow).value();
  EXPECT_EQ(service->pinCookieName.substr(0, 10), "orbit_pin_");
  Random random(3);
  const Choice choice = choose(*service, {.pin = config.releases[1].pin}, random, kNow);
  EXPECT_EQ(choice.release->id, "new");
  EXPECT_FALSE(choice.setReleaseCookie);
  for (const char* forged : {"", "nnnnnnnnnnnnnnnnnnnm", "nnnnnnnnnnnnnnnnnnn", "new"}) {
    EXPECT_EQ(choose(*service, {.pin = forged}, random, kNow).release->id, "old") << forged;
  }
}

TEST(ChooseRelease, OnlyADrawIsACookie) {
  const ServicePtr service = serviceOf({90, 10, 0}, 1);
  Random random(2);
  for (const char* forged : {"forged", "1234567", "123456789", "+1234567", "0x123456", "zzzzzzzz"}) {
    const Choice unknown = choose(*service, {.releaseCookie = forged}, random, kNow);
    EXPECT_NE(unknown.release, nullptr);
    EXPECT_TRUE(unknown.setReleaseCookie) << forged;
  }
  std::uint32_t draw = 0;
  EXPECT_TRUE(readDraw(drawText(0xfe001234), draw));
  EXPECT_EQ(draw, 0xfe001234U);
}

TEST(ChooseRelease, DrainingTakesNoNewVisitorUnlessAlone) {
  model::TableService config;
  config.name = "web";
  config.releases.resize(2);
  config.releases[0] = {
      .id = "old", .weight = 100, .watched = false, .draining = true, .instances = {{"o", "10.0.0.1:80"}}};
  config.releases[1] = {
      .id = "new", .weight = 1, .watched = false, .draining = false, .instances = {{"n", "10.0.0.2:80"}}};
  ServicePtr service = nextService(config, nullptr, kNow).value();
  Random random(3);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(choose(*service, {}, random, kNow).release->id, "new");
  EXPECT_EQ(choose(*service, {.releaseCookie = drawText(0)}, random, kNow).release->id, "new");
  config.releases[1].weight = 0;
  service = nextService(config, service, kNow).value();
  EXPECT_EQ(choose(*service, {}, random, kNow).release->id, "new") << "weight 0 before draining";
  config.releases[1].instances.clear();
  service = nextService(config, service, kNow).value();
  EXPECT_EQ(choose(*service, {}, random, kNow).release->id, "old");
  config.releases[0].instances.clear();
  service = nextService(config, service, kNow).value();
  EXPECT_EQ(choose(*service, {}, random, kNow).release, nullptr);
}

TEST(ChooseRelease, ShieldTakesAnotherAndRetryTheSame) {
  const ServicePtr service = serviceOf({90, 10}, 2);
  const ReleaseState* const fresh = &service->releases[1];
  Random random(4);
  for (int i = 0; i < 200; ++i) {
    const Choice shield = choose(*service, {.releaseCookie = drawText(~0U), .notRelease = fresh}, random, kNow);
    EXPECT_EQ(shield.release->id, "r0");
    EXPECT_FALSE(shield.setReleaseCookie) << "the visitor stays on the side it was drawn for";
    const Choice retry = choose(*service, {.onRelease = fresh, .notInstance = fresh->instances[0].get()}, random, kNow);
    EXPECT_EQ(retry.instance, fresh->instances[1].get());
    EXPECT_FALSE(retry.setReleaseCookie);
  }
  const ServicePtr alone = serviceOf({100}, 1);
  EXPECT_EQ(choose(*alone, {.notRelease = &alone->releases[0]}, random, kNow).release, nullptr);
}

TEST(ChooseInstance, SpreadsEvenlyAndPrefersTheLessBusy) {
  const ServicePtr service = serviceOf({100}, 5);
  for (const int count : spread(service, 50'000)) EXPECT_NEAR(count, 10'000, 500);
  instance(service, 2).active = 9;
  EXPECT_EQ(spread(service, 10'000)[2], 0) << "in every pair the other is less busy";
}

TEST(ChooseInstance, KeepsInFlightEvenWhenOneIsSlow) {
  // The slow one holds ten times as long; with two choices it never gathers much more than the others.
  const ServicePtr service = serviceOf({100}, 4);
  Random random(5);
  std::vector<std::pair<int, InstanceState*>> running;
  std::uint32_t most = 0;
  for (int at = 0; at < 20'000; ++at) {
    std::erase_if(running, [at](const auto& one) {
      if (one.first > at) return false;
      --one.second->active;
      return true;
    });
    InstanceState* const chosen = choose(*service, {}, random, kNow).instance;
    ++chosen->active;
    running.emplace_back(at + (chosen == &instance(service, 0) ? 100 : 10), chosen);
    most = std::max(most, instance(service, 0).active.load());
  }
  EXPECT_LT(most, 10U);
}

TEST(ChooseInstance, UnreadyGetNothingWhileHalfIsFit) {
  const ServicePtr service = serviceOf({100}, 4);
  instance(service, 0).probedHealthy = false;
  instance(service, 1).probedHealthy = false;
  std::vector<int> counts = spread(service, 10'000);
  EXPECT_EQ(counts[0] + counts[1], 0);
  EXPECT_NEAR(counts[2], 5000, 300);
  // One fit of four: the pool is filled to half, so the fit one carries half and no more.
  instance(service, 2).probedHealthy = false;
  counts = spread(service, 12'000);
  EXPECT_NEAR(counts[3], 6000, 300);
  EXPECT_NEAR(counts[0], 2000, 250);
  EXPECT_NEAR(counts[1], 2000, 250);
  instance(service, 3).probedHealthy = false;
  for (const int count : spread(service, 12'000)) EXPECT_NEAR(count, 3000, 300);
}

TEST(ChooseInstance, NeverTheLast) {
  const ServicePtr service = serviceOf({100}, 1);
  InstanceState& only = instance(service, 0);
  only.probedHealthy = false;
  only.restingUntilNs = (kNow + seconds(5)).time_since_epoch().count();
  only.draining = true;
  Random random(6);
  EXPECT_EQ(choose(*service, {}, random, kNow).instance, &only);
  EXPECT_EQ(choose(*service, {.notInstance = &only}, random, kNow).instance, &only);
}

TEST(ChooseInstance, RestEndsWithOneTrial) {
  const ServicePtr service = serviceOf({100}, 2);
  InstanceState& bad = instance(service, 0);
  for (unsigned i = 0; i < service->config.passiveFall; ++i) noteFailure(bad, service->config, kNow);
  EXPECT_EQ(spread(service, 1000)[0], 0);
  const Instant over = kNow + service->config.passiveRest;
  EXPECT_EQ(spread(service, 1000, {.notInstance = &instance(service, 1)}, over)[0], 0) << "no retry is a trial";
  EXPECT_EQ(spread(service, 1000, {}, over)[0], 1);
  // Its outcome was never told: another a rest later.
  EXPECT_EQ(spread(service, 1000, {}, over + milliseconds(4999))[0], 0);
  EXPECT_EQ(spread(service, 1000, {}, over + seconds(5))[0], 1);
  noteFailure(bad, service->config, over + seconds(5));
  EXPECT_EQ(spread(service, 1000, {}, over + seconds(9))[0], 0);
  EXPECT_EQ(spread(service, 1000, {}, over + seconds(10))[0], 1);
  noteSuccess(bad);
  EXPECT_NEAR(spread(service, 10'000, {}, over + seconds(10))[0], 5000, 300);
}

TEST(ChooseInstance, AllRestingAreUsed) {
  const ServicePtr service = serviceOf({100}, 3);
  for (std::size_t at = 0; at < 3; ++at) {
    for (int i = 0; i < 5; ++i) noteFailure(instance(service, at), service->config, kNow);
  }
  for (const int count : spread(service, 9000)) EXPECT_NEAR(count, 3000, 300);
}

TEST(ChooseInstance, RetryAvoidsTheOneThatFailed) {
  const ServicePtr service = serviceOf({100}, 3);
  const Wish wish{.notInstance = &instance(service, 1)};
  const std::vector<int> counts = spread(service, 10'000, wish);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[0], 5000, 300);
  // Back to it when the others are worse.
  for (std::size_t at : {0U, 2U}) {
    for (int i = 0; i < 5; ++i) noteFailure(instance(service, at), service->config, kNow);
  }
  EXPECT_EQ(spread(service, 100, wish)[1], 100);
}

TEST(ChooseInstance, SlowStartGrowsLinearly) {
  model::TableService config;
  config.slowStart = seconds(10);
  const ServicePtr service = serviceOf({100}, 4, config);
  const Instant later = kNow + seconds(100);
  instance(service, 3).startedNs = (later - seconds(5)).time_since_epoch().count();
  std::vector<int> counts = spread(service, 35'000, {}, later);
  EXPECT_NEAR(counts[3], 5000, 400) << "half a share";
  EXPECT_NEAR(counts[0], 10'000, 500);
  instance(service, 3).startedNs = (later - seconds(1)).time_since_epoch().count();
  EXPECT_NEAR(spread(service, 31'000, {}, later)[3], 1000, 200);
  EXPECT_NEAR(spread(service, 40'000, {}, later + seconds(20))[3], 10'000, 500);
  // All new at once, at the start of an edge: evenly.
  for (std::size_t at = 0; at < 4; ++at) instance(service, at).startedNs = later.time_since_epoch().count();
  for (const int count : spread(service, 40'000, {}, later)) EXPECT_NEAR(count, 10'000, 500);
}

TEST(ChooseInstance, KnowsWhenNobodyIsInSlowStart) {
  model::TableService config;
  config.slowStart = seconds(10);
  const ServicePtr service = serviceOf({100, 0}, 4, config);
  const auto ns = [](Instant at) { return at.time_since_epoch().count(); };
  EXPECT_EQ(service->warmFromNs, ns(kNow + seconds(10)));
  const Instant later = kNow + seconds(60);
  instance(service, 2).startedNs = ns(later);
  instance(service, 1, 1).startedNs = ns(later - seconds(3));
  spread(service, 100, {}, later);
  EXPECT_EQ(service->warmFromNs, ns(later + seconds(10))) << "one that started anew was drawn";
}

TEST(ChooseInstance, StickyFallsBackWhenTheInstanceCannotServe) {
  model::TableService config;
  config.stickyInstance = true;
  const ServicePtr service = serviceOf({100}, 3, config);
  Random random(8);
  Choice choice = choose(*service, {}, random, kNow);
  EXPECT_TRUE(choice.setInstanceCookie);
  InstanceState& mine = instance(service, 1);
  mine.active = 100;
  const Wish wish{.instanceCookie = mine.cookie};
  choice = choose(*service, wish, random, kNow);
  EXPECT_EQ(choice.instance, &mine);
  EXPECT_FALSE(choice.setInstanceCookie);
  mine.probedHealthy = false;
  EXPECT_EQ(choose(*service, wish, random, kNow).instance, &mine) << "readiness only weighs";
  for (int i = 0; i < 5; ++i) noteFailure(mine, service->config, kNow);
  choice = choose(*service, wish, random, kNow);
  EXPECT_NE(choice.instance, &mine);
  EXPECT_TRUE(choice.setInstanceCookie);
  EXPECT_TRUE(choose(*service, {.instanceCookie = "gone"}, random, kNow).setInstanceCookie);
}

// Ten instances fail and recover by chance for many simulated seconds, under load.
TEST(ChooseSimulation, NobodyRestingIsUsedWhileAnotherIsFit) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const ServicePtr service = serviceOf({100}, 10);
    Random random(seed);
    std::array<bool, 10> broken{};
    std::array<int, 10> served{};
    Instant now = kNow;
    std::vector<std::pair<Instant, std::size_t>> running;
    int failed = 0, trials = 0;
    for (int request = 0; request < 30'000; ++request) {
      now += milliseconds(1);
      if (random.chance(0.001)) broken[random.below(10)] = random.chance(0.5);
      std::erase_if(running, [&](const auto& one) {
        if (one.first > now) return false;
        InstanceState& done = instance(service, one.second);
        --done.active;
        noteSuccess(done);
        ++served[one.second];
        return true;
      });
      bool fit = false;
      std::array<std::int64_t, 10> restsBefore{};
      for (std::size_t at = 0; at < 10; ++at) {
        restsBefore[at] = instance(service, at).restingUntilNs;
        fit = fit || restsBefore[at] == 0;
      }
      const Choice choice = choose(*service, {}, random, now);
      ASSERT_NE(choice.instance, nullptr);
      std::size_t at = 0;
      while (&instance(service, at) != choice.instance) ++at;
      if (restsBefore[at] != 0 && fit) {
        ASSERT_LE(restsBefore[at], now.time_since_epoch().count()) << "a resting instance was used";
        ++trials;
      }
      if (broken[at]) {
        ++failed;
        noteFailure(*choice.instance, service->config, now);
        continue;
      }
      ++choice.instance->active;
      running.emplace_back(now + milliseconds(5 + random.below(40)), at);
    }
    EXPECT_LT(failed, 600) << "five to take one out, one each five seconds after";
    EXPECT_LT(trials, 80);
    std::uint32_t inFlight = 0;
    for (std::size_t at = 0; at < 10; ++at) inFlight = std::max(inFlight, instance(service, at).active.load());
    EXPECT_LT(inFlight, 30U);
  }
}

}  // namespace
}  // namespace orbit::edge
