#include "deploy/environment.h"

#include "deploy/gate.h"
#include "deploy/limits.h"
#include "model/secret_mark.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

Environment::Environment(Deploy::Parts& parts, EnvironmentKey key)
    : parts_(parts),
      key_(key),
      instances_(parts.loop, parts.engine, key, parts.home),
      moves_(parts.loop),
      replacing_(parts.loop),
      writing_(parts.loop),
      changed_(parts.loop),
      background_(parts.loop) {
  state_.key = key_;
}

Task<Status> Environment::record(int group, std::string kind, Json body, std::string sealed) {
  const Wait forever;
  Turn turn(writing_);
  ORBIT_CO_TRY_STATUS(co_await turn.take(forever));
  Fact fact{key_.project, key_.environment, group, wallUs(), std::move(kind), std::move(body), std::move(sealed)};
  Status written = co_await writeWaiting();
  if (written.ok()) written = co_await parts_.journal.append(fact);
  if (!written.ok()) co_return std::move(written).error().within("the journal of releases");
  apply(state_, fact);
  changed_.notifyAll();
  co_return Status();
}

Task<void> Environment::recordAnyway(int group, std::string kind, Json body) {
  const Wait forever;
  Turn turn(writing_);
  static_cast<void>(co_await turn.take(forever));
  Fact fact{key_.project, key_.environment, group, wallUs(), std::move(kind), std::move(body), ""};
  apply(state_, fact);
  changed_.notifyAll();
  Status written = co_await writeWaiting();
  if (written.ok()) written = co_await parts_.journal.append(fact);
  if (written.ok()) co_return;
  log(Level::kError, "deploy",
      fact.kind + " of " + key_.text() + " could not be written yet: " + written.error().text());
  unwritten_.push_back(std::move(fact));
}

// In the order they happened: what could not be written comes before anything new. By whoever has the turn.
Task<Status> Environment::writeWaiting() {
  while (!unwritten_.empty()) {
    ORBIT_CO_TRY_STATUS(co_await parts_.journal.append(unwritten_.front()));
    unwritten_.pop_front();
  }
  co_return Status();
}

Result<std::shared_ptr<const model::Deployment>> Environment::planOf(int number) {
  if (const auto known = plans_.find(number); known != plans_.end()) return known->second;
  const Group* group = state_.find(number);
  if (group == nullptr) {
    return Error{.code = Code::kNotFound, .message = "no release " + releaseId(number) + " of " + key_.text()};
  }
  ORBIT_TRY(const std::string text, parts_.journal.sealed(key_.project, key_.environment, number));
  ORBIT_TRY(const auto snapshot, project::readSnapshot(text));
  project::Production production;
  production.environment = key_.environment;
  production.variables = group->pins;
  production.allowDevelopmentSecrets = true;  // they were allowed when it was deployed
  production.httpsPort = group->httpsPort;
  production.commit = group->source.commit;
  production.branch = group->source.branch;
  production.message = group->source.message;
  production.author = group->source.author;
  auto reading = project::readDeployment(snapshot, production);
  if (!reading.deployment) {
    Error error = reading.problems.empty() ? Error{.code = Code::kInvalid, .message = "its files are not whole"}
                                           : std::move(reading.problems.front());
    return std::move(error).within("release " + releaseId(number));
  }
  auto plan = std::make_shared<const model::Deployment>(std::move(*reading.deployment));
  plans_[number] = plan;
  return plan;
}

const model::DeployService* Environment::planned(const std::string& service, int group) {
  const auto plan = planOf(group);
  if (plan.ok()) return (*plan)->find(service);
  log(Level::kError, "deploy", plan.error().text());
  return nullptr;
}

int Environment::replicasOf(const std::string& service, int group, int fallback) const {
  const auto plan = plans_.find(group);
  const model::DeployService* planned = plan == plans_.end() ? nullptr : plan->second->find(service);
  return planned == nullptr ? fallback : planned->replicas;
}

Result<std::string> Environment::secretOf(const Group& group, const std::string& name) {
  const std::string mark = model::secretMark(name);
  const auto pin = std::find_if(group.pins.begin(), group.pins.end(),
                                [&](const auto& one) { return one.secret && one.value == mark; });
  if (pin == group.pins.end()) {
    return Error{.code = Code::kNotFound, .message = releaseId(group.number) + " was made without a secret " + name};
  }
  ORBIT_TRY(auto value, parts_.secrets.open(key_.project, key_.environment, pin->service, pin->name, pin->version));
  if (value.version != pin->version) {
    log(Level::kInfo, "deploy",
        "release " + releaseId(group.number) + " gets version " + std::to_string(value.version) + " of " + name +
            ": the version it was made with is revoked");
  }
  return std::move(value.text);
}

