// The sentences a person reads when a release was taken back.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verdict/verdict.h"

namespace orbit::verdict {
namespace {

// "3702" → "3,702".
std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), ",");
  }
  return text;
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  const double share = whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (part > 0 && share < 0.1) return fmt::format("{:.2g} %", share);
  return share >= 10 ? fmt::format("{:.0f} %", share) : fmt::format("{:.1f} %", share);
}

std::string span(std::uint64_t us) {
  const double ms = static_cast<double>(us) / 1000;
  if (ms >= 10'000) return fmt::format("{:.0f} s", ms / 1000);
  if (ms >= 1000) return fmt::format("{:.1f} s", ms / 1000);
  return ms >= 10 ? fmt::format("{:.0f} ms", ms) : fmt::format("{:.1f} ms", ms);
}

std::string kinds(const Total& total) {
  const auto most = std::max_element(total.byKind.begin(), total.byKind.end());
  return std::string(failureText(static_cast<Failure>(most - total.byKind.begin())));
}

// What hangs shows as visitors who leave before an answer; a quantile of those who got one would say nothing.
bool leftWaiting(const Total& fresh, const Total& old) {
  const auto share = [](const Total& total) {
    return static_cast<double>(total.aborted) /
           static_cast<double>(std::max<std::uint64_t>(1, total.attempts + total.aborted));
  };
  return share(fresh) >= 0.01 && share(fresh) > 2 * share(old);
}

std::string sentence(Signal signal, const std::string& where, const Judge::Names& names, const Total& fresh,
                     const Total& old) {
  const bool hangs = leftWaiting(fresh, old) && (signal >= Signal::kSlowP50 || fresh.failures < fresh.aborted);
  if (hangs && signal != Signal::kRefused) {
    return fmt::format("{} of {} requests{} were given up by their clients before an answer on {}, {} of {} on {}",
                       grouped(fresh.aborted), grouped(fresh.attempts + fresh.aborted), where, names.fresh,
                       grouped(old.aborted), grouped(old.attempts + old.aborted), names.old);
  }
  if (signal == Signal::kFailures) {
    return fmt::format("{} of {} requests{} failed on {}, {} of {} on {} ({})", percent(fresh.failures, fresh.attempts),
                       grouped(fresh.attempts), where, names.fresh, percent(old.failures, old.attempts),
                       grouped(old.attempts), names.old, kinds(fresh));
  }
  if (signal == Signal::kRefused) {
    return fmt::format("{} of {} requests{} were refused (HTTP 4xx) on {}, {} of {} on {}",
                       percent(fresh.refused, fresh.attempts), grouped(fresh.attempts), where, names.fresh,
                       percent(old.refused, old.attempts), grouped(old.attempts), names.old);
  }
  const double q = kSlowQuantiles[static_cast<std::size_t>(signal) - static_cast<std::size_t>(Signal::kSlowP50)];
  return fmt::format("p{:.0f}{} was {} on {} ({} answers), {} on {} ({})", q * 100, where,
                     span(fresh.latency.quantile(q)), names.fresh, grouped(fresh.latency.count()),
                     span(old.latency.quantile(q)), names.old, grouped(old.latency.count()));
}

}  // namespace

std::vector<std::string> Judge::reasons() const {
  if (!absolute_.empty()) return absolute_;
  struct Found {
    double coins;
    std::string text;
    Signal signal;
  };
  std::vector<Found> found;
  const auto look = [&](const Bets& bets, double share, const std::string& where, const Total& fresh,
                        const Total& old) {
    for (std::size_t at = 0; at < kSignals; ++at) {
      const auto signal = static_cast<Signal>(at);
      const double coins = share * bets.worth(signal);
      if (coins * policy_.budget / policy_.watchedTogether < 0.05) continue;
      found.push_back({coins, sentence(signal, where, names_, fresh, old), signal});
    }
  };
  const bool one = routes_.size() == 1;
  if (!one) look(service_, kServiceShare, "", stageFresh_, stageOld_);
  for (const auto& [name, route] : routes_) {
    look(route.bets, one ? 1 : (1 - kServiceShare) * route.share, one ? "" : " of " + name, route.fresh, route.old);
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.coins > b.coins; });
  std::vector<std::string> sentences;
  for (const Found& each : found) {
    // Several quantiles may tell of the same requests.
    if (std::find(sentences.begin(), sentences.end(), each.text) == sentences.end()) sentences.push_back(each.text);
  }
  return sentences;
}

}  // namespace orbit::verdict
