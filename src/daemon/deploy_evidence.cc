#include "daemon/deploy_evidence.h"

#include <algorithm>

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;
using signal::Key;

constexpr Duration kForgotten = std::chrono::minutes(1);  // a watch that nobody asks about
constexpr double kUsPerMs = 1000;
constexpr char kBetween = '\n';  // in no name

// The route as people know it; "" for another service's series.
std::string routeOf(const Key& key, const std::string& service) {
  if (key.service == service) return key.route.empty() ? "inside" : key.route;
  const bool port = startsWith(key.service, service) && key.service[service.size()] == ':';
  return port ? key.service.substr(service.size()) : std::string();
}

bool isTcp(const std::string& route) {
  return startsWith(route, ":");
}

std::string nameOf(const std::string& release, const std::string& route) {
  return release + kBetween + route;
}

}  // namespace

ReleaseEvidence::ReleaseEvidence(net::Loop& loop, Watcher& watcher) : loop_(loop), watcher_(watcher) {
  watcher_.onRecord([this](const signal::Reader::Seen& seen) { note(seen); });
}

ReleaseEvidence::Watch& ReleaseEvidence::watchOf(const std::string& service, const std::string& fresh,
                                                 const std::string& old) {
  const auto [at, made] = watches_.try_emplace(service + kBetween + fresh + kBetween + old);
  if (made) {
    at->second.service = service;
    at->second.fresh = fresh;
    at->second.old = old;
    at->second.seen = watcher_.tick();
  }
  at->second.askedAt = loop_.clock().now();
  return at->second;
}

void ReleaseEvidence::forgetIdle() {
  const Instant since = loop_.clock().now() - kForgotten;
  std::erase_if(watches_, [since](const auto& each) { return each.second.askedAt < since; });
}

Task<std::vector<verdict::RouteTick>> ReleaseEvidence::next(std::string tableService, std::string newRelease,
                                                            std::string oldRelease, Wait wait) {
  forgetIdle();
  const std::uint64_t seen = watchOf(tableService, newRelease, oldRelease).seen;
  const Status ticked = co_await watcher_.after(seen, wait);
  if (!ticked.ok()) co_return std::vector<verdict::RouteTick>();
  Watch& watch = watchOf(tableService, newRelease, oldRelease);
  const std::uint64_t now = watcher_.tick();
  const auto ticks = static_cast<std::size_t>(now - std::exchange(watch.seen, now));
  co_return take(watch, ticks);
}

void ReleaseEvidence::note(const signal::Reader::Seen& seen) {
  if (seen.key.kind != Key::Kind::kAttempt || seen.record.sample.probe) return;
  for (auto& [name, watch] : watches_) {
    const bool ours = seen.key.release == watch.fresh || seen.key.release == watch.old;
    const std::string route = ours ? routeOf(seen.key, watch.service) : std::string();
    if (route.empty()) continue;
    const bool repeats = watch.repeats.add(seen.record);
    const bool left = seen.record.sample.outcome == signal::Outcome::kClientAborted && !isTcp(route);
    if (!repeats && !left) continue;
    Extra& extra = watch.extras[nameOf(seen.key.release, route)];
    if (repeats) ++extra.repeats;
    if (left) extra.aborts.add(seen.record.sample.latencyUs);
  }
}

std::vector<verdict::RouteTick> ReleaseEvidence::take(Watch& watch, std::size_t ticks) {
  const auto grouping = [&](const Key& key) {
    const bool ours = key.kind == Key::Kind::kAttempt && !key.release.empty() &&
                      (key.release == watch.fresh || key.release == watch.old);
    const std::string route = ours ? routeOf(key, watch.service) : std::string();
    return route.empty() ? std::string() : nameOf(key.release, route);
  };
  std::map<std::string, verdict::RouteTick> routes;
  for (auto& [name, window] : watcher_.windows().grouped(grouping, ticks)) {
    const std::size_t between = name.find(kBetween);
    const std::string route = name.substr(between + 1);
    verdict::Side side = verdict::sideOf(window.counters, window.latency);
    if (isTcp(route)) side.latency = {};
    // A record may come a tick before its failure is counted.
    if (const auto extra = watch.extras.find(name); extra != watch.extras.end()) {
      side.repeats = std::min(extra->second.repeats, side.failed());
      extra->second.repeats -= side.repeats;
      side.aborts = std::exchange(extra->second.aborts, {});
      if (extra->second.repeats == 0) watch.extras.erase(extra);
    }
    verdict::RouteTick& tick = routes[route];
    tick.route = route;
    tick.gap = window.gap;
    (name.compare(0, between, watch.fresh) == 0 ? tick.fresh : tick.old) = std::move(side);
  }
  std::vector<verdict::RouteTick> all;
  for (auto& [name, tick] : routes) all.push_back(std::move(tick));
  return all;
}

deploy::Evidence::Summary ReleaseEvidence::summary(const std::string& tableService, const std::string& release,
                                                   Duration span) const {
  const std::int64_t spanUs = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  const auto& windows = watcher_.windows();
  const std::size_t ticks = windows.ticksSince(loop_.clock().wallUs() - spanUs);
  const observe::Window sum = windows.sum({Key::Kind::kRequest, "", tableService, release, ""}, ticks);
  Summary summary;
  summary.requests = sum.counters.count();
  summary.errors = sum.counters.errors;
  summary.p50Ms = static_cast<double>(sum.latency.quantile(0.5)) / kUsPerMs;
  summary.p99Ms = static_cast<double>(sum.latency.quantile(0.99)) / kUsPerMs;
  return summary;
}

}  // namespace orbit::daemon