std::function<Result<std::string>(const std::string& name)> Environment::secretsOf(int number) {
  return [this, number](const std::string& name) -> Result<std::string> {
    const Group* group = state_.find(number);
    if (group != nullptr) return secretOf(*group, name);
    return Error{.code = Code::kNotFound, .message = "no release " + releaseId(number)};
  };
}

Result<model::Probe> Environment::probeOf(const model::DeployService& service, int number) {
  model::Probe probe = service.probe;
  for (auto& word : probe.command) {
    ORBIT_TRY(word, model::fillSecrets(word, secretsOf(number)));
  }
  return probe;
}

InstanceInput Environment::inputFor(const model::Deployment& plan, const model::DeployService& service,
                                    const Group& group, int number) {
  return {.state = state_,
          .plan = plan,
          .service = service,
          .group = group,
          .number = number,
          .home = parts_.home,
          .virtualAddresses = parts_.traffic.virtualAddresses(),
          .secret = secretsOf(group.number)};
}

Task<Status> Environment::raise(std::string service, int number, Wait wait) {
  ORBIT_CO_TRY(const auto plan, planOf(number));
  const model::DeployService* planned = plan->find(service);
  const Group* group = state_.find(number);
  if (planned == nullptr || group == nullptr) {
    co_return Error{.code = Code::kNotFound, .message = releaseId(number) + " has no service " + service};
  }
  finished_.erase({service, number});
  for (int n = 1; n <= planned->replicas; ++n) {
    InstanceInput input = inputFor(*plan, *planned, *group, n);
    auto one = co_await instances_.ensure(std::move(input), wait);
    if (!one.ok()) co_return std::move(one).error();
  }
  co_return Status();
}

bool Environment::isBeingRemoved(const std::string& service, int number) const {
  const std::vector<Instance> all = instances_.of(service, number);
  return std::any_of(all.begin(), all.end(), [this](const auto& one) { return removing_.contains(one.id); });
}

Task<Status> Environment::bringUp(std::string service, int number, bool warm, stack::Failure& failure, Wait wait) {
  ORBIT_CO_TRY(const auto plan, planOf(number));
  const model::DeployService* planned = plan->find(service);
  const Group* group = state_.find(number);
  if (planned == nullptr || group == nullptr) {
    co_return Error{.code = Code::kNotFound, .message = releaseId(number) + " has no service " + service};
  }
  finished_.erase({service, number});
  // What the sweep is removing runs still, and is not warm any more.
  while (isBeingRemoved(service, number)) {
    ORBIT_CO_TRY_STATUS(co_await loop().sleep(kProbeGapFirst, wait));
  }
  const std::vector<Instance> there = instances_.of(service, number);
  const auto running = std::count_if(there.begin(), there.end(), [](const auto& one) { return one.running; });
  if (warm && running >= planned->replicas) co_return Status();  // also while the engine is away
  const bool ran = warm && !there.empty();
  std::vector<Instance> all;
  bool started = false;
  for (int n = 1; n <= planned->replicas; ++n) {
    for (const auto& one : instances_.of(service, number)) started = started || (one.number == n && !one.running);
    InstanceInput input = inputFor(*plan, *planned, *group, n);
    auto one = co_await instances_.ensure(std::move(input), wait);
    if (!one.ok()) {
      failure.service = service;
      failure.container = containerName(key_, service, number, n);
      failure.error = one.error();
      co_return std::move(one).error();
    }
    all.push_back(*one);
  }
  if (ran && !started) co_return Status();
  co_return co_await gateAll(*planned, number, std::move(all), warm, failure, wait);
}

Task<Status> Environment::gateAll(const model::DeployService& service, int number, std::vector<Instance> all,
                                  bool proven, stack::Failure& failure, Wait wait) {
  const std::string name = service.service.name;
  GateInput input;
  ORBIT_CO_TRY(input.probe, probeOf(service, number));
  if (proven) input.probe.rise = 1;
  input.service = name;
  input.routed = service.routed;
  input.port = service.port;
  input.portFrom = service.portFrom;
  input.portNamed = service.portFixed;
  const Group* group = state_.find(number);
  const auto before = group->before.find(name);
  const Group* old = before == group->before.end() ? nullptr : state_.find(before->second);
  if (!input.portNamed && old != nullptr && service.routed) {
    const auto released = old->services.find(name);
    const model::DeployService* earlier = planned(name, old->number);
    // What the files say of it is the same, so the port is to be the same too.
    if (released != old->services.end() && released->second.port != 0 && earlier != nullptr &&
        earlier->port == service.port) {
      input.port = released->second.port;
      input.portFrom = "as " + releaseId(old->number) + " did";
      input.portNamed = true;
    }
  }
  std::vector<Result<GatePass>> results(all.size(), GatePass{});
  net::TaskGroup gates(parts_.loop);
  const std::function<Task<void>(std::size_t)> one = [&](std::size_t i) -> Task<void> {
    GateInput own = input;
    own.instance = all[i];
    Gate gate(parts_.loop, parts_.engine, std::move(own));
    results[i] = co_await gate.pass(wait);
  };
  for (std::size_t i = 0; i < all.size(); ++i) gates.add(one(i));
  co_await gates.join();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (results[i].ok()) continue;
    failure.service = name;
    failure.container = all[i].name;
    failure.error = results[i].error();
    const Wait brief{parts_.loop.clock().now() + kExplainTime, nullptr};
    failure.logTail = co_await logTail(parts_.engine, all[i].id, brief);
    co_return results[i].error();
  }
  const int port = results.empty() ? 0 : results.front()->port;
  if (port != 0 && state_.find(number)->services.at(name).port != port) {
    Json body = Json::object({{"service", name}, {"port", port}});
    ORBIT_CO_TRY_STATUS(co_await record(number, "port", std::move(body)));
  }
  co_return co_await instances_.look(wait);
}

