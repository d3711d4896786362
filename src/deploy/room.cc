#include "deploy/room.h"

#include <fmt/format.h>

#include "deploy/difference.h"
#include "deploy/limits.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

namespace {

std::string liveText(const std::map<std::string, int>& live) {
  std::vector<std::string> parts;
  for (const auto& [service, number] : live) parts.push_back(service + " " + releaseId(number));
  return "live is " + join(parts, ", ");
}

}  // namespace

std::unique_ptr<Deploy> Deploy::create(Parts parts) {
  return std::make_unique<Room>(std::move(parts));
}

Environment& Room::environmentOf(const EnvironmentKey& key) {
  auto& slot = environments_[key];
  if (!slot) slot = std::make_unique<Environment>(parts_, key);
  return *slot;
}

Result<Environment*> Room::known(const std::string& project, const std::string& environment) const {
  const auto found = environments_.find({project, environment});
  if (found != environments_.end() && !found->second->state().groups.empty()) return found->second.get();
  return Error{.code = Code::kNotFound,
               .message = fmt::format("nothing of {} was deployed to {}", project, environment),
               .hint = "orbit deploy"};
}

std::vector<const Environment*> Room::chosen(const std::string& project, const std::string& environment) const {
  std::vector<const Environment*> all;
  for (const auto& [key, one] : environments_) {
    const bool wanted =
        (project.empty() || key.project == project) && (environment.empty() || key.environment == environment);
    if (wanted) all.push_back(one.get());
  }
  return all;
}

Task<Status> Room::ready(Wait wait) {
  while (!isReady_) {
    ORBIT_CO_TRY_STATUS(co_await ready_.wait(wait));
  }
  co_return Status();
}

Task<std::vector<Deploy::Change>> Room::compare(StartRequest request, Wait) {
  std::vector<Change> all;
  Environment& environment = environmentOf({request.plan.project, request.plan.environment});
  auto pins = parts_.secrets.variables(request.plan.project, request.plan.environment);
  const std::vector<project::EnvironmentVariable> now = pins.ok() ? *pins : std::vector<project::EnvironmentVariable>();
  for (const auto& service : request.plan.services) {
    const std::string& name = service.service.name;
    Change change;
    change.service = name;
    change.what = differenceOf(environment, service, "", now);
    const auto live = environment.state().live.find(name);
    if (live != environment.state().live.end()) change.from = releaseId(live->second);
    if (change.what.empty()) change.what = service.service.build ? "its image, if the build differs" : "nothing";
    change.to = releaseId(environment.state().newest + 1);
    if (service.shape == Shape::kDatabase) change.cannotUndo.push_back("a rollback leaves " + name + " as it is");
    if (service.shape != Shape::kStateless) change.cannotUndo.push_back("what is written to the volumes of " + name);
    if (!service.preDeploy.empty()) change.cannotUndo.push_back("what the pre-deploy command of " + name + " changed");
    all.push_back(std::move(change));
  }
  co_return all;
}

void Room::supersede(const EnvironmentKey& key) {
  for (auto& [number, one] : underWay_[key]) {
    one->superseded = true;
    one->cancel.request();
  }
}

Task<void> Room::carryOut(Environment& environment, std::shared_ptr<UnderWay> own, StartRequest request, int number) {
  Move move(environment, std::move(request), number);
  const Status live = co_await move.run(own->cancel, own->superseded);
  underWay_[environment.key()].erase(number);
  environment.changed().notifyAll();
  if (live.ok()) watch(environment, number);
}

Task<Outcome> Room::start(StartRequest request, Stage until, Observer observer, Wait wait) {
  Outcome outcome;
  const Status able = co_await ready(wait);
  if (!able.ok()) {
    outcome.failures.push_back({able.error(), "", "", 0, {}, ""});
    co_return outcome;
  }
  const EnvironmentKey key{request.plan.project, request.plan.environment};
  Environment& environment = environmentOf(key);
  outcome = co_await Move::neededContexts(environment, request, wait);
  if (!outcome.needContexts.empty() || !outcome.failures.empty()) co_return outcome;
  supersede(key);
  int& reserved = reserved_[key];
  const int number = reserved = std::max(reserved, environment.state().newest) + 1;
  auto progress = std::make_shared<Progress>(parts_.loop);
  environment.progress[number] = progress;
  auto own = std::make_shared<UnderWay>(stop_);
  underWay_[key][number] = own;
  work_.add(carryOut(environment, own, std::move(request), number));
  co_return co_await progress->follow(number, until, std::move(observer), wait);
}

