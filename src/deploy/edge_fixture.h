// For the simulator: the edge and its visitors. It serves what it was told last, also while nobody can reach it; its
// visitors ask the instances whether they are there, and that is deploy's evidence. Watches that nobody loses a
// request: see check().
#pragma once
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "deploy/deploy.h"
#include "deploy/limits.h"
#include "engine/fake.h"

namespace orbit::deploy {

using namespace std::chrono_literals;

// What visitors see of an image.
struct Nature {
  double failures = 0;  // of requests
  double slower = 1;    // than the others
  bool oom = false;     // is killed again and again
  bool atGate = false;  // never gets through its gate
  bool bad = false;     // to be taken back, or never live
  bool sure = true;     // so bad that the shortest look tells
  std::string text = "good";
};

// Half of them good. One with a volume is bad in ways that need no comparison.
inline Nature someNature(Random& random, const std::string& service) {
  Nature nature;
  if (random.chance(0.5)) return nature;
  nature.bad = true;
  const std::uint64_t kind = random.below(service == "notes" ? 3 : 8);
  nature.atGate = kind < 2;
  if (kind == 0) nature.text = "never healthy";
  if (kind == 1) nature.text = "exits at its start";
  if (kind == 2) nature.text = "exits after 15 s";
  if (kind == 3) nature.failures = 0.05;
  if (kind == 4) nature.failures = 0.3;
  if (kind == 5) nature.failures = 1;
  if (kind == 6) nature.slower = 3;
  if (kind == 7) nature.oom = true;
  if (nature.failures > 0) nature.text = "fails " + std::to_string(static_cast<int>(nature.failures * 100)) + " %";
  if (nature.slower > 1) nature.text = "slow";
  if (nature.oom) nature.text = "leaks";
  nature.sure = kind != 3 && kind != 6;
  return nature;
}

class SimulatedEdge final : public Traffic, public Evidence {
 public:
  SimulatedEdge(net::Loop& loop, engine::FakeEngine& engine, std::uint64_t seed)
      : loop_(loop), engine_(engine), random_(seed), changed_(loop) {
    engine_.onChange([this](const std::string& entry) { check(entry); });
  }

  net::Task<Status> serve(model::LiveEnvironment environment, net::Wait wait) override {
    pending_ = std::move(environment);
    const std::uint64_t own = ++calls_;
    ORBIT_CO_TRY_STATUS(co_await loop_.sleep(some(40), wait));
    while (away_) {
      ORBIT_CO_TRY_STATUS(co_await changed_.wait(wait));
    }
    if (pending_) adopt();
    last_ = std::max(last_, own);
    co_return co_await loop_.sleep(some(10), wait);
  }
  net::Task<Status> drained(std::string, std::string, std::string service, std::string release,
                            net::Wait wait) override {
    for (;;) {
      const std::string part = "." + service + "." + release + ".";
      bool busy = away_;
      for (const auto& [name, visits] : visits_) {
        if (name.find(part) != std::string::npos && visits.busyUntil > loop_.clock().now()) busy = true;
      }
      if (!busy) co_return Status();
      ORBIT_CO_TRY_STATUS(co_await loop_.sleep(100ms, wait));
    }
  }
  bool virtualAddresses() const override { return true; }
  std::string url(const std::string&, const std::string&, const std::string& service) const override {
    return "https://" + service;
  }

  net::Task<std::vector<verdict::RouteTick>> next(std::string tableService, std::string newRelease,
                                                  std::string oldRelease, net::Wait wait) override {
    static_cast<void>(co_await loop_.sleep(kTickOf, wait));
    auto& sides = seen_[tableService.substr(tableService.rfind('.') + 1)];
    verdict::RouteTick tick;
    tick.route = "/";
    tick.fresh = std::exchange(sides[newRelease], {});
    if (!oldRelease.empty()) tick.old = std::exchange(sides[oldRelease], {});
    co_return std::vector<verdict::RouteTick>{tick};
  }
  Summary summary(const std::string&, const std::string&, Duration) const override { return {}; }

  // The daemon died: what it had not brought here is lost.
  void forgetCaller() { pending_.reset(); }
  void setAway(bool away) {
    away_ = away;
    if (!away_ && pending_) adopt();
    changed_.notifyAll();
  }
  // Whatever is asked fails, of either release, for so long.
  void blip(Duration span) { blipUntil_ = loop_.clock().now() + span; }
  void setNature(const std::string& imageId, Nature nature) { natures_[imageId] = std::move(nature); }
  const Nature& nature(const std::string& imageId) { return natures_[imageId]; }
  const model::LiveEnvironment& table() const { return table_; }
  const std::vector<std::string>& wrongs() const { return wrongs_; }
  void wrong(std::string what) { wrongs_.push_back(std::move(what)); }

  net::Task<void> visit() {
    for (;;) {
      static_cast<void>(co_await loop_.sleep(kTickOf));
      for (const auto& service : table_.services) {
        if (service.routed && !service.paused) visitService(service);
      }
    }
  }

