#include "deploy/watch.h"

#include <fmt/format.h>

#include "deploy/gate.h"
#include "deploy/limits.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

namespace {

double secondsOf(Duration span) {
  return std::chrono::duration<double>(span).count();
}

Json sideJson(const verdict::Total& total) {
  return Json::object({{"requests", total.attempts},
                       {"failed", total.failures},
                       {"p50Ms", static_cast<double>(total.latency.quantile(0.5)) / 1000},
                       {"p99Ms", static_cast<double>(total.latency.quantile(0.99)) / 1000}});
}

}  // namespace

Watch::Watch(Environment& environment, int number) : environment_(environment), number_(number) {
  auto& slot = environment_.progress[number_];
  if (!slot) slot = std::make_shared<Progress>(environment_.loop());
  progress_ = slot;
}

void Watch::begin() {
  const Group& now = *group();
  unsigned together = 0;
  for (const auto& name : now.changed) together += now.before.at(name) != 0 ? 1U : 0U;
  for (const auto& name : now.changed) {
    const model::DeployService* planned = environment_.planned(name, number_);
    if (planned == nullptr) continue;
    const auto beside = environment_.state().previous.find(name);
    const bool control = planned->shape == Shape::kStateless && beside != environment_.state().previous.end();
    verdict::Policy policy;
    policy.watchedTogether = std::max(1U, together);
    policy.shareMaxS = secondsOf(planned->release.shareMost);
    policy.settleS = secondsOf(planned->release.watch);
    const double settleS = policy.settleS;
    const int old = control ? beside->second : 0;
    const bool share = control && now.stage == Stage::kShare;
    watched_.push_back({name, old, planned->release.judge,
                        verdict::Judge(policy, {releaseId(number_), releaseId(now.before.at(name))},
                                       share ? verdict::Stage::kShare : verdict::Stage::kPromoted),
                        settleS});
  }
}

verdict::Instances Watch::instancesOf(const Watched& one, int group) {
  verdict::Instances seen;
  const model::DeployService* planned = group == 0 ? nullptr : environment_.planned(one.service, group);
  if (planned == nullptr) return seen;
  seen.count = static_cast<unsigned>(planned->replicas);
  const Exits exits = environment_.takeExits(one.service, group);
  seen.exits = exits.exits;
  seen.oomKills = exits.oomKills;
  const std::int64_t nowUs = environment_.wallUs();
  for (const auto& instance : environment_.instances().of(one.service, group)) {
    const auto failing = one.failing.find(instance.id);
    const bool fails = failing != one.failing.end() && failing->second >= planned->probe.fall;
    if (fails) ++seen.failing;
    if (instance.startedUs != 0 && instance.startedUs <= nowUs) {  // a stepped clock says nothing
      seen.youngestS = std::min(seen.youngestS, static_cast<double>(nowUs - instance.startedUs) / 1e6);
    }
  }
  return seen;
}

Task<void> Watch::probeInstances(Watched& one, int number, Wait wait) {
  if (number == 0) co_return;
  const auto plan = environment_.planOf(number);  // held: the environment may end meanwhile
  const model::DeployService* planned = plan.ok() ? (*plan)->find(one.service) : nullptr;
  if (planned == nullptr) co_return;
  const auto probe = environment_.probeOf(*planned, number);
  if (!probe.ok()) co_return;  // a secret that cannot be read says nothing of an instance
  const Group* of = environment_.state().find(number);
  if (of == nullptr) co_return;
  const int port = of->services.at(one.service).port;
  for (const auto& instance : environment_.instances().of(one.service, number)) {
    const Wait limited = wait.until(environment_.loop().clock().now() + probe->timeout);
    Status passed = Error{.code = Code::kUnavailable, .message = "its process does not run"};
    if (instance.running) passed = co_await probeOnce(environment_.engine(), instance, *probe, port, limited);
    // An engine that is away says nothing of an instance.
    const bool engineGone =
        !passed.ok() && probe->kind == model::Probe::Kind::kExec && passed.error().code == Code::kUnavailable;
    if (passed.ok()) {
      one.failing.erase(instance.id);
    } else if (!engineGone) {
      ++one.failing[instance.id];
      if (number == number_) one.lastProbe = passed.error().message;
    }
  }
}

// Whether what the service needs is well, as far as Orbit probes it: all instances of one ill is ill.
Task<void> Watch::probeDependencies(Watched& one, Wait wait) {
  const model::DeployService* planned = environment_.planned(one.service, number_);
  const std::vector<std::string> needed = planned == nullptr ? std::vector<std::string>() : planned->after;
  bool healthy = true;
  for (const auto& name : needed) {
    const auto live = environment_.state().live.find(name);
    const int number = live == environment_.state().live.end() ? 0 : live->second;
    if (number == 0) continue;
    const auto plan = environment_.planOf(number);
    const model::DeployService* other = plan.ok() ? (*plan)->find(name) : nullptr;
    const Group* group = other == nullptr ? nullptr : environment_.state().find(number);
    if (group == nullptr) continue;
    const auto probe = environment_.probeOf(*other, number);
    if (!probe.ok()) continue;
    const int port = group->services.at(name).port;
    const auto all = environment_.instances().of(name, number);
    std::size_t failing = 0;
    for (const auto& instance : all) {
      const Wait limited = wait.until(environment_.loop().clock().now() + probe->timeout);
      const Status passed = co_await probeOnce(environment_.engine(), instance, *probe, port, limited);
      if (!passed.ok()) ++failing;
    }
    healthy = healthy && (all.empty() || failing < all.size());
  }
  one.dependenciesHealthy = healthy;
}

