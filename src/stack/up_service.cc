#include "stack/up_service.h"

#include "stack/create.h"
#include "stack/failure.h"
#include "stack/health.h"
#include "stack/limits.h"
#include "stack/names.h"

namespace orbit::stack {

using engine::ContainerState;
using net::Task;
using Condition = model::Dependency::Condition;

UpService::UpService(UpState& state, const Turn& turn, ServiceDecision decision)
    : state_(state), operation_(state.operation), turn_(turn), service_(*turn.service), decision_(std::move(decision)) {
  for (const auto& replica : decision_.replicas) boxes_.push_back({replica, replica.id, false});
}

Task<void> UpService::run() {
  // Evaluated one after the other: each step needs what the one before it did.
  bool going = co_await quiesce();
  if (going) going = co_await clearAway();
  if (going) going = co_await createMissing();
  if (going && !decision_.recreates()) settled();
  if (going && !state_.options.noStart) going = co_await awaitTurn();
  if (going && decision_.recreates()) going = co_await replaceOutdated();
  if (going && !state_.options.noStart) going = co_await startAll();
  if (going && !state_.options.noStart) co_await awaitHealth();
  if (!going || !ok_) {
    progress().failed = true;
    state_.changed.notifyAll();
  }
}

// Waits for a condition on the shared state. False when the operation was cancelled.
Task<bool> UpService::until(std::function<bool()> holds) {
  while (!holds()) {
    const Status woken = co_await state_.changed.wait(operation_.wait);
    if (!woken.ok()) co_return false;
  }
  co_return true;
}

Task<bool> UpService::quiesce() {
  if (decision_.restart) {
    for (auto& box : boxes_) {
      if (box.replica.action != Replica::Action::kKeep || box.replica.state != ContainerState::kRunning) continue;
      operation_.containerStep(box.replica.oldName, service_.name, "stopping", "a service it depends on is recreated");
      Status stopped = co_await operation_.engine.stopContainer(box.id, state_.options.stopTimeout, operation_.wait);
      if (!stopped.ok()) fail(std::move(stopped).error(), box.replica.oldName);
      box.replica.state = ContainerState::kExited;
    }
  }
  state_.quiet.insert(service_.name);
  state_.changed.notifyAll();
  co_return ok_;
}

Task<void> UpService::remove(Removal what, bool withVolumes) {
  const bool removed = co_await stopAndRemove(operation_, std::move(what), state_.options.stopTimeout, withVolumes);
  ok_ &= removed;
}

Task<bool> UpService::clearAway() {
  net::TaskGroup group(operation_.loop);
  for (const auto& one : decision_.leftovers) group.add(remove(one, one.neverStarted));
  for (const auto& one : decision_.surplus) group.add(remove(one, false));
  co_await group.join();
  co_return ok_;
}

Task<bool> UpService::createMissing() {
  net::TaskGroup group(operation_.loop);
  for (auto& box : boxes_) {
    if (box.replica.action == Replica::Action::kCreate) group.add(createBox(box));
  }
  co_await group.join();
  co_return ok_;
}

Task<void> UpService::createBox(Box& box) {
  const std::string replaces;
  std::vector<engine::MountPoint> inherit;
  box.id = co_await create(box.replica, box.replica.name, replaces, std::move(inherit));
}

// Returns the id, or "" after a failure.
Task<std::string> UpService::create(const Replica& replica, std::string name, std::string replaces,
                                    std::vector<engine::MountPoint> inherit) {
  const auto shared = sharesWith(service_);
  const std::function<bool()> settled = [this, &shared] {
    return std::all_of(shared.begin(), shared.end(), [this](const std::string& partner) {
      return !state_.unsettled.contains(partner) || state_.progress[partner].failed;
    });
  };
  const bool ready = co_await until(settled);
  const bool lost = std::any_of(shared.begin(), shared.end(), [this](const std::string& partner) {
    return state_.unsettled.contains(partner);  // it failed, and has said so
  });
  if (!ready || lost) {
    ok_ = false;
    co_return std::string();
  }
  ContainerInput input;
  input.number = replica.number;
  input.home = operation_.home;
  input.image = state_.images.find(service_);
  input.inherit = std::move(inherit);
  Status found = co_await findPartners(operation_, service_, state_.first, input);
  if (!found.ok()) {
    fail(std::move(found).error(), replica.name);
    co_return std::string();
  }
  auto spec = containerSpec(state_.plan, service_, input);
  if (!spec.ok()) {
    fail(std::move(spec).error(), replica.name);
    co_return std::string();
  }
  if (!replaces.empty()) {
    spec->labels[kReplaceLabel] =
        service_.containerName.empty() ? service_.name + "-" + std::to_string(replica.number) : service_.containerName;
    spec->labels[kReplacesLabel] = replaces;
  }
  operation_.containerStep(replica.name, service_.name, replaces.empty() ? "creating" : "recreating", replica.reason);
  auto id = co_await createInPlace(operation_, name, std::move(*spec));
  if (!id.ok()) {
    Failure failure = co_await explainRefusal(operation_, service_, name, std::move(id).error());
    fail(std::move(failure));
    co_return std::string();
  }
  operation_.containerStep(replica.name, service_.name, "created");
  co_return std::move(*id);
}

bool UpService::someoneWaits(Condition condition) const {
  for (const auto& turn : state_.order.turns) {
    for (const auto& dependency : turn.waitsFor) {
      if (dependency.service == service_.name && dependency.condition == condition) return true;
    }
  }
  return false;
}

Task<bool> UpService::awaitTurn() {
  for (;;) {
    const Verdict verdict = mayStart(turn_, state_.progress);
    if (verdict.kind == Verdict::Kind::kGiveUp) {
      for (const auto& box : boxes_) {
        operation_.containerStep(box.replica.name, service_.name, "skipped", verdict.dependency + " failed");
      }
      co_return false;
    }
    if (verdict.kind == Verdict::Kind::kStart) {
      for (const auto& name : verdict.withoutThe) {
        operation_.warn({"service " + service_.name + " starts without " + name + ", which failed",
                         "it is not required (`required: false`)", service_.at});
      }
      co_return true;
    }
    const Status woken = co_await state_.changed.wait(operation_.wait);
    if (!woken.ok()) co_return false;
  }
}

Task<bool> UpService::replaceOutdated() {
  // Those who restart with this service have to be out of the way first.
  std::vector<std::string> dependants;
  for (const auto& name : restartsWith(state_.plan, service_.name)) {
    for (const auto& turn : state_.order.turns) {
      if (turn.service->name == name) dependants.push_back(name);
    }
  }
  const std::function<bool()> stopped = [this, &dependants] {
    return std::all_of(dependants.begin(), dependants.end(),
                       [this](const std::string& name) { return state_.quiet.contains(name); });
  };
  const bool quiet = co_await until(stopped);
  if (!quiet) co_return false;
  net::TaskGroup group(operation_.loop);
  for (auto& box : boxes_) {
    if (box.replica.action == Replica::Action::kRecreate) group.add(replaceBox(box));
  }
  co_await group.join();
  if (ok_) settled();
  co_return ok_;
}

// Compose v2's order: create the new one under a temporary name, stop the old one, remove it, rename the new one. A
// crash between any two of these is mended by the next `up` (converge.h).
Task<void> UpService::replaceBox(Box& box) {
  const Replica& replica = box.replica;
  std::vector<engine::MountPoint> inherit;
  if (!state_.options.renewAnonymousVolumes) {
    auto old = co_await operation_.engine.inspectContainer(replica.id, operation_.wait);
    if (!old.ok() && old.error().code != Code::kNotFound) co_return fail(std::move(old).error(), replica.oldName);
    if (old.ok()) inherit = std::move(old->mounts);
  }
  // Only when the old one holds the name is a temporary one needed.
  const bool direct = replica.oldName != replica.name;
  const std::string name = direct ? replica.name : replacementName(replica.id, replica.name);
  const std::string id = co_await create(replica, name, replica.id, std::move(inherit));
  if (id.empty()) co_return;
  const bool active = replica.state != ContainerState::kCreated && replica.state != ContainerState::kExited;
  Removal old{replica.id, replica.oldName, service_.name, active, false, "replaced"};
  const bool gone = co_await stopAndRemove(operation_, std::move(old), state_.options.stopTimeout, false);
  if (!gone) {
    ok_ = false;
    co_return;
  }
  box.id = id;
  box.replica.state = ContainerState::kCreated;
  if (direct) co_return;
  Status renamed = co_await operation_.engine.renameContainer(id, replica.name, operation_.wait);
  if (!renamed.ok()) fail(std::move(renamed).error(), replica.name);
}

void UpService::settled() {
  if (!boxes_.empty()) state_.first[service_.name] = boxes_.front().id;
  state_.unsettled.erase(service_.name);
  state_.changed.notifyAll();
}

bool UpService::portsInRange() const {
  const auto& ports = service_.container.ports;
  return std::any_of(ports.begin(), ports.end(),
                     [](const model::Port& port) { return port.published.find('-') != std::string::npos; });
}

Task<bool> UpService::startAll() {
  // The engine may give one port of a range to two containers that start at the same moment.
  const bool oneByOne = portsInRange();
  net::TaskGroup group(operation_.loop);
  for (auto& box : boxes_) {
    if (oneByOne) {
      co_await startBox(box);
    } else {
      group.add(startBox(box));
    }
  }
  co_await group.join();
  if (ok_) progress().started = true;
  state_.changed.notifyAll();
  co_return ok_;
}

Task<Status> UpService::launch(const Box& box) {
  ORBIT_CO_TRY_STATUS(co_await putFiles(operation_, state_.plan, service_, box.id));
  co_return co_await operation_.engine.startContainer(box.id, operation_.wait);
}

// What the engine left half done when it was killed; and any trouble it has with a container that an earlier operation
// created and that never ran: nothing is lost by making that anew, and it is often the same thing in other words.
bool UpService::worthRenewing(const Replica& replica, const Error& error) {
  const bool neverRan = replica.action == Replica::Action::kKeep && replica.state == ContainerState::kCreated;
  return error.code == Code::kStale || (error.code == Code::kIo && neverRan);
}

Task<void> UpService::startBox(Box& box) {
  const Replica& replica = box.replica;
  if (replica.action == Replica::Action::kKeep && replica.oldName != replica.name) {
    Status renamed = co_await operation_.engine.renameContainer(box.id, replica.name, operation_.wait);
    if (!renamed.ok()) co_return fail(std::move(renamed).error(), replica.name);
  }
  if (replica.state == ContainerState::kRunning || replica.state == ContainerState::kRestarting) {
    operation_.containerStep(replica.name, service_.name, "unchanged");
    co_return;
  }
  if (replica.state == ContainerState::kPaused) {
    co_return fail(Error{Code::kConflict, "container " + replica.name + " is paused",
                         "let it go on with `docker unpause " + replica.name + "`", service_.at},
                   replica.name);
  }
  operation_.containerStep(replica.name, service_.name, "starting");
  Status started = co_await launch(box);
  if (!started.ok() && worthRenewing(replica, started.error())) {
    box.replica.id = box.id;
    box.replica.oldName = replica.name;
    box.replica.state = ContainerState::kCreated;
    box.replica.reason = "the engine cannot start it";
    co_await replaceBox(box);
    if (!ok_) co_return;
    settled();
    started = co_await launch(box);
  }
  if (!started.ok()) {
    Failure failure = co_await explainRefusal(operation_, service_, replica.name, std::move(started).error());
    co_return fail(std::move(failure));
  }
  box.startedNow = true;
  operation_.containerStep(replica.name, service_.name, "started");
}

Task<void> UpService::awaitHealth() {
  const bool completion = someoneWaits(Condition::kCompleted);
  const bool health = someoneWaits(Condition::kHealthy) || (state_.options.waitHealthy && !completion);
  net::TaskGroup group(operation_.loop);
  for (auto& box : boxes_) {
    if (completion) group.add(awaitCompletion(box));
    if (health) group.add(awaitBox(box));
  }
  co_await group.join();
  if (!ok_) co_return;
  progress().healthy = health || boxes_.empty();
  progress().completed = completion || boxes_.empty();
  state_.changed.notifyAll();
}

Task<void> UpService::awaitBox(Box& box) {
  HealthTarget target{&service_,           box.id, box.replica.name, state_.images.find(service_), std::nullopt,
                      &state_.knownHealthy};
  if (!box.startedNow) {
    for (const auto& container : state_.observed.containers) {
      if (container.id == box.id) target.seen = container;
    }
  }
  const bool told = box.startedNow && (service_.container.healthCheck || !service_.readyPorts.empty());
  if (told) operation_.containerStep(box.replica.name, service_.name, "waiting");
  const net::Wait wait = operation_.wait.until(state_.healthDeadline);
  HealthResult result = co_await waitHealthy(operation_, std::move(target), wait);
  if (result.kind == HealthResult::Kind::kFailed) co_return fail(std::move(result.failure));
  if (result.kind == HealthResult::Kind::kFinished) {
    operation_.containerStep(box.replica.name, service_.name, "exited");
    if (!someoneWaits(Condition::kHealthy)) co_return;
    co_return fail(Error{Code::kInvalid, "service " + service_.name + " ended before it was healthy",
                         "wait for its end instead: `condition: service_completed_successfully`", service_.at},
                   box.replica.name);
  }
  if (result.startedUs != 0) {
    if (state_.knownHealthy.size() >= kKnownHealthyMost) state_.knownHealthy.clear();
    state_.knownHealthy[box.id] = result.startedUs;
  }
  if (box.startedNow) operation_.containerStep(box.replica.name, service_.name, "healthy");
}

Task<void> UpService::awaitCompletion(Box& box) {
  operation_.containerStep(box.replica.name, service_.name, "waiting", "until it ends");
  const net::Wait wait = operation_.wait.until(state_.healthDeadline);
  auto code = co_await operation_.engine.waitContainer(box.id, wait);
  if (!code.ok()) co_return fail(std::move(code).error(), box.replica.name);
  if (*code == 0) {
    operation_.containerStep(box.replica.name, service_.name, "exited");
    co_return;
  }
  auto detail = co_await operation_.engine.inspectContainer(box.id, operation_.wait);
  if (!detail.ok()) co_return fail(std::move(detail).error(), box.replica.name);
  detail->exitCode = *code;
  Failure failure = co_await explainExit(operation_, service_, std::move(*detail));
  fail(std::move(failure));
}

void UpService::fail(Failure failure) {
  ok_ = false;
  operation_.containerStep(failure.container, service_.name, "failed", failure.error.message);
  operation_.failures.push_back(std::move(failure));
}

void UpService::fail(Error error, const std::string& container) {
  if (!error.at.known()) error.at = service_.at;
  fail(Failure{std::move(error), service_.name, container, 0, {}, ""});
}

}  // namespace orbit::stack