 private:
  struct Visits {
    Instant chosenAt{}, busyUntil{}, oomAt{};
    std::string address;
    int port = 0;
  };
  static constexpr auto kTickOf = 500ms;
  static constexpr std::uint64_t kVisitsOfTick = 20;
  static constexpr Duration kDrain = 10s;  // of every service here

  Duration some(std::uint64_t mostMs) { return std::chrono::milliseconds(random_.below(mostMs)); }

  void adopt() {
    table_ = std::move(*pending_);
    pending_.reset();
    for (const auto& service : table_.services) {
      int most = 0;
      for (const auto& release : service.releases) most += release.weight > 50 && !release.draining ? 1 : 0;
      if (most > 1) wrong(service.name + " has two releases with most requests");
      if (most == 0 && !service.releases.empty()) wrong(service.name + " has no release with most requests");
    }
  }

  void visitService(const model::LiveService& service) {
    unsigned weights = 0;
    for (const auto& release : service.releases) weights += release.draining ? 0 : release.weight;
    if (weights == 0) return;
    for (std::uint64_t i = 0; i < kVisitsOfTick; ++i) {
      auto left = static_cast<unsigned>(random_.below(weights));
      for (const auto& release : service.releases) {
        if (release.draining || release.weight == 0) continue;
        if (left < release.weight) {
          visitRelease(service.name, release);
          break;
        }
        left -= release.weight;
      }
    }
  }

  void visitRelease(const std::string& service, const model::LiveRelease& release) {
    verdict::Side& side = seen_[service][release.id];
    ++side.attempts;
    const auto failed = [&side](verdict::Failure how) { ++side.failures[static_cast<std::size_t>(how)]; };
    if (release.instances.empty()) return failed(verdict::Failure::kConnect);
    const auto& instance = release.instances[random_.below(release.instances.size())];
    Visits& visits = visits_[instance.id];
    const Instant now = loop_.clock().now();
    const std::string image = engine_.imageAt(instance.address, release.port);
    if (image.empty()) return failed(verdict::Failure::kConnect);
    visits.chosenAt = now;
    visits.address = instance.address;
    visits.port = release.port;
    visits.busyUntil = std::max(visits.busyUntil, now + (random_.chance(0.005) ? some(15'000) : some(80)));
    const Nature& nature = natures_[image];
    if (nature.oom && now - visits.oomAt > 15s) {
      visits.oomAt = now;
      engine_.crash(instance.id, 137, true);
      return failed(verdict::Failure::kReset);
    }
    const bool blip = now < blipUntil_ && random_.chance(0.6);
    if (blip || random_.chance(nature.failures + 0.001)) return failed(verdict::Failure::kStatus);
    ++side.good;
    const double us = static_cast<double>(5'000 + random_.below(20'000)) * nature.slower;
    side.latency.add(static_cast<std::uint64_t>(us));
  }

  // Whom Orbit stops must not be chosen any more, and must have had its time to finish.
  void check(const std::string& entry) {
    const bool stops = startsWith(entry, "stop ") || startsWith(entry, "kill ");
    if (!stops) return;
    const std::string name = entry.substr(entry.find(' ') + 1);
    for (const auto& service : table_.services) {
      if (service.paused) continue;
      for (const auto& release : service.releases) {
        if (release.draining || release.weight == 0) continue;
        for (const auto& one : release.instances) {
          if (one.id == name && !engine_.imageAt(one.address, release.port).empty()) {
            wrong(name + " is stopped while visitors are sent to it");
          }
        }
      }
    }
    const auto visits = visits_.find(name);
    const Instant now = loop_.clock().now();
    if (visits == visits_.end() || visits->second.busyUntil <= now) return;
    if (engine_.imageAt(visits->second.address, visits->second.port).empty()) return;  // it has died already
    // Behind a paused route everybody else waits, so what is in flight has less time (limits.h).
    const bool paused = std::any_of(table_.services.begin(), table_.services.end(), [&](const auto& service) {
      return service.paused && name.find("." + service.name + ".") != std::string::npos;
    });
    const Duration time = paused ? std::min<Duration>(kDrain, kPausedDrain) : Duration(kDrain);
    if (now - visits->second.chosenAt < time) wrong(name + " is stopped with requests in flight");
  }

  net::Loop& loop_;
  engine::FakeEngine& engine_;
  Random random_;
  net::Condition changed_;
  model::LiveEnvironment table_;
  std::optional<model::LiveEnvironment> pending_;
  std::uint64_t calls_ = 0, last_ = 0;
  bool away_ = false;
  Instant blipUntil_{};
  std::map<std::string, Nature> natures_;  // by image id
  std::map<std::string, Visits> visits_;   // by instance
  std::map<std::string, std::map<std::string, verdict::Side>> seen_;
  std::vector<std::string> wrongs_;
};

}  // namespace orbit::deploy