Task<void> Watch::probeForever(Wait wait) {
  while (wait.cancel == nullptr || !wait.cancel->requested()) {
    net::TaskGroup probes(environment_.loop());
    for (auto& one : watched_) {
      probes.add(probeInstances(one, number_, wait));
      probes.add(probeInstances(one, one.old, wait));
      probes.add(probeDependencies(one, wait));
    }
    co_await probes.join();
    const Status slept = co_await environment_.loop().sleep(kProbeWatched, wait);
    if (!slept.ok()) co_return;
  }
}

void Watch::look(double seconds) {
  for (auto& one : watched_) {
    // Behind a paused route it is we who ended it, for a newer deploy.
    if (environment_.isPaused(one.service)) {
      one.routes.clear();
      one.failing.clear();
      continue;
    }
    verdict::Tick tick;
    tick.seconds = seconds;
    tick.dependenciesHealthy = one.dependenciesHealthy;
    if (one.judged) tick.routes = std::move(one.routes);
    one.routes.clear();
    tick.fresh = instancesOf(one, number_);
    tick.old = instancesOf(one, one.old);
    one.decision = one.judge.step(tick);
  }
}

// Those that have all requests from the start are not asked.
bool Watch::mayPromote() const {
  return std::all_of(watched_.begin(), watched_.end(), [](const auto& one) {
    return one.judge.stage() == verdict::Stage::kPromoted || one.decision.action == verdict::Action::kPromote;
  });
}

bool Watch::maySettle() const {
  return std::all_of(watched_.begin(), watched_.end(), [](const auto& one) {
    // Worse with nothing to go back to: its watch ends by time all the same.
    const bool stuck = one.decision.action == verdict::Action::kRollBack;
    return one.decision.action == verdict::Action::kSettle || (stuck && one.decision.seconds >= one.settleS);
  });
}

Json Watch::numbers() const {
  Json all = Json::object();
  for (const auto& one : watched_) {
    all.set(one.service, Json::object({{"release", releaseId(number_)},
                                       {"beside", releaseId(one.old)},
                                       {"verdict", verdict::confidenceText(one.decision.confidence)},
                                       {"evidence", one.decision.evidence},
                                       {"new", sideJson(one.judge.fresh())},
                                       {"old", sideJson(one.judge.old())}}));
  }
  return all;
}

std::string Watch::sentence() const {
  std::vector<std::string> parts;
  for (const auto& one : watched_) {
    const verdict::Total& fresh = one.judge.fresh();
    const verdict::Total& old = one.judge.old();
    std::string text = fmt::format("{}: {} requests, {} failed", one.service, fresh.attempts, fresh.failures);
    if (fresh.attempts > 0)
      text += fmt::format(", p99 {:.0f} ms", static_cast<double>(fresh.latency.quantile(0.99)) / 1000);
    if (one.old != 0) {
      text += fmt::format(" ({}: {}, {} failed", releaseId(one.old), old.attempts, old.failures);
      if (old.attempts > 0)
        text += fmt::format(", p99 {:.0f} ms", static_cast<double>(old.latency.quantile(0.99)) / 1000);
      text += ")";
    }
    if (one.judged) text += fmt::format(", {}", verdict::confidenceText(one.decision.confidence));
    parts.push_back(std::move(text));
  }
  return join(parts, "; ");
}

void Watch::tellNumbers() {
  const Instant now = environment_.loop().clock().now();
  const bool share = group()->stage == Stage::kShare;
  if (now - toldAt_ < (share ? Duration(kTick) : Duration(30s))) return;
  toldAt_ = now;
  progress_->tell({.stage = group()->stage, .text = sentence(), .numbers = numbers()});
}

Task<void> Watch::noteSharedFault() {
  const bool now =
      std::any_of(watched_.begin(), watched_.end(), [](const auto& one) { return one.decision.sharedFault; });
  if (now == sharedFault_) co_return;
  sharedFault_ = now;
  if (!now) co_return;
  std::string text = "both releases suffer at once, so it is not the new one's fault; look at what they share";
  progress_->tell({.stage = group()->stage, .text = text});
  Json body = Json::object({{"text", std::move(text)}});
  co_await environment_.recordAnyway(number_, "shared fault", std::move(body));
}

