// Months of traffic for the rules of alert: seeded, by the half minute, as fast as the machine allows. Busy services
// with days and nights, quiet ones, noise in rates, errors and latencies, clients of their own trouble, deploys,
// restarts of Orbit itself. Thread rules: one owner.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "alert/alert.h"

namespace orbit::alert::sim {

inline constexpr std::int64_t kSecond = 1'000'000, kHalfMinute = 30 * kSecond, kHour = 3600 * kSecond;
inline constexpr std::int64_t kWindowsOfDay = 2880;

struct Dice {
  Random random;
  double uniform() { return static_cast<double>(random.next() >> 11U) * 0x1p-53; }
  double normal() {
    const double radius = std::sqrt(-2 * std::log(1 - uniform()));
    return radius * std::cos(2 * M_PI * uniform());
  }
  std::uint64_t poisson(double mean) {
    if (mean <= 0) return 0;
    constexpr double kLarge = 60;
    if (mean > kLarge) return static_cast<std::uint64_t>(std::max(0.0, std::round(mean + std::sqrt(mean) * normal())));
    const double limit = std::exp(-mean);
    std::uint64_t count = 0;
    for (double product = uniform(); product > limit; product *= uniform()) ++count;
    return count;
  }
  std::uint64_t binomial(std::uint64_t all, double share) {
    if (share >= 1) return all;
    const std::uint64_t count = poisson(static_cast<double>(all) * share);
    return std::min(count, all);
  }
};

// What a service is like on a normal day.
struct Habit {
  std::string name;
  double rate = 20;        // requests a second at noon
  double night = 0.1;      // of that at midnight
  double spread = 0.15;    // of the rate from one half minute to the next
  double errors = 0.0003;  // of requests
  double overP50 = 0.05;   // slower than the alert of p50
  double overP99 = 0.001;
  double overTarget = 0.003;
  int clients = 50;
  double views = 0;    // page views a half minute at noon,
  double lcpMs = 900;  // of which half are faster than this
};

// What is the matter, beside the habit.
struct Trouble {
  double errors = 0, overP50 = 0, overP99 = 0;
  bool silent = false;
  double lcpTimes = 1;
  bool none() const { return errors == 0 && overP50 == 0 && overP99 == 0 && !silent && lcpTimes == 1; }
};

class Month {
 public:
  Month(std::uint64_t seed, std::vector<Habit> habits)
      : dice_{Random(seed)}, viewDice_{Random(~seed)}, habits_(std::move(habits)) {
    settings_.project = "shop";
    settings_.environment = "production";
    for (const auto& habit : habits_) settings_.services[habit.name] = {};
    alerts.configure(settings_, nowUs);
    load_.assign(habits_.size(), 0);
  }

  // Half a minute with at most `trouble` at the first service.
  void pass(const Trouble& trouble = {}) {
    nowUs += kHalfMinute;
    const bool restart = dice_.uniform() < 1.0 / (2 * kWindowsOfDay);  // of Orbit's own, every other day
    const bool deploy = dice_.uniform() < 6.0 / kWindowsOfDay;
    if (deploy) deployLeft_ = 6;
    deployLeft_ = std::max(0, deployLeft_ - 1);
    for (std::size_t i = 0; i < habits_.size(); ++i) {
      Window one = window(i, i == 0 ? trouble : Trouble());
      one.gap = restart;
      alerts.observe({"shop", "production", habits_[i].name}, std::move(one));
    }
    if (++windows_ % 2 == 0) {
      for (const auto& habit : habits_) {
        alerts.observeMinute({"shop", "production", habit.name}, nowUs,
                             !(trouble.silent && &habit == &habits_.front()));
      }
    }
    if (restart) {
      ++restarts;
      restore();
    }
    for (auto& notice : alerts.tick(nowUs)) notices.push_back(std::move(notice));
  }

  std::int64_t nowUs = 1'800'000'000 * kSecond;
  Alerts alerts;
  std::vector<model::Notice> notices;
  std::uint64_t requests = 0;
  int restarts = 0;

 private:
  double dayShare(const Habit& habit) const {
    constexpr double kDay = 24.0 * static_cast<double>(kHour);
    const double phase = std::fmod(static_cast<double>(nowUs), kDay) / kDay;  // 0 at midnight
    const double wave = 0.5 - 0.5 * std::cos(2 * M_PI * phase);
    return habit.night + (1 - habit.night) * wave;
  }

