// A daemon that starts: the journal is replayed, what was not live is undone, what was live is served and watched
// again. And what goes on for ever: the engine's events, the sweep.
#include "deploy/limits.h"
#include "deploy/room.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;

namespace {

constexpr auto kSweepEvery = 5s;
constexpr auto kEngineAgain = 1s;

}  // namespace

Task<void> Room::recoverOne(Environment& environment, Wait wait) {
  // The engine may come up later than we do; what the edge serves from its disk goes on meanwhile.
  while (true) {
    const Status looked = co_await environment.instances().look(wait);
    if (looked.ok() || (wait.cancel != nullptr && wait.cancel->requested())) break;
    static_cast<void>(co_await parts_.loop.sleep(kEngineAgain, wait));
  }
  std::vector<int> cutOff;
  const std::map<int, Group> groups = environment.state().groups;  // restoring changes them
  for (const auto& [number, group] : groups) {
    if (!group.replacing.empty()) co_await environment.restore(group.replacing, group.replacingFrom, number);
    if (group.underWay()) cutOff.push_back(number);
  }
  for (const int number : cutOff) co_await environment.undoCutOff(number, wait);
  // What was live is served as soon as it is there; whether it is well the edge sees, and the watch.
  const std::map<std::string, int> live = environment.state().live;
  for (const auto& [service, number] : live) {
    if (number == 0) continue;
    const Status up = co_await environment.raise(service, number, wait);
    if (!up.ok()) log(Level::kError, "deploy", environment.key().text() + ": " + up.error().text());
  }
  const Group* watched = environment.state().watchedGroup();
  const int number = watched == nullptr ? 0 : watched->number;
  if (watched != nullptr) {
    for (const auto& name : watched->changed) {
      const auto beside = environment.state().previous.find(name);
      if (beside == environment.state().previous.end()) continue;
      if (watched->services.at(name).shape != model::DeployService::Shape::kStateless) continue;
      const int old = beside->second;
      const std::string service = name;
      const Status up = co_await environment.raise(service, old, wait);
      if (!up.ok()) log(Level::kWarning, "deploy", environment.key().text() + ": " + up.error().text());
    }
  }
  Status served = co_await environment.serve(wait);
  if (!served.ok()) log(Level::kWarning, "deploy", served.error().text());
  if (number != 0) watch(environment, number);
}

Task<void> Room::recover(Wait wait) {
  auto facts = parts_.journal.read();
  if (!facts.ok()) {
    log(Level::kError, "deploy", facts.error().text());
  } else {
    for (const auto& fact : *facts) environmentOf({fact.project, fact.environment}).replay(fact);
  }
  net::TaskGroup all(parts_.loop);
  for (auto& [key, environment] : environments_) all.add(recoverOne(*environment, wait));
  co_await all.join();
  isReady_ = true;
  ready_.notifyAll();
}

Task<void> Room::watchEngine(Wait wait) {
  std::int64_t sinceUs = parts_.loop.clock().wallUs();
  while (wait.cancel == nullptr || !wait.cancel->requested()) {
    const engine::Sink<engine::Event> sink = [&](engine::Event event) -> Task<Status> {
      sinceUs = std::max(sinceUs, event.timeUs);
      const auto project = event.attributes.find(kProjectLabel);
      const auto environment = event.attributes.find(kEnvironmentLabel);
      if (project == event.attributes.end() || environment == event.attributes.end()) co_return Status();
      const auto found = environments_.find({project->second, environment->second});
      if (found == environments_.end()) co_return Status();
      if (event.action == "start") co_await found->second->onStart(wait);
      if (event.action == "die" || event.action == "oom") found->second->onExit(event.id, event.action == "oom");
      co_return Status();
    };
    sinceUs = std::min(sinceUs, parts_.loop.clock().wallUs());  // the wall clock may have been set back
    engine::EventFilter filter{{{kHomeLabel, parts_.home}}, {"start", "die", "oom"}};
    static_cast<void>(co_await parts_.engine.events(sinceUs, std::move(filter), sink, wait));
    static_cast<void>(co_await parts_.loop.sleep(kEngineAgain, wait));
    // It was away: addresses may be others.
    for (auto& [key, environment] : environments_) co_await environment->onStart(wait);
  }
}

Task<void> Room::sweepForever(Wait wait) {
  while (wait.cancel == nullptr || !wait.cancel->requested()) {
    const Status slept = co_await parts_.loop.sleep(kSweepEvery, wait);
    if (!slept.ok()) co_return;
    for (auto& [key, environment] : environments_) co_await environment->sweep(wait);
  }
}

Task<void> Room::run(net::Cancel& cancel) {
  stop_ = &cancel;
  const Wait wait{Instant::max(), &cancel};
  net::TaskGroup forever(parts_.loop);
  forever.add(watchEngine(wait));
  co_await recover(wait);
  forever.add(sweepForever(wait));
  co_await forever.join();
  co_await work_.join();
}

}  // namespace orbit::deploy
