// The ways back: replacing what has one instance only, taking releases back, and sweeping up.
#include "deploy/environment.h"
#include "deploy/limits.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

Task<Status> Environment::replace(std::string service, int from, int to, stack::Failure& failure, Wait wait) {
  const model::DeployService* old = from == 0 ? nullptr : planned(service, from);
  Json body = Json::object({{"service", service}, {"from", from}});
  ORBIT_CO_TRY_STATUS(co_await record(to, "replacing", std::move(body)));
  pause(service, from != 0);
  Status served = co_await serve(wait);
  if (served.ok() && old != nullptr) {
    const Wait most = wait.until(loop().clock().now() + old->release.drain);
    static_cast<void>(co_await parts_.traffic.drained(key_.project, key_.environment, service, releaseId(from), most));
    for (const auto& one : instances_.of(service, from)) {
      ending_.insert(one.id);
      served = co_await instances_.stop(one.id, wait);
      if (!served.ok()) break;
    }
  }
  Status up = served;
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
  const Wait wait{loop().clock().now() + kEngineTime, nullptr};  // whoever was cancelled, this is done
  for (const auto& one : instances_.of(service, to)) {
    ending_.insert(one.id);
    static_cast<void>(co_await instances_.remove(one.id, wait));  // the sweep tries again
  }
  stack::Failure failure;
  if (from != 0) {
    for (const auto& one : instances_.of(service, from)) ending_.erase(one.id);
    const Status back = co_await bringUp(service, from, false, failure, wait);
    if (!back.ok()) log(Level::kError, "deploy", "cannot bring " + service + " back: " + back.error().text());
  }
  Json body = Json::object({{"service", service}, {"from", from}});
  co_await recordAnyway(to, "restored", std::move(body));
  pause(service, false);
  const Status served = co_await serve(wait);
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
      "Orbit's daemon ended while it was " + std::string(stageName(state_.find(number)->stage)) + "; deploy again";
  Json body = Json::object({{"reasons", Json::strings({why})}});
  co_await recordAnyway(number, "failed", std::move(body));
}

Task<Status> Environment::end(bool volumes, Wait wait) {
  Turn turn(*this);
  ORBIT_CO_TRY_STATUS(co_await turn.take(wait));
  std::set<std::string> kept;
  for (const auto& [number, group] : state_.groups) {
    const auto plan = planOf(number);
    if (!plan.ok()) continue;
    for (const auto& volume : (*plan)->volumes) {
      if (!volume.external) kept.insert(volumeName(key_, volume.key));
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
  const Status gone = co_await parts_.engine.removeNetwork(networkName(key_), wait);
  if (!gone.ok() && gone.error().code != Code::kNotFound) co_return gone;
  if (!volumes) co_return Status();
  for (const auto& name : kept) {
    const Status removed = co_await parts_.engine.removeVolume(name, wait);
    if (!removed.ok() && removed.error().code != Code::kNotFound) co_return removed;
  }
  co_return Status();
}

Task<Status> Environment::goBack(Back back, Wait wait) {
  stack::Failure failure;
  std::vector<ReleaseKey> leaving;
  std::map<std::string, int> moving, replaced;
  for (const auto& [service, to] : back.live) {
    const auto now = state_.live.find(service);
    const int from = now == state_.live.end() ? 0 : now->second;
    if (from == to) continue;
    const model::DeployService* target = planned(service, to);
    if (target == nullptr) {
      co_return Error{.code = Code::kNotFound, .message = releaseId(to) + " of " + service + " is not kept any more"};
    }
    if (target->shape == Shape::kStateless) {
      moving[service] = to;
      leaving.push_back({service, from});
    } else if (back.stateful) {
      replaced[service] = to;
    }
  }
  // Warm ones are there; others are made of their kept image and go through their gate first.
  for (const auto& [service, to] : moving) {
    ORBIT_CO_TRY_STATUS(co_await bringUp(service, to, true, failure, wait));
  }
  for (const auto& [service, to] : replaced) {
    const int from = state_.live.at(service);
    ORBIT_CO_TRY_STATUS(co_await replace(service, from, to, failure, wait));
  }
  Json body = liveBody(moving);
  body.set("by", back.by);
  body.set("reasons", Json::strings(back.reasons));
  body.set("numbers", std::move(back.numbers));
  const bool watched = back.group != 0;
  co_await recordAnyway(back.group, watched ? "taken back" : "rolled back", std::move(body));
  beginDrain(leaving);
  const Status served = co_await serve(wait);
  drain(std::move(leaving));
  co_return served;
}

bool Environment::needed(const Instance& one) const {
  if (one.number == 0) return false;  // a task's remains
  if (draining_.contains({one.service, one.group})) return true;
  const auto live = state_.live.find(one.service);
  if (live != state_.live.end() && live->second == one.group) return true;
  const Group* group = state_.find(one.group);
  if (group != nullptr && group->underWay() && progress.contains(one.group)) return true;
  const auto beside = state_.previous.find(one.service);
  if (beside == state_.previous.end() || beside->second != one.group) return false;
  const Group* newer = live == state_.live.end() ? nullptr : state_.find(live->second);
  if (newer == nullptr) return false;
  if (newer->watched()) return true;
  const auto plan = plans_.find(newer->number);
  const model::DeployService* planned = plan == plans_.end() ? nullptr : plan->second->find(one.service);
  const Duration warm = planned == nullptr ? Duration(std::chrono::minutes(10)) : planned->release.warm;
  return wallUs() - newer->endedUs < std::chrono::duration_cast<std::chrono::microseconds>(warm).count();
}

Task<void> Environment::sweep(Wait wait) {
  while (!unwritten_.empty()) {
    const Status written = co_await parts_.journal.append(unwritten_.front());
    if (!written.ok()) break;
    unwritten_.pop_front();
  }
  const Status looked = co_await instances_.look(wait);
  if (!looked.ok()) co_return;  // the engine is away; the next sweep sees
  std::vector<std::string> surplus;
  for (const auto& one : instances_.all()) {
    const bool taskUnderWay = one.number == 0 && turnTaken_;
    if (!needed(one) && !taskUnderWay) surplus.push_back(one.id);
  }
  for (const auto& id : surplus) {
    ending_.insert(id);
    const Status removed = co_await instances_.remove(id, wait);
    if (!removed.ok()) {
      log(Level::kWarning, "deploy", removed.error().text());
    } else {
      ending_.erase(id);
    }
  }
  if (!turnTaken_) co_await healLive(wait);
  co_await forgetOld();
}

// An instance that somebody removed is made again.
Task<void> Environment::healLive(Wait wait) {
  bool made = false;
  for (const auto& [service, number] : std::map<std::string, int>(state_.live)) {
    if (number == 0) continue;
    const model::DeployService* planned = this->planned(service, number);
    if (planned == nullptr) continue;
    const auto there = instances_.of(service, number);
    if (static_cast<int>(there.size()) >= planned->replicas) continue;
    stack::Failure failure;
    const Status up = co_await bringUp(service, number, false, failure, wait);
    made = true;
    if (!up.ok()) log(Level::kWarning, "deploy", up.error().text());
  }
  if (!made) co_return;
  const Status served = co_await serve(wait);
  if (!served.ok()) log(Level::kWarning, "deploy", served.error().text());
}

Task<void> Environment::forgetOld() {
  const std::vector<int> old = forgettable(state_, kReleasesKept);
  if (old.empty()) co_return;
  const Wait wait{loop().clock().now() + kEngineTime, nullptr};
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