  Window window(std::size_t index, const Trouble& trouble) {
    const Habit& habit = habits_[index];
    constexpr double kKept = 0.95;  // how slowly the load wanders
    load_[index] = kKept * load_[index] + std::sqrt(1 - kKept * kKept) * dice_.normal();
    const double seconds = 30;
    const double mean = habit.rate * seconds * dayShare(habit) * std::exp(habit.spread * load_[index]);
    Window one;
    one.fromUs = nowUs - kHalfMinute;
    one.toUs = nowUs;
    const std::uint64_t all = trouble.silent ? 0 : dice_.poisson(mean);
    requests += all;
    // Failures come in small clusters; after a deploy there are some more, and what is cold is slow.
    const double cluster = dice_.uniform() < 0.02 ? 4 : 0.95;
    const double warm = deployLeft_ > 4 ? 2 : 1;
    one.errors = {all, dice_.binomial(all, std::min(1.0, habit.errors * cluster * warm + trouble.errors)), {}, 0};
    const double slow = std::exp(0.3 * dice_.normal()) * (deployLeft_ > 3 ? 1.5 : 1);
    one.p50 = {all, dice_.binomial(all, std::min(1.0, habit.overP50 * slow + trouble.overP50)), {}, 0};
    one.p99 = {all, std::min(dice_.binomial(all, std::min(1.0, habit.overP99 * slow + trouble.overP99)), all), {}, 0};
    one.overTarget = one.p99.bad + dice_.binomial(all - one.p99.bad, std::min(1.0, habit.overTarget * slow));
    const std::uint64_t views = trouble.silent ? 0 : viewDice_.poisson(habit.views * dayShare(habit));
    constexpr double kLcpSpread = 0.45;
    for (std::uint64_t i = 0; i < views; ++i) {
      one.lcpMs.push_back(habit.lcpMs * trouble.lcpTimes * std::exp(kLcpSpread * viewDice_.normal()));
    }
    one.seen = clients(all, habit.clients);
    // A client with trouble of its own: a scanner, an old app, a page that only it asks for.
    if (index == 0 && trouble.none() && dice_.uniform() < 3.0 / kWindowsOfDay) lonely_ = 20;
    if (index == 0 && lonely_ > 0 && trouble.none()) {
      --lonely_;
      one.errors.ofOne = std::min(all - one.errors.bad, all / 20);
      one.errors.bad += one.errors.ofOne;
      one.errors.clients = {99, 1};
    } else {
      one.errors.clients = clients(one.errors.bad, habit.clients);
    }
    one.p50.clients = clients(one.p50.bad, habit.clients);
    one.p99.clients = clients(one.p99.bad, habit.clients);
    return one;
  }

  // The first few of so many that each pick one at random.
  std::vector<std::uint64_t> clients(std::uint64_t picks, int of) {
    std::vector<std::uint64_t> found;
    constexpr std::uint64_t kPicks = 16;
    for (std::uint64_t i = 0; i < std::min(picks, kPicks) && found.size() < 4; ++i) {
      const std::uint64_t one = 1 + dice_.random.below(static_cast<std::uint64_t>(of));
      if (std::find(found.begin(), found.end(), one) == found.end()) found.push_back(one);
    }
    return found;
  }

  void restore() {
    auto texts = alerts.countTexts();
    texts.merge(alerts.texts());
    alerts.~Alerts();
    new (&alerts) Alerts();
    alerts.configure(settings_, nowUs);
    alerts.restore(texts);
  }

  Dice dice_, viewDice_;  // pages have their own, so that requests come as they do without
  std::vector<Habit> habits_;
  model::Alerting settings_;
  std::vector<double> load_;
  int deployLeft_ = 0, lonely_ = 0;
  std::uint64_t windows_ = 0;
};

// Busy, middling with one client only (a proxy before it), quiet ones, and one that nearly sleeps.
inline std::vector<Habit> habits() {
  return {{"web", 40, 0.1, 0.15, 0.0003, 0.08, 0.002, 0.004, 200, 80, 900},
          {"api", 15, 0.05, 0.3, 0.0005, 0.05, 0.001, 0.003, 40},
          {"proxied", 8, 0.2, 0.2, 0.0004, 0.1, 0.002, 0.004, 1},
          {"jobs", 1, 1, 0.05, 0.0005, 0.02, 0.0005, 0.002, 3},
          {"admin", 0.003, 0.2, 0.5, 0.0008, 0.1, 0.003, 0.005, 3, 0.05, 1000},
          {"hooks", 0.001, 1, 0.5, 0.0005, 0.1, 0.002, 0.004, 2}};
}

}  // namespace orbit::alert::sim