Task<Outcome> Room::follow(std::string project, std::string environment, int number, Stage until, Observer observer,
                           Wait wait) {
  Outcome outcome;
  auto found = known(project, environment);
  if (found.ok() && number == 0) number = (*found)->state().newest;
  const bool moving = found.ok() && (*found)->progress.contains(number);
  if (moving) {
    const auto progress = (*found)->progress.at(number);
    co_return co_await progress->follow(number, until, std::move(observer), wait);
  }
  const Group* group = found.ok() ? (*found)->state().find(number) : nullptr;
  if (group == nullptr) {
    Error error =
        found.ok() ? Error{.code = Code::kNotFound, .message = "no deploy " + releaseId(number)} : found.error();
    outcome.failures.push_back({std::move(error), "", "", 0, {}, ""});
    co_return outcome;
  }
  outcome.group = number;
  outcome.stage = group->stage;
  outcome.summary = fmt::format("{} {}", releaseId(number), stageName(group->stage));
  if (!group->reasons.empty()) outcome.summary += ": " + join(group->reasons, "; ");
  co_return outcome;
}

// Whoever is under way and not live is ended, and has undone what it did, when this returns.
Task<Status> Room::endUnderWay(Environment& environment, Wait wait) {
  for (auto& [number, one] : underWay_[environment.key()]) one->cancel.request();
  while (!underWay_[environment.key()].empty()) {
    ORBIT_CO_TRY_STATUS(co_await environment.changed().wait(wait));
  }
  co_return Status();
}

Task<Status> Room::cancel(std::string project, std::string environment, Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await ready(wait));
  auto found = known(project, environment);
  std::set<int> ended;
  if (found.ok()) {
    for (const auto& [number, one] : underWay_[(*found)->key()]) ended.insert(number);
    ORBIT_CO_TRY_STATUS(co_await endUnderWay(**found, wait));
  }
  const Group* watched = found.ok() ? (*found)->state().watchedGroup() : nullptr;
  const bool wentLive = watched != nullptr && ended.contains(watched->number);
  if (!ended.empty() && !wentLive) co_return Status();
  Error error{.code = Code::kConflict, .message = "nothing is being deployed to " + environment};
  if (watched != nullptr) {
    error.message = releaseId(watched->number) + " is live already";
    error.hint = "take it back: orbit rollback";
  }
  co_return error;
}

Result<std::map<std::string, int>> targetOf(const EnvironmentState& state, const std::string& target) {
  const auto at = target.find('@');
  const std::string service = groupOf(target) != 0 ? "" : target.substr(0, at);
  const int number = groupOf(target) != 0      ? groupOf(target)
                     : at == std::string::npos ? 0
                                               : groupOf(target.substr(at + 1));
  const auto noRelease = [&] {
    return Error{.code = Code::kNotFound, .message = "no release " + target, .hint = "orbit releases"};
  };
  if (number != 0 && state.find(number) == nullptr) return noRelease();
  std::map<std::string, int> live;
  if (number != 0) {
    // All that were live when it was: what it changed, and what earlier groups had made of the others.
    for (const auto& [name, now] : state.live) {
      if (!service.empty() && name != service) continue;
      for (const auto& [earlier, group] : state.groups) {
        const bool was = group.stage == Stage::kSettled || group.stage == Stage::kPromoted ||
                         group.stage == Stage::kShare || group.stage == Stage::kTakenBack;
        if (earlier <= number && was && group.didChange(name) &&
            (earlier == number || group.stage != Stage::kTakenBack)) {
          live[name] = earlier;
        }
      }
    }
    if (live.empty()) return noRelease();
    return live;
  }
  // The newest group that is live and changed what is asked for.
  for (auto one = state.groups.rbegin(); one != state.groups.rend(); ++one) {
    const Group& group = one->second;
    const bool all = service.empty() ? !group.changed.empty() : group.didChange(service);
    const bool current = std::any_of(group.changed.begin(), group.changed.end(), [&](const auto& name) {
      const auto now = state.live.find(name);
      return now != state.live.end() && now->second == group.number;
    });
    if (!all || !current) continue;
    live = undoing(state, group);
    if (!service.empty()) std::erase_if(live, [&](const auto& entry) { return entry.first != service; });
    if (!live.empty()) return live;
    break;
  }
  return Error{.code = Code::kConflict,
               .message = "there is no release before the one that is live" + (service.empty() ? "" : " of " + service),
               .hint = "orbit releases"};
}

