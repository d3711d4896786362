#include "daemon/resources.h"

#include <fmt/format.h>

namespace orbit::daemon {
namespace {

using series::Key;
using series::Kind;

constexpr Duration kEvery = std::chrono::seconds(10);
constexpr Duration kInspectAgain = std::chrono::minutes(1);
constexpr Duration kEngineTime = std::chrono::seconds(10);
constexpr std::size_t kContainersMax = 500;

std::string labelOf(const engine::ContainerSummary& summary, const char* name, const char* otherwise) {
  const auto found = summary.labels.find(name);
  if (found != summary.labels.end()) return found->second;
  const auto other = summary.labels.find(otherwise);
  return other == summary.labels.end() ? std::string() : other->second;
}

api::ContainerNow nowOf(const engine::ContainerSummary& summary) {
  api::ContainerNow now;
  now.project = labelOf(summary, "orbit.project", "com.docker.compose.project");
  now.environment = labelOf(summary, "orbit.environment", "");
  if (now.environment.empty()) now.environment = "development";
  now.service = labelOf(summary, "orbit.service", "com.docker.compose.service");
  now.release = labelOf(summary, "orbit.release", "");
  now.name = summary.name;
  return now;
}

double perSecond(std::uint64_t now, std::uint64_t before, Duration span) {
  const double seconds = std::chrono::duration<double>(span).count();
  return now < before || seconds <= 0 ? 0 : static_cast<double>(now - before) / seconds;
}

std::string outlookText(const machine::Forecast::Outlook& outlook) {
  using KindOf = machine::Forecast::Outlook::Kind;
  switch (outlook.kind) {
    case KindOf::kNotEnough:
      return "not enough seen yet";
    case KindOf::kNotFilling:
      return "not filling";
    case KindOf::kUnsteady:
      return "grows unsteadily";
    case KindOf::kFilling:
      break;
  }
  return "full in about " + spanText(std::chrono::seconds(outlook.fullInSeconds));
}

}  // namespace

Resources::Resources(net::Loop& loop, engine::Engine& engine, series::Recorder& recorder, std::string home,
                     std::vector<std::string> folders)
    : loop_(loop), engine_(engine), recorder_(recorder), home_(std::move(home)), folders_(std::move(folders)) {}

net::Task<void> Resources::run(net::Cancel& cancel) {
  const net::Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    // Without the engine what was known is looked at on: containers outlive it.
    static_cast<void>(co_await listContainers(wait.until(loop_.clock().now() + kEngineTime)));
    co_await look();
    static_cast<void>(co_await loop_.sleep(kEvery, wait));
  }
}

net::Task<Status> Resources::listContainers(net::Wait wait) {
  engine::Labels labels = {{"orbit.home", home_}};
  listed_ = false;
  ORBIT_CO_TRY(const auto listed, co_await engine_.listContainers(std::move(labels), wait));
  std::map<std::string, Known> fresh;
  for (const auto& summary : listed) {
    if (summary.state != engine::ContainerState::kRunning || fresh.size() >= kContainersMax) continue;
    const auto before = known_.find(summary.id);
    if (before != known_.end()) {
      fresh.emplace(summary.id, std::move(before->second));
    } else {
      fresh[summary.id].now = nowOf(summary);
    }
  }
  known_ = std::move(fresh);
  listed_ = known_.size() < kContainersMax;
  std::vector<std::string> ids;
  for (const auto& [id, known] : known_) {
    const bool due = known.pid == 0 || loop_.clock().now() - known.inspectedAt >= kInspectAgain;
    if (due) ids.push_back(id);
  }
  for (const auto& id : ids) {
    ORBIT_CO_TRY_STATUS(co_await inspect(id, wait));
  }
  co_return Status();
}

net::Task<Status> Resources::inspect(std::string id, net::Wait wait) {
  const auto detail = co_await engine_.inspectContainer(id, wait);
  if (!detail.ok() && detail.error().code == Code::kNotFound) co_return Status();
  if (!detail.ok()) co_return detail.error();
  const auto found = known_.find(id);
  if (found == known_.end()) co_return Status();
  Known& known = found->second;
  if (known.pid != 0 && known.pid != detail->pid) known.used = false;  // its counters began anew
  known.pid = detail->pid;
  known.inspectedAt = loop_.clock().now();
  const auto restarts = static_cast<std::uint64_t>(std::max(detail->restartCount, 0));
  if (restarts > known.now.restarts && known.used) {
    series::Value added;
    added.gauge.add(static_cast<std::int64_t>(restarts - known.now.restarts));
    recorder_.add({Kind::kSum, "restarts", known.now.project, known.now.environment, known.now.service, "",
                   known.now.release, known.now.name},
                  added);
  }
  known.now.restarts = restarts;
  co_return Status();
}

net::Task<void> Resources::look() {
  std::map<std::string, int> pids;
  for (const auto& [id, known] : known_) {
    if (known.pid != 0) pids.emplace(id, known.pid);
  }
  Look look;
  const std::vector<std::string> folders = folders_;
  co_await loop_.offload([&] {
    for (const auto& [id, pid] : pids) look.uses.emplace(id, machine::containerUse(pid, machine::systemRead));
    look.host = machine::hostUse(machine::systemRead);
    for (const auto& folder : folders) {
      if (const auto use = machine::diskUse(folder)) look.disks.emplace(folder, *use);
    }
  });
  for (const auto& [id, use] : look.uses) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    if (use.ok()) note(found->second, *use);
    if (!use.ok()) found->second.pid = 0;
  }
  noteHost(look);
}

