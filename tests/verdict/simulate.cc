// Good and bad releases by the thousand, judged tick by tick (./dev soak verdict; a short form in ./dev test).
//
//   verdict_simulate [--seed N] [--good N] [--bad N] [--first N] [--show] [--no-known] [--plot FILE]
//
// Exit status 1 when more than 3 in 10,000 good ones were taken back, or fewer than 99 % of the bad ones that a
// fixed-sample test knowing both rates would find with power 0.999 in the requests of the watch.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "verdict/plot.h"
#include "verdict/watch.h"

namespace orbit::verdict {
namespace {

struct Options {
  std::uint64_t seed = 1, good = 10'000, bad = 10'000, first = 0;
  bool known = true;
  bool show = false;  // every release that went wrong
  std::string plot;
};

// Each release has a stream of its own, so one that went wrong replays alone.
std::uint64_t seedOf(std::uint64_t seed, std::uint64_t number, bool bad) {
  return seed * 0x9e3779b97f4a7c15ULL + number * 2 + (bad ? 1 : 0);
}

double quantileOf(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

std::string describe(const Truth& truth) {
  std::string text = fmt::format("{}, {:.0f} rps", weatherName(truth.weather), truth.rps);
  for (const RouteTruth& route : truth.routes) {
    text += fmt::format("; {:.0f} %: failures {:.3f} -> {:.3f} %, 4xx {:.2f} -> {:.2f} %, p50 {:.0f} ms spread {:.2f}",
                        route.share * 100, route.oldRate * 100, route.rate * 100, route.oldRefused * 100,
                        route.refused * 100, route.medianUs / 1000, route.spread);
  }
  return text + fmt::format("; slower {:.2f}, tail {:.2f}, cold {:.1f}, bad from {:.0f} s", truth.slower,
                            truth.tailSlower, truth.coldTimes, truth.badFromS);
}

struct Good {
  std::uint64_t count = 0, takenBack = 0, shared = 0;
  std::vector<double> promotedAtS;
};

struct Bad {
  std::uint64_t count = 0, findable = 0, found = 0, others = 0, othersFound = 0;
  std::vector<double> failures, seconds;
};

std::uint64_t goodOnes(const Options& options) {
  std::map<std::uint64_t, Good> table;
  std::uint64_t takenBack = 0;
  for (std::uint64_t number = options.first; number < options.first + options.good; ++number) {
    Chance chance(seedOf(options.seed, number, false));
    const Truth truth = goodTruth(number, chance);
    const Seen seen = watch(truth, chance, Policy{});
    Good& row = table[number % kWeathers];
    ++row.count;
    row.shared += seen.sharedFault ? 1 : 0;
    if (seen.promoted) row.promotedAtS.push_back(seen.promotedAtS);
    if (!seen.takenBack) continue;
    ++row.takenBack;
    ++takenBack;
    fmt::print("  taken back: good release {} after {:.1f} s: {}\n    {}\n", number, seen.atS, seen.why,
               describe(truth));
  }
  fmt::print("{:<14}{:>8}{:>12}{:>16}{:>14}\n", "good releases", "n", "taken back", "shared faults", "promoted, s");
  for (const auto& [weather, row] : table) {
    fmt::print("{:<14}{:>8}{:>12}{:>16}{:>14.1f}\n", weatherName(static_cast<Weather>(weather)), row.count,
               row.takenBack, row.shared, quantileOf(row.promotedAtS, 0.5));
  }
  fmt::print("all: {} of {} good releases taken back (at most 3 in 10,000)\n\n", takenBack, options.good);
  return takenBack;
}

void printBad(const std::map<std::pair<std::uint64_t, std::uint64_t>, Bad>& table) {
  fmt::print("{:<17}{:<13}{:>6}{:>10}{:>9}{:>10}{:>8}{:>8}{:>9}{:>9}\n", "bad releases", "", "n", "findable", "found",
             "of others", "fail", "p95", "seconds", "p95");
  for (const auto& [key, row] : table) {
    fmt::print("{:<17}{:<13}{:>6}{:>10}{:>8.2f}%{:>10}{:>8.0f}{:>8.0f}{:>9.1f}{:>9.1f}\n",
               badnessName(static_cast<Badness>(key.first)), weatherName(static_cast<Weather>(key.second)), row.count,
               row.findable,
               row.findable == 0 ? 100.0 : 100.0 * static_cast<double>(row.found) / static_cast<double>(row.findable),
               fmt::format("{}/{}", row.othersFound, row.others), quantileOf(row.failures, 0.5),
               quantileOf(row.failures, 0.95), quantileOf(row.seconds, 0.5), quantileOf(row.seconds, 0.95));
  }
}

double badOnes(const Options& options) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, Bad> table;
  std::uint64_t findable = 0, found = 0;
  for (std::uint64_t number = options.first; number < options.first + options.bad; ++number) {
    Chance chance(seedOf(options.seed, number, true));
    const Truth truth = badTruth(number, chance);
    Chance again = chance;
    const Seen seen = watch(truth, chance, Policy{});
    const double power = powerFor(truth, World(truth, again), Policy{});
    Bad& row = table[{static_cast<std::uint64_t>(badnessOf(number)), number % kWeathers}];
    ++row.count;
    const bool mustFind = power >= 0.999;
    ++(mustFind ? row.findable : row.others);
    if (seen.takenBack) ++(mustFind ? row.found : row.othersFound);
    findable += mustFind ? 1 : 0;
    found += mustFind && seen.takenBack ? 1 : 0;
    if (seen.takenBack) {
      row.failures.push_back(static_cast<double>(seen.failures));
      row.seconds.push_back(seen.atS);
    } else if (mustFind && options.show) {
      fmt::print("  kept: bad release {} (power {:.5f}, {}): {}\n", number, power, badnessName(badnessOf(number)),
                 describe(truth));
    }
  }
  printBad(table);
  const double share = findable == 0 ? 1 : static_cast<double>(found) / static_cast<double>(findable);
  fmt::print("all: {} of {} bad releases that a fixed-sample test would find taken back: {:.2f} % (at least 99 %)\n\n",
             found, findable, share * 100);
  return share;
}

// The promises of acceptance and docs, each by many tries of the same release.
void known(const Options& options, const char* name, const Truth& truth, int tries) {
  std::vector<double> failures, seconds;
  int found = 0;
  for (int at = 0; at < tries; ++at) {
    Chance chance(seedOf(options.seed, static_cast<std::uint64_t>(at) + 1'000'000, true));
    const Seen seen = watch(truth, chance, Policy{});
    if (!seen.takenBack) continue;
    ++found;
    failures.push_back(static_cast<double>(seen.failures));
    seconds.push_back(seen.atS);
  }
  fmt::print("{:<44}{:>4}/{:<4}{:>8.0f}{:>8.0f}{:>9.1f}{:>9.1f}\n", name, found, tries, quantileOf(failures, 0.5),
             quantileOf(failures, 0.95), quantileOf(seconds, 0.5), quantileOf(seconds, 0.95));
}

void knownOnes(const Options& options) {
  fmt::print("{:<44}{:>9}{:>8}{:>8}{:>9}{:>9}\n", "200 requests/s, old 0.1 %", "found", "fail", "p95", "seconds",
             "p95");
  Truth truth;
  truth.bad = true;
  truth.routes = {RouteTruth{}};
  RouteTruth& route = truth.routes.front();
  const auto failing = [&](double rate, const char* name) {
    route.rate = rate;
    known(options, name, truth, 400);
  };
  route.oldRate = 1e-7;
  failing(0.05, "5 % fail, and none of the old one's");
  route.oldRate = 0.001;
  failing(1, "100 % fail");
  failing(0.2, "20 % fail");
  failing(0.05, "5 % fail");
  failing(0.02, "2 % fail");
  failing(0.011, "1.1 % fail");
  route.rate = route.oldRate;
  truth.badFromS = 30 - World::kBornS;  // warm
  truth.slower = 1.5;
  known(options, "1.5 x as slow, from when it is warm", truth, 200);
  truth.slower = 3;
  known(options, "3 x as slow, from when it is warm", truth, 200);
  truth.slower = 1;
  truth.tailSlower = 3;
  known(options, "p99 tripled, from when it is warm", truth, 200);
  fmt::print("\n");
}

// Acceptance 5: the database both need is paused for 30 s at some moment of the watch, in 20 tries at each rate.
std::uint64_t pausedOnes(const Options& options) {
  fmt::print("{:<44}{:>9}{:>12}{:>14}\n", "both fail completely for 30 s", "tries", "taken back", "shared fault");
  std::uint64_t takenBack = 0;
  for (const double rps : {20.0, 200.0, 2'000.0}) {
    std::uint64_t here = 0, shared = 0;
    constexpr std::uint64_t kTries = 20;
    for (std::uint64_t at = 0; at < kTries; ++at) {
      Chance chance(seedOf(options.seed, at + 2'000'000, false));
      Truth truth;
      truth.rps = rps;
      truth.routes = {RouteTruth{}};
      truth.pausedFromS = chance.happens(0.5) ? chance.between(2, 50) : chance.between(60, 500);
      const Seen seen = watch(truth, chance, Policy{});
      here += seen.takenBack ? 1 : 0;
      shared += seen.sharedFault ? 1 : 0;
    }
    fmt::print("{:<44}{:>9}{:>12}{:>14}\n", fmt::format("{:.0f} requests/s, old 0.1 %", rps), kTries, here, shared);
    takenBack += here;
  }
  fmt::print("\n");
  return takenBack;
}

int run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  fmt::print("seed {}\n", options.seed);
  if (!options.plot.empty()) return writePlot(options.plot, options.seed);
  if (options.known) knownOnes(options);
  const std::uint64_t pausedBack = options.known ? pausedOnes(options) : 0;
  const std::uint64_t takenBack = goodOnes(options);
  const double found = badOnes(options);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::uint64_t allowed = 3 * options.good / 10'000;
  const bool kept = takenBack <= allowed && found >= 0.99 && pausedBack == 0;
  fmt::print("{} in {:.0f} s\n", kept ? "kept" : "BROKEN", took.count());
  return kept ? 0 : 1;
}

}  // namespace
}  // namespace orbit::verdict

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  orbit::verdict::Options options;
  for (int at = 1; at < argc; ++at) {
    const std::string name = argv[at];
    if (name == "--show" || name == "--no-known") {
      (name == "--show" ? options.show : options.known) = name == "--show";
      continue;
    }
    if (at + 1 >= argc) {
      fmt::print(stderr,
                 "verdict_simulate [--seed N] [--good N] [--bad N] [--first N] [--show] [--no-known] [--plot FILE]\n");
      return 2;
    }
    const char* value = argv[++at];
    if (name == "--seed") options.seed = std::strtoull(value, nullptr, 10);
    if (name == "--good") options.good = std::strtoull(value, nullptr, 10);
    if (name == "--bad") options.bad = std::strtoull(value, nullptr, 10);
    if (name == "--first") options.first = std::strtoull(value, nullptr, 10);
    if (name == "--plot") options.plot = value;
  }
  return orbit::verdict::run(options);
}
