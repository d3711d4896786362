#include "daemon/observer.h"

#include <fmt/format.h>

#include <algorithm>

namespace orbit::daemon {
namespace {

using signal::Key;

constexpr Duration kListen = std::chrono::seconds(75);  // covers two half minutes
constexpr std::int64_t kWindowUs = 30'000'000;
constexpr std::int64_t kLateUs = 45'000'000;  // a window longer than that was not watched all along
constexpr int kWindowsOfMinute = 2;
constexpr std::uint64_t kDownLeast = 5;  // requests that failed, and no other: fewer show nothing of a minute
constexpr double kUsPerMs = 1000;
constexpr std::size_t kClientsKept = 4;
constexpr std::size_t kFailingMax = 256;  // clients of a service that are counted apart in half a minute
constexpr std::uint64_t kViewsTold = 30;  // of half a minute: more than that alerting does not look back
constexpr const char* kJudgedVital = "LCP";

void remember(std::vector<std::uint64_t>& clients, std::uint64_t hash) {
  if (clients.size() >= kClientsKept) return;
  if (std::find(clients.begin(), clients.end(), hash) == clients.end()) clients.push_back(hash);
}

bool failed(const signal::Sample& sample) {
  constexpr int kServerError = 500;
  return sample.status >= kServerError || sample.outcome == signal::Outcome::kBroken;
}

std::uint64_t usOf(double ms) {
  return static_cast<std::uint64_t>(ms * kUsPerMs);
}

double msOf(std::uint64_t us) {
  return static_cast<double>(us) / kUsPerMs;
}

std::string requestsOf(const Key& key) {
  return key.kind == Key::Kind::kRequest ? key.service : std::string();
}

// A page that comes from the back-forward cache was painted before: no view of this kind.
std::string viewsOf(const Key& key) {
  if (key.kind != Key::Kind::kVital) return "";
  const signal::VitalName name = signal::vitalNameOf(key.instance);
  return name.metric == kJudgedVital && !name.fromCache ? key.service : std::string();
}

// Each view, or when there were more as many that stand for them all.
std::vector<double> lcpOf(const signal::Histogram& views) {
  const std::uint64_t count = std::min(views.count(), kViewsTold);
  std::vector<double> all;
  constexpr double kMiddle = 0.5;
  for (std::uint64_t i = 0; i < count; ++i) {
    all.push_back(msOf(views.quantile((static_cast<double>(i) + kMiddle) / static_cast<double>(count))));
  }
  return all;
}

}  // namespace

Observer::Observer(net::Loop& loop, Watcher& watcher) : loop_(loop), watcher_(watcher) {
  watcher_.onRecord([this](const signal::Reader::Seen& seen) { note(seen); });
}

void Observer::watch(const std::map<EnvironmentKey, model::Alerting>& settings) {
  std::map<std::string, Watch> fresh;
  for (const auto& [key, environment] : settings) {
    for (const auto& [name, service] : environment.services) {
      const std::string table = model::tableService(key.first, key.second, name);
      Watch watch{{key.first, key.second, name}, service.objectives, {}, {}};
      const auto before = watches_.find(table);
      if (before != watches_.end()) {
        watch.clients = std::move(before->second.clients);
        watch.minute = before->second.minute;
      }
      fresh[table] = std::move(watch);
    }
  }
  watches_ = std::move(fresh);
}

void Observer::note(const signal::Reader::Seen& seen) {
  if (seen.key.kind != Key::Kind::kRequest || seen.record.sample.probe) return;
  const auto found = watches_.find(seen.key.service);
  if (found == watches_.end()) return;
  Clients& clients = found->second.clients;
  const model::Objectives& objectives = found->second.objectives;
  const signal::Sample& sample = seen.record.sample;
  remember(clients.seen, seen.record.clientHash);
  if (failed(sample) && (clients.failing.size() < kFailingMax || clients.failing.contains(seen.record.clientHash))) {
    ++clients.failing[seen.record.clientHash];
  }
  if (sample.latencyUs > usOf(objectives.p50Ms.alert)) remember(clients.overP50, seen.record.clientHash);
  if (sample.latencyUs > usOf(objectives.p99Ms.alert)) remember(clients.overP99, seen.record.clientHash);
}

void Observer::listenWhenBad() {
  const auto& windows = watcher_.windows();
  const std::size_t ticks = windows.ticksSince(std::exchange(lookedUs_, now()));
  const observe::Window sum = windows.sum({}, ticks);
  constexpr std::uint64_t kSlowUs = 100'000;
  if (sum.counters.errors > 0 || sum.latency.above(kSlowUs).certainly > 0) watcher_.listen(kListen);
}

bool Observer::due() const {
  return windowFromUs_ == 0 || now() - windowFromUs_ >= kWindowUs || now() < windowFromUs_;
}

void Observer::fill(alert::Window& window, const observe::Window& counted, Clients clients,
                    const model::Objectives& objectives) {
  const auto& [counters, latency] = std::tie(counted.counters, counted.latency);
  window.gap = window.gap || counted.gap;
  window.errors = {counters.count(), counters.errors, {}, 0};
  for (const auto& [client, times] : clients.failing) {
    remember(window.errors.clients, client);
    window.errors.ofOne = std::max(window.errors.ofOne, times);
  }
  const auto over = [&latency = latency](double ms) { return latency.above(usOf(ms)).certainly; };
  window.p50 = {latency.count(), over(objectives.p50Ms.alert), std::move(clients.overP50), 0};
  window.p99 = {latency.count(), over(objectives.p99Ms.alert), std::move(clients.overP99), 0};
  window.overTarget = over(objectives.p99Ms.target);
  constexpr double kMedian = 0.5, kTail = 0.99;
  window.p50Ms = msOf(latency.quantile(kMedian));
  window.p99Ms = msOf(latency.quantile(kTail));
}

void Observer::probed(const alert::Place& place, const Status& asked) {
  const auto found = watches_.find(model::tableService(place.project, place.environment, place.service));
  if (found == watches_.end()) return;
  Minute& minute = found->second.minute;
  ++(asked.ok() ? minute.answered : minute.unanswered);
  if (!asked.ok()) minute.why = "no answer: " + asked.error().message;
}

// By what visitors got, and our own requests: up when any was answered well, down when none was. Of a minute in which
// nobody asked, or that was not wholly seen, nothing is known.
void Observer::tellMinute(Watch& watch, const alert::Window& window, alert::Alerts& alerts) {
  Minute& minute = watch.minute;
  minute.all += window.errors.all;
  minute.bad += window.errors.bad;
  minute.gap = minute.gap || window.gap;
  if (++minute.windows < kWindowsOfMinute) return;
  const Minute over = std::exchange(minute, {});
  const bool up = over.all > over.bad || over.answered > 0;
  const bool down = !up && (over.bad >= kDownLeast || over.unanswered > 0);
  if (over.gap || up == down) return;
  const std::string why = over.unanswered > 0 ? over.why : fmt::format("each of {} requests failed", over.bad);
  alerts.observeMinute(watch.place, window.toUs, up, why);
}

void Observer::tell(alert::Alerts& alerts) {
  const std::int64_t toUs = now();
  const std::int64_t fromUs = std::exchange(windowFromUs_, toUs);
  const auto& windows = watcher_.windows();
  const std::size_t ticks = windows.ticksSince(fromUs);
  const bool gap = fromUs == 0 || toUs - fromUs > kLateUs || toUs <= fromUs || windows.sum({}, ticks).gap;
  const auto requests = windows.grouped(requestsOf, ticks), views = windows.grouped(viewsOf, ticks);
  for (auto& [table, watch] : watches_) {
    Clients clients = std::exchange(watch.clients, {});
    alert::Window window;
    window.fromUs = fromUs;
    window.toUs = toUs;
    window.gap = gap;
    window.seen = std::move(clients.seen);
    // What was before the first half minute is of a time that nobody asked about.
    const auto counted = fromUs == 0 ? requests.end() : requests.find(table);
    if (counted != requests.end()) fill(window, counted->second, std::move(clients), watch.objectives);
    const auto seen = fromUs == 0 ? views.end() : views.find(table);
    if (seen != views.end()) window.lcpMs = lcpOf(seen->second.latency);
    tellMinute(watch, window, alerts);
    alerts.observe(watch.place, std::move(window));
  }
}

}  // namespace orbit::daemon