void Resources::note(Known& known, const machine::ContainerUse& use) {
  const Instant at = loop_.clock().now();
  api::ContainerNow& now = known.now;
  const auto key = [&now](Kind kind, const char* metric) {
    return Key{kind, metric, now.project, now.environment, now.service, "", now.release, now.name};
  };
  recorder_.gauge(key(Kind::kGauge, "memory_bytes"), static_cast<std::int64_t>(use.memoryBytes));
  now.memoryBytes = use.memoryBytes;
  now.memoryLimitBytes = use.memoryLimitBytes;
  now.oomKills = use.oomKills;
  now.cpuSeconds = static_cast<double>(use.cpuUs) / 1e6;
  now.receivedBytes = use.receivedBytes;
  now.sentBytes = use.sentBytes;
  if (known.used) {
    const machine::ContainerUse& before = known.use;
    const Duration span = at - known.lookedAt;
    const auto add = [&](const char* metric, std::uint64_t is, std::uint64_t was) {
      if (is <= was) return;
      series::Value added;
      added.gauge.add(static_cast<std::int64_t>(is - was));
      recorder_.add(key(Kind::kSum, metric), added);
    };
    add("cpu_us", use.cpuUs, before.cpuUs);
    add("throttled_us", use.throttledUs, before.throttledUs);
    add("received_bytes", use.receivedBytes, before.receivedBytes);
    add("sent_bytes", use.sentBytes, before.sentBytes);
    add("read_bytes", use.readBytes, before.readBytes);
    add("written_bytes", use.writtenBytes, before.writtenBytes);
    add("oom_kills", use.oomKills, before.oomKills);
    now.cores = perSecond(use.cpuUs, before.cpuUs, span) / 1e6;
    now.receivedPerSecond = perSecond(use.receivedBytes, before.receivedBytes, span);
    now.sentPerSecond = perSecond(use.sentBytes, before.sentBytes, span);
    now.readPerSecond = perSecond(use.readBytes, before.readBytes, span);
    now.writtenPerSecond = perSecond(use.writtenBytes, before.writtenBytes, span);
    const std::uint64_t periods = use.periods > before.periods ? use.periods - before.periods : 0;
    now.throttled = periods == 0 ? 0
                                 : static_cast<double>(use.throttledPeriods - before.throttledPeriods) /
                                       static_cast<double>(periods);
  }
  known.use = use;
  known.used = true;
  known.lookedAt = at;
}

void Resources::noteHost(const Look& look) {
  const Instant at = loop_.clock().now();
  const auto key = [](Kind kind, const char* metric) { return Key{kind, metric, "", "", "", "", "", ""}; };
  const machine::HostUse& use = look.host;
  host_.load1 = use.load1;
  host_.processors = use.processors;
  host_.memoryBytes = use.memoryBytes;
  host_.usedBytes = use.memoryBytes - std::min(use.memoryBytes, use.availableBytes);
  host_.swapUsedBytes = use.swapBytes - std::min(use.swapBytes, use.swapFreeBytes);
  recorder_.gauge(key(Kind::kGauge, "host_load1_thousandths"), static_cast<std::int64_t>(use.load1 * 1000));
  recorder_.gauge(key(Kind::kGauge, "host_memory_used_bytes"), static_cast<std::int64_t>(host_.usedBytes));
  if (hostAt_ != Instant{} && use.busyUs >= hostUse_.busyUs) {
    series::Value added;
    added.gauge.add(static_cast<std::int64_t>(use.busyUs - hostUse_.busyUs));
    recorder_.add(key(Kind::kSum, "host_cpu_us"), added);
    host_.cores = perSecond(use.busyUs, hostUse_.busyUs, at - hostAt_) / 1e6;
  }
  hostUse_ = use;
  hostAt_ = at;
  host_.disks.clear();
  for (const auto& [path, disk] : look.disks) noteDisk(path, disk);
}

void Resources::noteDisk(const std::string& path, const machine::DiskUse& use) {
  recorder_.gauge({Kind::kGauge, "host_disk_used_bytes", "", "", "", "", "", path},
                  static_cast<std::int64_t>(use.usedBytes));
  machine::Forecast& forecast = forecasts_[path];
  forecast.add(loop_.clock().wallUs(), use.usedBytes);
  const auto outlook = forecast.outlook(use.bytes);
  host_.disks.push_back(
      {path, use.bytes, use.usedBytes, outlookText(outlook), outlook.fullInSeconds, outlook.confidence});
}

std::vector<api::ContainerNow> Resources::containers() const {
  std::vector<api::ContainerNow> all;
  for (const auto& [id, known] : known_) {
    if (known.used) all.push_back(known.now);
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::tie(a.project, a.environment, a.service, a.name) <
           std::tie(b.project, b.environment, b.service, b.name);
  });
  return all;
}

std::optional<std::set<alert::Place>> Resources::running() const {
  if (!listed_) return std::nullopt;
  std::set<alert::Place> places;
  for (const auto& [id, known] : known_) places.insert({known.now.project, known.now.environment, known.now.service});
  return places;
}

}  // namespace orbit::daemon
