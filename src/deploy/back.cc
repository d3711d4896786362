// The ways back: replacing what has one instance only, taking releases back, and sweeping up.
#include <fmt/format.h>

#include "deploy/environment.h"
#include "deploy/limits.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

// A volume has one user at a time: whatever else runs of this service ends.
Task<Status> Environment::stopOthers(std::string service, int group, Wait wait) {
  for (const auto& one : std::vector<Instance>(instances_.all())) {
    if (one.service != service || one.group == group || one.number == 0 || !one.running) continue;
    ending_.insert(one.id);
    ORBIT_CO_TRY_STATUS(co_await instances_.stop(one.id, wait));
  }
  co_return Status();
}

Task<Status> Environment::replace(std::string service, int from, int to, stack::Failure& failure, Wait wait) {
  Turn turn(replacing_);
  ORBIT_CO_TRY_STATUS(co_await turn.take(wait));
  const auto live = state_.live.find(service);
  if ((live == state_.live.end() ? 0 : live->second) != from) {
    co_return Error{.code = Code::kConflict, .message = service + " was moved by somebody else meanwhile"};
  }
  const model::DeployService* old = from == 0 ? nullptr : planned(service, from);
  Json body = Json::object({{"service", service}, {"from", from}});
  ORBIT_CO_TRY_STATUS(co_await record(to, "replacing", std::move(body)));
  const Keeping keeping(*this, {{service, from}, {service, to}});
  pause(service, from != 0);
  Status up = co_await serve(wait);
  if (up.ok() && old != nullptr) {
    const Wait most = wait.until(loop().clock().now() + std::min<Duration>(old->release.drain, kPausedDrain));
    static_cast<void>(co_await parts_.traffic.drained(key_.project, key_.environment, service, releaseId(from), most));
  }
  if (up.ok()) up = co_await stopOthers(service, to, wait);
  if (up.ok()) up = co_await bringUp(service, to, false, failure, wait);
  if (up.ok()) {
    Json done = Json::object({{"service", service}});
    up = co_await record(to, "replaced", std::move(done));
  }
  if (up.ok()) {
    pause(service, false);
    co_return co_await serve(wait);
  }
  co_await restore(service, from, to);
  co_return up;
}

Task<void> Environment::restore(std::string service, int from, int to) {
  const Keeping keeping(*this, {{service, from}});
  const Wait wait{loop().clock().now() + kEngineTime, nullptr};  // whoever was cancelled, this is done
  static_cast<void>(co_await instances_.look(wait));             // a stop that was cut off may have been one
  for (const auto& one : instances_.of(service, to)) {
    ending_.insert(one.id);
    static_cast<void>(co_await instances_.remove(one.id, wait));  // the sweep tries again
  }
  static_cast<void>(co_await stopOthers(service, from, wait));
  stack::Failure failure;
  if (from != 0) {
    const model::DeployService* old = planned(service, from);
    const Duration gate = old == nullptr ? Duration(0) : old->probe.deadline;
    const Wait patient{loop().clock().now() + gate + kEngineTime, nullptr};
    Status back = co_await bringUp(service, from, false, failure, patient);
    // Its route stays paused while the engine is away for a moment.
    while (!back.ok() && back.error().code == Code::kUnavailable && loop().clock().now() < wait.deadline) {
      static_cast<void>(co_await loop().sleep(kHealAgain));
      back = co_await bringUp(service, from, false, failure, patient);
    }
    if (!back.ok()) log(Level::kError, "deploy", "cannot bring " + service + " back: " + back.error().text());
  }
  Json body = Json::object({{"service", service}, {"from", from}});
  co_await recordAnyway(to, "restored", std::move(body));
  pause(service, false);
  const Wait brief{loop().clock().now() + kServeTime, nullptr};
  const Status served = co_await serve(brief);
  if (!served.ok()) log(Level::kError, "deploy", served.error().text());
}

Task<void> Environment::restoreReplaced(int number, Wait wait) {
  const Group group = *state_.find(number);
  for (const auto& name : group.replaced) {
    const int from = group.before.at(name);
    if (group.services.at(name).shape == Shape::kDatabase || from == 0) continue;
    stack::Failure failure;
    const Status back = co_await replace(name, number, from, failure, wait);
    if (!back.ok()) log(Level::kError, "deploy", "cannot bring " + name + " back: " + back.error().text());
  }
}

Task<void> Environment::undoCutOff(int number, Wait wait) {
  co_await restoreReplaced(number, wait);
  const std::string why =
      "Orbit's daemon ended in the middle (at: " + std::string(stageName(state_.find(number)->stage)) +
      "); deploy again";
  Json body = Json::object({{"reasons", Json::strings({why})}});
  co_await recordAnyway(number, "failed", std::move(body));
}