Task<Status> Room::moveBack(Environment& environment, std::map<std::string, int> live, Observer observer, Wait wait) {
  Turn turn(environment.moves());
  ORBIT_CO_TRY_STATUS(co_await turn.take(wait));
  const EnvironmentState& state = environment.state();
  const Group* watched = state.watchedGroup();
  int group = 0;
  // Nothing of it stays live: then its watch is over too.
  const auto stays = [&](const std::string& service) {
    const auto now = state.live.find(service);
    const auto then = live.find(service);
    return now != state.live.end() && now->second == watched->number &&
           (then == live.end() || then->second == watched->number);
  };
  if (watched != nullptr) {
    const auto left = std::find_if(watched->changed.begin(), watched->changed.end(), stays);
    const bool all = left == watched->changed.end() || undoing(state, *watched) == live;
    if (all) group = watched->number;
  }
  for (const auto& [service, number] : live) {
    observer.event({.stage = Stage::kTakenBack, .service = service, .text = "back to " + releaseId(number)});
  }
  Environment::Back back{group, std::move(live), "hand", {"rolled back by hand"}, {}, true};
  ORBIT_CO_TRY_STATUS(co_await environment.goBack(std::move(back), wait));
  if (group != 0 && environment.progress.contains(group)) {
    environment.progress.at(group)->reach(Stage::kTakenBack, releaseId(group) + " was rolled back by hand");
  }
  co_return Status();
}

Task<Outcome> Room::rollback(std::string project, std::string environment, std::string target, Observer observer,
                             Wait wait) {
  Outcome outcome;
  outcome.stage = Stage::kFailed;
  Status done = co_await ready(wait);
  auto found = known(project, environment);
  if (done.ok() && !found.ok()) done = found.error();
  if (done.ok()) done = co_await endUnderWay(**found, wait);
  Result<std::map<std::string, int>> live = std::map<std::string, int>();
  if (done.ok()) live = targetOf((*found)->state(), target);
  if (done.ok() && !live.ok()) done = live.error();
  if (done.ok()) done = co_await moveBack(**found, *live, std::move(observer), wait);
  if (!done.ok()) {
    outcome.failures.push_back({done.error(), "", "", 0, {}, ""});
    co_return outcome;
  }
  outcome.stage = Stage::kSettled;  // it is where it was to go
  outcome.summary = liveText(*live);
  co_return outcome;
}

Task<Outcome> Room::promote(std::string project, std::string environment, Observer observer, Wait wait) {
  Outcome outcome;
  const Status able = co_await ready(wait);
  auto found = known(project, environment);
  if (!able.ok() || !found.ok()) {
    outcome.failures.push_back({able.ok() ? found.error() : able.error(), "", "", 0, {}, ""});
    co_return outcome;
  }
  const Group* watched = (*found)->state().watchedGroup();
  if (watched == nullptr || watched->stage != Stage::kShare) {
    outcome.stage = Stage::kPromoted;
    outcome.summary = "nothing has only a share; " + liveText((*found)->state().live);
    co_return outcome;
  }
  (*found)->promoteAsked = watched->number;
  const auto progress = (*found)->progress.at(watched->number);
  co_return co_await progress->follow(watched->number, Stage::kPromoted, std::move(observer), wait);
}

Task<Outcome> Room::remove(std::string project, std::string environment, bool volumes, Observer observer, Wait wait) {
  Outcome outcome;
  Status done = co_await ready(wait);
  auto found = known(project, environment);
  if (done.ok() && !found.ok()) done = found.error();
  if (done.ok()) done = co_await endUnderWay(**found, wait);
  if (done.ok()) {
    observer.event({.stage = Stage::kCancelled, .text = "ending " + environment + " of " + project});
    done = co_await (*found)->end(volumes, wait);
  }
  if (!done.ok()) outcome.failures.push_back({done.error(), "", "", 0, {}, ""});
  outcome.stage = done.ok() ? Stage::kCancelled : Stage::kFailed;
  outcome.summary = done.ok() ? environment + " of " + project + " is removed" : "";
  co_return outcome;
}

Task<void> Room::carryOn(std::unique_ptr<Watch> watch) {
  co_await watch->run(*stop_);
}

void Room::watch(Environment& environment, int number) {
  work_.add(carryOn(std::make_unique<Watch>(environment, number)));
}

}  // namespace orbit::deploy
