#include "collect/collect.h"

#include <algorithm>

#include "base/base.h"
#include "collect/labels.h"
#include "collect/limits.h"
#include "collect/resume.h"

namespace orbit::collect {

using net::Task;
using net::Wait;

namespace {

Task<Status> noteLast(std::int64_t& lastUs, std::int64_t timeUs) {
  lastUs = std::max(lastUs, timeUs);
  co_return Status();
}

}  // namespace

struct Collector::Followed {
  Followed(std::string containerId, logs::Key of, logs::Source from)
      : id(std::move(containerId)), key(std::move(of)), source(std::move(from)) {}
  const std::string id;
  const logs::Key key;
  const logs::Source source;
  logs::Position position;
  logs::Batch batch;
  bool open = false;              // its log is being read
  bool everRead = false;          // by this collector
  bool again = false;             // it may have more to say than the read that is about to end
  net::Cancel* stream = nullptr;  // of the read under way
  Instant readAt{};               // when the last record came
  std::int64_t behindUs = 0;      // how old it was then
  std::int64_t verifiedUs = 0;    // after this record, a jump is none: it was looked at
  std::optional<Resume> resume;
};

Collector::Collector(Parts parts) : parts_(std::move(parts)), dirtied_(parts_.loop), tasks_(parts_.loop) {
  for (auto& stored : parts_.store.positions()) stored_[stored.source.id] = stored;
  parts_.engine.onRemove([this](std::string id, Wait wait) { return drained(std::move(id), wait); });
}

Collector::~Collector() {
  parts_.engine.onRemove({});
}

Task<void> Collector::run(net::Cancel& cancel) {
  net::Cancel ended(&cancel);
  const Wait wait{Instant::max(), &ended};
  tasks_.add(flushTicks(wait));
  tasks_.add(lookAfterSilent(wait));
  tasks_.add(watchClock(wait));
  tasks_.add(watch(parts_.loop.clock().wallUs(), wait));
  while (!cancel.requested()) {
    const Status listed = co_await list(false, wait);
    const Duration pause = listed.ok() ? Duration(kRelist) : Duration(kRetryMost);
    static_cast<void>(co_await parts_.loop.sleep(pause, wait));
  }
  co_await tasks_.join();
  for (auto& [id, followed] : followed_) flush(*followed);
}

Task<void> Collector::watch(std::int64_t sinceUs, Wait wait) {
  while (!wait.cancel->requested()) {
    const engine::EventFilter filter{{}, {"start", "die", "destroy"}};
    const engine::Sink<engine::Event> sink = [this, wait](engine::Event event) {
      return onEvent(std::move(event), wait);
    };
    const std::int64_t beganUs = parts_.loop.clock().wallUs();
    static_cast<void>(co_await parts_.engine.events(sinceUs, filter, sink, wait));
    if (wait.cancel->requested()) co_return;
    static_cast<void>(co_await parts_.loop.sleep(kRetryMost, wait));
    // Events of meanwhile are told again, but not all of them if the clock was set back or the engine started anew.
    sinceUs = std::min(beganUs, parts_.loop.clock().wallUs()) - kBackUs;
    static_cast<void>(co_await list(true, wait));
  }
}

Task<Status> Collector::onEvent(engine::Event event, Wait wait) {
  if (event.type != "container") co_return Status();
  const auto known = followed_.find(event.id);
  if (event.action == "start") {
    const auto name = event.attributes.find("name");
    begin({event.id, name == event.attributes.end() ? "" : name->second, event.attributes}, wait);
  } else if (event.action == "die" && known != followed_.end()) {
    known->second->again = true;
  } else if (event.action == "destroy" && known != followed_.end() && !known->second->open) {
    forget(event.id);
  }
  co_return Status();
}

// `all`: those that do not run are read again, too, since they may have run meanwhile.
Task<Status> Collector::list(bool all, Wait wait) {
  ORBIT_CO_TRY(const auto containers, co_await parts_.engine.listContainers({}, wait));
  std::set<std::string> there;
  for (const auto& container : containers) {
    there.insert(container.id);
    if (labelOf(container.labels, kHomeLabel) == parts_.home) projects_.insert(projectOf(container.labels));
  }
  for (const auto& container : containers) {
    if (all || !followed_.contains(container.id) || container.state == engine::ContainerState::kRunning) {
      begin({container.id, container.name, container.labels}, wait);
    }
  }
  std::vector<std::string> gone;
  for (const auto& [id, followed] : followed_) {
    if (!followed->open && !there.contains(id)) gone.push_back(id);
  }
  for (const auto& [id, stored] : stored_) {
    if (stored.offset == 0 && !there.contains(id)) gone.push_back(id);
  }
  for (const auto& id : gone) forget(id);
  co_return Status();
}

bool Collector::ours(const engine::Labels& labels) const {
  const std::string home = labelOf(labels, kHomeLabel);
  if (isOneOff(labels) || keyOf(labels).service.empty()) return false;
  return home.empty() ? projects_.contains(projectOf(labels)) : home == parts_.home;
}

// Its log is read, unless it is already.
void Collector::begin(const Found& found, Wait wait) {
  auto known = followed_.find(found.id);
  if (known == followed_.end()) {
    if (labelOf(found.labels, kHomeLabel) == parts_.home) projects_.insert(projectOf(found.labels));
    if (!ours(found.labels)) return;
    auto made = std::make_unique<Followed>(found.id, keyOf(found.labels),
                                           logs::Source{found.id, found.name, releaseOf(found.labels)});
    if (const auto stored = stored_.find(found.id); stored != stored_.end()) {
      made->position = std::move(stored->second.position);
      stored_.erase(stored);
    }
    known = followed_.emplace(found.id, std::move(made)).first;
  }
  if (known->second->open) {
    known->second->again = true;
  } else {
    open(*known->second, wait);
  }
}

void Collector::open(Followed& followed, Wait wait) {
  followed.open = true;
  tasks_.add(follow(followed.id, wait));
}

Task<void> Collector::follow(std::string id, Wait wait) {
  Duration pause = kRetryFirst;
  for (;;) {
    Followed& followed = *followed_.at(id);
    followed.again = false;
    const Status done = co_await read(id, wait);
    flush(followed);
    if (wait.cancel->requested()) break;
    const auto detail = co_await parts_.engine.inspectContainer(id, wait);
    if (!detail.ok() && detail.error().code == Code::kNotFound) {
      forget(id);
      co_return;
    }
    const auto state = detail.ok() ? detail->summary.state : engine::ContainerState::kRunning;
    const bool ended =
        done.ok() && state != engine::ContainerState::kRunning && state != engine::ContainerState::kPaused;
    if (ended && !followed.again) break;
    if (done.ok()) pause = kRetryFirst;
    static_cast<void>(co_await parts_.loop.sleep(pause, wait));
    if (wait.cancel->requested()) break;
    if (!done.ok()) pause = std::min<Duration>(pause * 2, kRetryMost);
  }
  followed_.at(id)->open = false;
}

// One read of its log from where it was taken up to, until that ends.
Task<Status> Collector::read(std::string id, Wait wait) {
  Followed& followed = *followed_.at(id);
  net::Cancel stream(wait.cancel);
  followed.stream = &stream;
  followed.resume.emplace(followed.position);
  followed.verifiedUs = followed.position.timeUs;
  followed.readAt = parts_.loop.clock().now();
  engine::LogOptions options;
  options.follow = true;
  options.once = true;
  options.sinceUs = sinceUs(followed);
  followed.everRead = true;
  const Wait inner{Instant::max(), &stream};
  const engine::Sink<engine::LogRecord> sink = [this, &followed, inner](engine::LogRecord record) {
    return take(followed, std::move(record), inner);
  };
  const Status done = co_await parts_.engine.logs(id, options, sink, inner);
  followed.stream = nullptr;
  std::optional<Resume::Gap> gap;
  if (!done.ok()) co_return done;  // what is held may have been taken before: the next read tells
  const auto rest = followed.resume->finish(gap);
  if (gap) tellGap(followed, gap->fromUs, gap->untilUs);
  for (const auto& record : rest) add(followed, record);
  co_return done;
}

void Collector::tellGap(Followed& followed, std::int64_t fromUs, std::int64_t untilUs) {
  followed.batch.notice(untilUs, "[orbit] lines of " + followed.source.name + " between " + wallText(fromUs) + " and " +
                                     wallText(untilUs) +
                                     " are missing: the engine had rotated them away before they were read");
}

// The engine leaves out of a stream what has an earlier time, also when its clock was set back. When that was before
// our time nobody knows how far: then all of the log is read, and what was taken of it passed over.
std::int64_t Collector::sinceUs(const Followed& followed) const {
  const std::int64_t nowUs = parts_.loop.clock().wallUs();
  const std::int64_t fromUs = followed.resume->sinceUs();
  if (nowUs >= followed.position.timeUs) return fromUs;
  return followed.everRead ? std::min(fromUs, nowUs - kBackUs) : 0;
}

// Streams that were opened before the clock was set back are opened again.
Task<void> Collector::watchClock(Wait wait) {
  const Clock& clock = parts_.loop.clock();
  const auto offset = [&clock] {
    return clock.wallUs() -
           std::chrono::duration_cast<std::chrono::microseconds>(clock.now().time_since_epoch()).count();
  };
  std::int64_t before = offset();
  while (!wait.cancel->requested()) {
    static_cast<void>(co_await parts_.loop.sleep(kClockLook, wait));
    const std::int64_t now = offset();
    if (std::exchange(before, now) - now < kClockStepUs) continue;
    for (auto& [id, followed] : followed_) {
      followed->again = true;
      if (followed->stream != nullptr) followed->stream->request();
    }
  }
}

Task<Status> Collector::take(Followed& followed, engine::LogRecord record, Wait wait) {
  const bool known = followed.resume->found();
  if (known && overtaken(followed, record)) {
    co_return Error{.code = Code::kUnavailable, .message = "the log is read again where it may have been rotated"};
  }
  std::optional<Resume::Gap> gap;
  auto fresh = followed.resume->take(std::move(record), gap);
  if (gap) tellGap(followed, gap->fromUs, gap->untilUs);
  for (const auto& each : fresh) add(followed, each);
  if (followed.batch.bytes().size() < kBatchBytes) co_return Status();
  flush(followed);
  while (parts_.store.tooMany(followed.id)) {
    ORBIT_CO_TRY_STATUS(co_await parts_.loop.sleep(kFullPause, wait));
  }
  co_return Status();
}

// Far behind, the next record that the engine still has follows at once; a jump ahead means that a file in between was
// rotated away, or that nothing was said. Reading again from the last record tells which.
bool Collector::overtaken(const Followed& followed, const engine::LogRecord& record) const {
  const logs::Position& last = followed.position;
  if (last.count == 0 || last.timeUs == followed.verifiedUs || followed.behindUs < kBehindUs) return false;
  return record.timeUs - last.timeUs > std::max(kJumpUs, followed.behindUs / 2);
}

void Collector::add(Followed& followed, const engine::LogRecord& record) {
  followed.position.note(record.timeUs, logs::fingerprint(record.isError, record.text));
  followed.batch.add(record.isError, record.partial, record.timeUs, record.text);
  followed.readAt = parts_.loop.clock().now();
  followed.behindUs = parts_.loop.clock().wallUs() - record.timeUs;
  if (std::exchange(dirty_, true)) return;
  dirtied_.notifyAll();
}

void Collector::flush(Followed& followed) {
  if (followed.batch.empty()) return;
  parts_.store.append(followed.key, followed.source, std::exchange(followed.batch, {}));
}

void Collector::forget(const std::string& id) {
  stored_.erase(id);
  if (const auto known = followed_.find(id); known != followed_.end()) {
    flush(*known->second);
    followed_.erase(known);
  }
  parts_.store.forget(id);
}

Task<void> Collector::flushTicks(Wait wait) {
  while (!wait.cancel->requested()) {
    if (!dirty_) static_cast<void>(co_await dirtied_.wait(wait));
    static_cast<void>(co_await parts_.loop.sleep(kFlush, wait));
    dirty_ = false;
    for (auto& [id, followed] : followed_) flush(*followed);
  }
}

Task<void> Collector::lookAfterSilent(Wait wait) {
  while (!wait.cancel->requested()) {
    static_cast<void>(co_await parts_.loop.sleep(kSilence, wait));
    std::vector<std::string> silent;
    for (const auto& [id, followed] : followed_) {
      const bool quiet = parts_.loop.clock().now() - followed->readAt >= kSilence;
      if (followed->stream != nullptr && quiet) silent.push_back(id);
    }
    for (const auto& id : silent) co_await probe(id, wait);
  }
}

// The engine has more than its stream gave us: the stream is dead.
Task<void> Collector::probe(std::string id, Wait wait) {
  const std::int64_t lastUs = co_await lastRecordUs(id, wait);
  const auto known = followed_.find(id);
  if (known == followed_.end() || known->second->stream == nullptr) co_return;
  Followed& followed = *known->second;
  const bool quiet = parts_.loop.clock().now() - followed.readAt >= kSilence;
  if (!quiet || lastUs <= followed.position.highUs) co_return;
  log(Level::kWarning, "collect", "the log of " + followed.source.name + " stood still and is opened again");
  followed.again = true;
  followed.stream->request();
}

Task<std::int64_t> Collector::lastRecordUs(std::string id, Wait wait) {
  std::int64_t lastUs = 0;
  engine::LogOptions options;
  options.tail = 1;
  options.once = true;
  const engine::Sink<engine::LogRecord> sink = [&lastUs](engine::LogRecord record) {
    return noteLast(lastUs, record.timeUs);
  };
  static_cast<void>(co_await parts_.engine.logs(id, options, sink, wait.until(parts_.loop.clock().now() + kProbe)));
  co_return lastUs;
}

bool Collector::collects(const std::string& containerId) const {
  return followed_.contains(containerId);
}

logs::Position Collector::position(const std::string& containerId) const {
  const auto known = followed_.find(containerId);
  return known == followed_.end() ? logs::Position() : known->second->position;
}

Task<void> Collector::drained(std::string containerId, Wait wait) {
  // Callers name containers by id or by name.
  auto known = followed_.find(containerId);
  if (known == followed_.end()) {
    known = std::find_if(followed_.begin(), followed_.end(), [&](const auto& each) {
      return each.second->source.name == containerId || startsWith(each.first, containerId);
    });
  }
  if (known == followed_.end()) co_return;
  const std::string id = known->first;
  const Wait limited = wait.until(parts_.loop.clock().now() + kDrain);
  const std::int64_t lastUs = co_await lastRecordUs(id, limited);
  for (;;) {
    const auto still = followed_.find(id);
    if (still == followed_.end()) co_return;
    flush(*still->second);
    if (!still->second->open || still->second->position.highUs >= lastUs) co_return;
    const Status slept = co_await parts_.loop.sleep(kDrainLook, limited);
    if (!slept.ok()) co_return;
  }
}

}  // namespace orbit::collect