Task<Status> Environment::end(bool volumes, Wait wait) {
  Turn turn(moves_);
  ORBIT_CO_TRY_STATUS(co_await turn.take(wait));
  std::set<std::string> kept;
  for (const auto& [number, group] : state_.groups) {
    const auto plan = planOf(number);
    if (!plan.ok()) continue;
    for (const auto& volume : (*plan)->volumes) {
      if (!volume.external) kept.insert(volume.name);
    }
  }
  // First it is nobody's any more: a crash in the middle leaves containers for the sweep, never routes to nothing.
  ORBIT_CO_TRY_STATUS(co_await record(0, "removed"));
  plans_.clear();
  ORBIT_CO_TRY_STATUS(co_await serve(wait));
  ORBIT_CO_TRY_STATUS(co_await instances_.look(wait));
  for (const auto& one : std::vector<Instance>(instances_.all())) {
    ending_.insert(one.id);
    ORBIT_CO_TRY_STATUS(co_await instances_.remove(one.id, wait));
  }
  networkReady_ = false;
  // A deploy that another home's things were in the way of has made none of its own.
  Status gone = co_await networkMadeHere(wait);
  const bool another = !gone.ok() && gone.error().code == Code::kConflict;
  if (gone.ok()) gone = co_await parts_.engine.removeNetwork(networkName(key_), wait);
  if (!gone.ok() && !another && gone.error().code != Code::kNotFound) co_return gone;
  if (!volumes) co_return Status();
  for (const auto& name : kept) {
    const auto there = co_await parts_.engine.inspectVolume(name, wait);
    if (there.ok()) {
      ORBIT_CO_TRY_STATUS(madeHere("the volume " + name, there->labels, parts_.home));
    }
    const Status removed = co_await parts_.engine.removeVolume(name, wait);
    if (!removed.ok() && removed.error().code != Code::kNotFound) co_return removed;
  }
  co_return Status();
}

Task<Status> Environment::goBack(Back back, Wait wait) {
  stack::Failure failure;
  std::map<std::string, int> moving, replaced, from;
  std::vector<ReleaseKey> raised;
  for (const auto& [service, to] : back.live) {
    const auto now = state_.live.find(service);
    from[service] = now == state_.live.end() ? 0 : now->second;
    if (from[service] == to) continue;
    const model::DeployService* target = planned(service, to);
    if (target == nullptr) {
      co_return Error{.code = Code::kNotFound, .message = releaseId(to) + " of " + service + " is not kept any more"};
    }
    if (target->shape == Shape::kStateless) {
      moving[service] = to;
      raised.push_back({service, to});
    } else if (back.stateful) {
      replaced[service] = to;
    }
  }
  const Keeping keeping(*this, raised);
  // One that was removed a moment ago is not warm any more. While the engine is away, what was seen last counts.
  const Wait brief = wait.until(loop().clock().now() + kLookTime);
  static_cast<void>(co_await instances_.look(brief));
  // Warm ones are there; others are made of their kept image and go through their gate first.
  for (const auto& [service, to] : moving) {
    ORBIT_CO_TRY_STATUS(co_await bringUp(service, to, true, failure, wait));
  }
  for (const auto& [service, to] : replaced) {
    ORBIT_CO_TRY_STATUS(co_await replace(service, from.at(service), to, failure, wait));
  }
  const auto watched = [&] {
    const Group* group = state_.find(back.group);
    return group != nullptr && group->watched();
  };
  if (back.group != 0 && !watched()) co_return Status();  // somebody else was quicker
  Json body = backBody(moving, from);
  body.set("by", back.by);
  body.set("reasons", Json::strings(back.reasons));
  body.set("numbers", std::move(back.numbers));
  co_await recordAnyway(back.group, back.group != 0 ? "taken back" : "rolled back", std::move(body));
  std::vector<ReleaseKey> leaving;
  for (const auto& [service, to] : moving) {
    if (state_.live.at(service) == to && from.at(service) != 0) leaving.push_back({service, from.at(service)});
  }
  beginDrain(leaving);
  const Status served = co_await serve(wait);
  drain(std::move(leaving));
  co_return served;
}

bool Environment::needed(const Instance& one) const {
  if (one.number == 0) return false;  // a task's remains
  const ReleaseKey key{one.service, one.group};
  if (draining_.contains(key) || kept_.contains(key)) return true;
  const auto live = state_.live.find(one.service);
  if (live != state_.live.end() && live->second == one.group) return true;
  const Group* group = state_.find(one.group);
  if (group != nullptr && group->underWay() && progress.contains(one.group)) return true;
  const auto beside = state_.previous.find(one.service);
  if (beside == state_.previous.end() || beside->second != one.group) return false;
  const Group* newer = live == state_.live.end() ? nullptr : state_.find(live->second);
  if (newer == nullptr) return false;
  if (newer->watched() || newer->underWay()) return true;
  const auto plan = plans_.find(newer->number);
  const model::DeployService* planned = plan == plans_.end() ? nullptr : plan->second->find(one.service);
  const Duration warm = planned == nullptr ? Duration(std::chrono::minutes(10)) : planned->release.warm;
  const std::int64_t ageUs = wallUs() - newer->endedUs;  // below 0 when the clock was stepped back
  return ageUs >= 0 && ageUs < std::chrono::duration_cast<std::chrono::microseconds>(warm).count();
}

