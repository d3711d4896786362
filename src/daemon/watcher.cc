#include "daemon/watcher.h"

#include <csignal>

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;

constexpr Duration kIdleTick = std::chrono::seconds(1);
constexpr Duration kCloseTick = std::chrono::milliseconds(200);
constexpr Duration kAttention = std::chrono::seconds(5);
constexpr Duration kSnapshotLeast = std::chrono::minutes(1);  // the edge gives back histograms that are idle
constexpr std::size_t kRecordsAtOnce = 100'000;
constexpr observe::Windows::Limits kLimits{.ticksMax = 3600, .seriesMax = 20'000, .bytesMax = 8UL * 1024 * 1024};

// Killed: it has no time left to say that it is finished.
bool isDead(std::uint32_t pid) {
  return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH;
}

}  // namespace

Watcher::Watcher(net::Loop& loop, std::string folder)
    : loop_(loop), generations_(std::move(folder)), windows_(kLimits), ticked_(loop), asked_(loop) {}

bool Watcher::attentive() const {
  return loop_.clock().now() < attentiveUntil_;
}

Task<void> Watcher::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    look();
    ++tick_;
    ticked_.notifyAll();
    const Duration span = attentive() ? kCloseTick : kIdleTick;
    const Wait limited = wait.until(loop_.clock().now() + span);
    const Status woken = co_await asked_.wait(limited);
    // Woken by the first to ask: not at once, but sooner.
    if (woken.ok()) static_cast<void>(co_await loop_.sleep(kCloseTick, wait));
  }
}

Task<Status> Watcher::after(std::uint64_t tick, Wait wait) {
  if (!attentive()) asked_.notifyAll();
  attentiveUntil_ = loop_.clock().now() + kAttention;
  while (tick_ <= tick) {
    ORBIT_CO_TRY_STATUS(co_await ticked_.wait(wait));
  }
  co_return Status();
}

void Watcher::listen(Duration span) {
  listeningUntil_ = std::max(listeningUntil_, loop_.clock().now() + span);
}

void Watcher::look() {
  generations_.look();
  for (const auto& [generation, reader] : generations_.readers()) {
    if (done_.contains(generation)) continue;
    if (!lookAt(generation, *reader)) done_.insert(generation);
  }
  std::erase_if(known_, [this](const auto& each) { return done_.contains(each.first); });
  std::erase_if(done_, [this](std::uint64_t each) { return !generations_.readers().contains(each); });
  windows_.endTick(loop_.clock().wallUs());
  if (!onTick_) return;
  std::vector<std::uint64_t> generations;
  for (const auto& [generation, reader] : generations_.readers()) generations.push_back(generation);
  onTick_(generations);
}

signal::Snapshot Watcher::snapshotOf(signal::Reader& reader) const {
  signal::Snapshot snapshot = reader.snapshot();
  if (onSnapshot_) onSnapshot_(snapshot);
  return snapshot;
}

// False: it will say nothing more.
bool Watcher::lookAt(std::uint64_t generation, signal::Reader& reader) {
  const auto [at, fresh] = known_.try_emplace(generation);
  Known& known = at->second;
  // In this order: what is dead or finished has counted all that it ever will.
  const signal::Reader::Pulse pulse = reader.pulse();
  const bool over = pulse.finished || isDead(pulse.pid);
  if (fresh && over && tick_ == 0) {  // before our time
    snapshotOf(reader);
    return false;
  }
  const Instant now = loop_.clock().now();
  const bool same = !fresh && pulse == known.pulse && now - known.snapshotAt < kSnapshotLeast;
  if (!same || over || !windows_.unchanged(generation)) {
    readRecords(known, reader);
    windows_.take(snapshotOf(reader));
    known.pulse = pulse;
    known.snapshotAt = now;
  }
  if (over) windows_.forget(generation);
  return !over;
}

void Watcher::readRecords(Known& known, signal::Reader& reader) {
  const bool listened = attentive() || loop_.clock().now() < listeningUntil_;
  if (!listened || onRecord_.empty()) {
    known.behind = true;
    return;
  }
  std::string texts;
  const auto records = reader.records(kRecordsAtOnce, texts);
  // A generation that began while we were looking has no past.
  const bool skip = std::exchange(known.behind, false) && known.snapshotAt != Instant{};
  if (skip) return;
  for (const auto& seen : records) {
    for (const auto& told : onRecord_) told(seen);
  }
}

}  // namespace orbit::daemon