model::LiveEnvironment Environment::world() {
  for (const auto& [service, number] : state_.live) {
    if (number != 0) static_cast<void>(planned(service, number));  // fills plans_; what fails is told and left out
  }
  return worldOf({state_, instances_.all(), plans_, draining_, paused_});
}

Task<Status> Environment::serve(Wait wait) {
  model::LiveEnvironment next = world();
  brought_.reset();
  const std::uint64_t own = ++serves_;
  const Wait limited = wait.until(parts_.loop.clock().now() + kServeTime);
  Status served = co_await parts_.traffic.serve(next, limited);
  if (served.ok() && own == serves_) brought_ = std::move(next);
  co_return served;
}

bool Environment::serves(const ReleaseKey& release) {
  const model::LiveEnvironment now = world();
  return std::any_of(now.services.begin(), now.services.end(), [&](const auto& service) {
    if (service.name != release.first) return false;
    return std::any_of(service.releases.begin(), service.releases.end(),
                       [&](const auto& one) { return one.id == releaseId(release.second); });
  });
}

Task<void> Environment::serveChanges(Wait wait) {
  if (state_.live.empty() || isServed()) co_return;
  const Status served = co_await serve(wait);
  if (!served.ok()) log(Level::kWarning, "deploy", served.error().text());
}

void Environment::pause(const std::string& service, bool paused) {
  if (paused) {
    paused_.insert(service);
  } else {
    paused_.erase(service);
  }
}

void Environment::drain(std::vector<ReleaseKey> releases) {
  for (auto& release : releases) {
    draining_.insert(release);
    background_.add(drainOne(std::move(release)));
  }
}

Task<void> Environment::drainOne(ReleaseKey release) {
  // Its time begins when the edge sends no more visitors there, which one that is away cannot say.
  if (!isServed()) {
    const Wait first{parts_.loop.clock().now() + kServeTime, nullptr};
    const Status told = co_await serve(first);
    if (!told.ok()) {
      draining_.erase(release);
      co_return;  // the next sweep tries again
    }
  }
  const auto& [service, number] = release;
  const model::DeployService* one = planned(service, number);
  const Duration most = one == nullptr ? Duration(30s) : one->release.drain;
  const Wait wait{parts_.loop.clock().now() + most, nullptr};
  // Whether it did or its time is over: then it goes.
  static_cast<void>(co_await parts_.traffic.drained(key_.project, key_.environment, service, releaseId(number), wait));
  draining_.erase(release);
  const Wait brief{parts_.loop.clock().now() + kServeTime, nullptr};
  const Status served = co_await serve(brief);
  if (!served.ok()) {
    log(Level::kWarning, "deploy", served.error().text());
    co_return;  // the edge may still send visitors there: the next sweep tries again
  }
  if (!serves(release)) finished_.insert(release);
}

void Environment::onExit(const std::string& id, bool oom) {
  const Instance* one = instances_.find(id);
  if (one == nullptr || one->number == 0 || ending_.contains(id)) return;  // a task is to end
  Exits& exits = exits_[{one->service, one->group}];
  if (oom) {
    ++exits.oomKills;
  } else {
    ++exits.exits;
  }
}

Exits Environment::takeExits(const std::string& service, int group) {
  const auto found = exits_.find({service, group});
  if (found == exits_.end()) return {};
  const Exits taken = found->second;
  exits_.erase(found);
  return taken;
}

Task<void> Environment::onStart(Wait wait) {
  const Status looked = co_await instances_.look(wait);
  if (looked.ok()) co_return co_await serveChanges(wait);
  log(Level::kWarning, "deploy", looked.error().text());
}

}  // namespace orbit::deploy