Task<void> Environment::sweep(Wait wait) {
  if (!unwritten_.empty()) {
    const Wait forever;
    Turn turn(writing_);
    static_cast<void>(co_await turn.take(forever));
    static_cast<void>(co_await writeWaiting());
  }
  const Status looked = co_await instances_.look(wait);
  if (!looked.ok()) co_return;  // the engine is away; the next sweep sees
  std::vector<std::string> surplus;
  std::set<ReleaseKey> unfinished;
  for (const auto& one : instances_.all()) {
    if (needed(one) || instances_.runsTask(one.name)) continue;
    const ReleaseKey key{one.service, one.group};
    // Also what an earlier process sent visitors to.
    if (one.running && one.number != 0 && !finished_.contains(key)) {
      unfinished.insert(key);
    } else {
      surplus.push_back(one.id);
    }
  }
  drain({unfinished.begin(), unfinished.end()});
  for (const auto& id : surplus) {
    const Instance* still = instances_.find(id);
    if (still == nullptr || needed(*still)) continue;  // somebody came back to it meanwhile
    ending_.insert(id);
    removing_.insert(id);
    const Status removed = co_await instances_.remove(id, wait);
    removing_.erase(id);
    if (!removed.ok()) {
      log(Level::kWarning, "deploy", removed.error().text());
    } else {
      ending_.erase(id);
    }
  }
  if (!moves_.taken()) co_await healLive(wait);
  co_await serveChanges(wait);
  co_await forgetOld();
}

// Not what is being replaced, and never two on one volume.
bool Environment::mayHeal(const std::string& service, const model::DeployService& planned, int group) const {
  if (paused_.contains(service) || replacing_.taken()) return false;
  if (planned.shape == Shape::kStateless) return true;
  return std::none_of(instances_.all().begin(), instances_.all().end(), [&](const auto& one) {
    return one.service == service && one.group != group && one.number != 0 && one.running;
  });
}

// An instance that somebody removed is made again, and one that we had stopped for a move that failed is started. What
// ended by itself is its restart policy's.
Task<void> Environment::healLive(Wait wait) {
  for (const auto& [service, number] : std::map<std::string, int>(state_.live)) {
    if (number == 0) continue;
    const model::DeployService* planned = this->planned(service, number);
    if (planned == nullptr || !mayHeal(service, *planned, number)) continue;
    int there = 0;
    const std::string& policy = planned->service.container.restartPolicy;
    const bool comesBack = policy == "always" || policy == "unless-stopped";
    for (const auto& one : instances_.of(service, number)) {
      if (!one.ended || (!comesBack && !ending_.contains(one.id))) ++there;
    }
    if (there >= planned->replicas) continue;
    const Status up = co_await raise(service, number, wait);
    if (!up.ok()) log(Level::kWarning, "deploy", up.error().text());
  }
}

// The images of releases are what fills a disk; that the next build finds room is worth more than a tenth way back.
Task<bool> Environment::diskShort(Wait wait) {
  const Instant now = loop().clock().now();
  if (now - diskLookedAt_ < kDiskLookEvery) co_return false;
  diskLookedAt_ = now;
  const auto info = co_await parts_.engine.info(wait);
  if (!info.ok() || info->diskBytes == 0) co_return false;
  const double least =
      std::min(kDiskFreeShare * static_cast<double>(info->diskBytes), static_cast<double>(kDiskFreeMost));
  co_return static_cast<double>(info->diskFreeBytes) < least;
}

Task<void> Environment::forgetOld() {
  const Wait wait{loop().clock().now() + kEngineTime, nullptr};
  std::vector<int> old = forgettable(state_, kReleasesKept);
  const std::vector<int> more = forgettable(state_, kReleasesKeptShort);
  bool tooMany = false;
  if (more.size() > old.size()) tooMany = co_await diskShort(wait);
  if (tooMany) {
    log(Level::kWarning, "deploy",
        fmt::format("the disk with the images is nearly full: {} older releases of {} {} are not kept any more",
                    more.size(), key_.project, key_.environment));
    old = more;
  }
  if (old.empty()) co_return;
  for (const int number : old) {
    for (const auto& [service, released] : state_.find(number)->services) {
      if (released.image != imageName(key_, service, number)) continue;  // somebody else's
      static_cast<void>(co_await parts_.engine.removeImage(released.image, wait));
    }
  }
  const Status forgotten = co_await parts_.journal.forget(key_.project, key_.environment, old);
  if (!forgotten.ok()) co_return;
  for (const int number : old) {
    state_.groups.erase(number);
    plans_.erase(number);
    progress.erase(number);
  }
}

}  // namespace orbit::deploy