Task<void> Watch::promote(std::string by, std::string text, Wait wait) {
  Json body = Json::object({{"by", by}, {"text", text}});
  co_await environment_.recordAnyway(number_, "promoted", std::move(body));
  const Status served = co_await environment_.serve(wait);
  if (!served.ok()) log(Level::kWarning, "deploy", served.error().text());
  for (auto& one : watched_) one.judge.promoted();
  progress_->tell({.stage = Stage::kPromoted, .text = text, .numbers = numbers()});
  const std::string& said = by == "first" ? text : sentence();
  progress_->reach(Stage::kPromoted, fmt::format("{} is promoted: {}", releaseId(number_), said));
}

Task<void> Watch::settle() {
  Json body = Json::object({{"text", sentence()}, {"numbers", numbers()}});
  std::vector<ReleaseKey> leaving;
  for (const auto& one : watched_) {
    if (one.old != 0) leaving.push_back({one.service, one.old});
  }
  co_await environment_.recordAnyway(number_, "settled", std::move(body));
  environment_.beginDrain(leaving);
  const Wait wait{environment_.loop().clock().now() + kServeTime, nullptr};
  const Status served = co_await environment_.serve(wait);
  if (!served.ok()) log(Level::kWarning, "deploy", served.error().text());
  environment_.drain(std::move(leaving));
  progress_->reach(Stage::kSettled,
                   fmt::format("{} is settled: {}; undo it with: orbit rollback", releaseId(number_), sentence()));
}

Task<bool> Watch::takeBack(Wait wait) {
  std::vector<std::string> reasons;
  for (const auto& one : watched_) {
    if (one.decision.action != verdict::Action::kRollBack) continue;
    for (const auto& reason : one.decision.reasons) reasons.push_back(one.service + ": " + reason);
    if (!one.lastProbe.empty() && !one.failing.empty()) reasons.push_back(one.service + ": " + one.lastProbe);
  }
  // The group goes together (decision 23), what was replaced behind a paused route included; databases stay.
  Environment::Back back{number_, undoing(environment_.state(), *group()), "verdict", reasons, numbers(), true};
  const Status done = co_await environment_.goBack(std::move(back), wait);
  const Group* now = group();
  if (now != nullptr && now->watched()) {
    log(Level::kError, "deploy", releaseId(number_) + " cannot be taken back yet: " + done.error().text());
    co_return false;
  }
  if (now == nullptr || now->stage != Stage::kTakenBack) co_return true;  // a newer one is live
  const std::string text = fmt::format("{} was taken back: {}", releaseId(number_), join(reasons, "; "));
  log(Level::kWarning, "deploy", environment_.key().text() + ": " + text);
  progress_->tell({.stage = Stage::kTakenBack,
                   .text = text,
                   .problem = done.ok() ? std::nullopt : std::optional(done.error()),
                   .numbers = numbers()});
  progress_->reach(Stage::kTakenBack, text);
  co_return true;
}

Task<void> Watch::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  net::Loop& loop = environment_.loop();
  begin();
  progress_->reach(group()->stage, "");
  if (std::none_of(watched_.begin(), watched_.end(), [](const auto& one) { return one.old != 0; }) &&
      group()->stage == Stage::kShare) {
    co_await promote("first", "nothing was live before it, so it has all requests", wait);
  }
  net::TaskGroup probing(loop);
  probing.add(probeForever(wait));
  Instant last = loop.clock().now();
  while (!cancel.requested()) {
    // What the requests say paces this; without any, the clock does.
    net::TaskGroup asking(loop);
    const std::function<Task<void>(Watched*)> ask = [&](Watched* one) -> Task<void> {
      std::string name = model::tableService(environment_.key().project, environment_.key().environment, one->service);
      const Wait tick = wait.until(loop.clock().now() + kTick);
      one->routes =
          co_await environment_.parts().evidence.next(std::move(name), releaseId(number_), releaseId(one->old), tick);
    };
    for (auto& one : watched_) asking.add(ask(&one));
    co_await asking.join();
    const Instant now = loop.clock().now();
    if (group() == nullptr || !group()->watched()) co_return;  // rolled back by hand, or a newer one is live
    look(secondsOf(now - last));
    last = now;
    if (cancel.requested() || group() == nullptr || !group()->watched()) co_return;
    co_await noteSharedFault();
    if (group() == nullptr || !group()->watched()) co_return;
    tellNumbers();
    const bool worse = std::any_of(watched_.begin(), watched_.end(),
                                   [](const auto& one) { return one.decision.action == verdict::Action::kRollBack; });
    if (worse && !undoing(environment_.state(), *group()).empty()) {
      const bool done = co_await takeBack(wait);
      if (done) co_return;
      continue;
    }
    if (group()->stage == Stage::kShare && environment_.promoteAsked == number_) {
      co_await promote("hand", "promoted by hand", wait);
    } else if (group()->stage == Stage::kShare && mayPromote()) {
      co_await promote("verdict", sentence(), wait);
    } else if (group()->stage == Stage::kPromoted && maySettle()) {
      co_await settle();
      co_return;
    }
  }
}

}  // namespace orbit::deploy
