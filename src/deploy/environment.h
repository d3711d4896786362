// One environment: its state as journaled, what runs of it, and what the edge is told. The moves (move.h, watch.h,
// back.h) go through this and nothing else. Private to deploy. Thread rules: the thread of its Loop.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "deploy/progress.h"
#include "deploy/turn.h"
#include "deploy/world.h"

namespace orbit::deploy {

// What happened to the instances of one release by themselves, since it was last asked for.
struct Exits {
  unsigned exits = 0, oomKills = 0;
};

class Environment {
 public:
  Environment(Deploy::Parts& parts, EnvironmentKey key);

  Deploy::Parts& parts() { return parts_; }
  net::Loop& loop() { return parts_.loop; }
  engine::Engine& engine() { return parts_.engine; }
  const EnvironmentKey& key() const { return key_; }
  const EnvironmentState& state() const { return state_; }
  Instances& instances() { return instances_; }
  const Instances& instances() const { return instances_; }
  std::int64_t wallUs() const { return parts_.loop.clock().wallUs(); }

  // Replaying: what happened before this process.
  void replay(const Fact& fact) { apply(state_, fact); }
  // Writes a fact, then takes it in. Errors: kNoSpace, kIo: it did not happen.
  net::Task<Status> record(int group, std::string kind, format::Json body = format::Json::object(),
                           std::string sealed = "");
  // The same for what must happen all the same (a way back): what cannot be written is taken in and tried again later.
  net::Task<void> recordAnyway(int group, std::string kind, format::Json body);

  // The plan of a group, made again of the files it was made from. Errors: kNotFound, kInvalid.
  Result<std::shared_ptr<const model::Deployment>> planOf(int group);
  void keepPlan(int group, std::shared_ptr<const model::Deployment> plan) { plans_[group] = std::move(plan); }
  const model::DeployService* planned(const std::string& service, int group);
  // `fallback` where its plan was not made yet.
  int replicasOf(const std::string& service, int group, int fallback) const;

  // How to ask an instance of it, secrets filled in. Errors: those of a secret.
  Result<model::Probe> probeOf(const model::DeployService& service, int group);
  // Network and virtual addresses for these services. Errors: the engine's; kConflict when no subnet is free.
  net::Task<Status> prepareNetwork(const model::Deployment& plan, net::Wait wait);
  std::function<Result<std::string>(const std::string& name)> secretsOf(int group);
  InstanceInput inputFor(const model::Deployment& plan, const model::DeployService& service, const Group& group,
                         int number);
  // The same containers, started where they do not run, without asking whether they are well: for what was live before.
  net::Task<Status> raise(std::string service, int group, net::Wait wait);
  // All instances of a release, started where they do not run; then looked at through their gate unless `warm` and they
  // ran before. Errors as gate.h; what failed stands in `failure`.
  net::Task<Status> bringUp(std::string service, int group, bool warm, stack::Failure& failure, net::Wait wait);

  // Brings what the state says to the edge.
  net::Task<Status> serve(net::Wait wait);
  // The same where it differs from what was brought last: addresses change when an instance starts again.
  net::Task<void> serveChanges(net::Wait wait);
  void pause(const std::string& service, bool paused);
  bool isPaused(const std::string& service) const { return paused_.contains(service); }
  // These are no longer chosen; called once that is served, they leave the table when they have finished what they
  // have.
  void beginDrain(const std::vector<ReleaseKey>& releases) { draining_.insert(releases.begin(), releases.end()); }
  void drain(std::vector<ReleaseKey> releases);

  // Replaces the one instance of a stateful service behind its paused route. When the new one fails its gate the old
  // one serves again. `fact`s are recorded. Errors: the new one's.
  net::Task<Status> replace(std::string service, int from, int to, stack::Failure& failure, net::Wait wait);

  // Its new instance goes, the old one serves again; also after a crash between the two.
  net::Task<void> restore(std::string service, int from, int to);
  // A group that an earlier process was bringing up: undone, and said so.
  net::Task<void> undoCutOff(int group, net::Wait wait);
  // Services that were replaced for a group that did not become live get their old release back.
  net::Task<void> restoreReplaced(int group, net::Wait wait);
  // Ends the environment: routes, containers, network, with `volumes` the data.
  net::Task<Status> end(bool volumes, net::Wait wait);

  // Takes back a group, or moves services to other releases: the same path for a verdict and for a hand.
  struct Back {
    int group = 0;                    // 0: by hand, after the watch of whatever was live
    std::map<std::string, int> live;  // what is to be live
    std::string by;                   // verdict, hand
    std::vector<std::string> reasons;
    format::Json numbers;
    bool stateful = false;  // also move what is replaced behind a paused route
  };
  net::Task<Status> goBack(Back back, net::Wait wait);

  // Removes what no release needs any more, makes what is missing, and writes what could not be written.
  net::Task<void> sweep(net::Wait wait);

  // Told by the room from the engine's events.
  void onExit(const std::string& id, bool oom);
  net::Task<void> onStart(net::Wait wait);
  Exits takeExits(const std::string& service, int group);

  // One move at a time between its gate and being live.
  Turns& moves() { return moves_; }
  // Wakes whoever waits for a stage to change.
  net::Condition& changed() { return changed_; }

  std::map<int, std::shared_ptr<Progress>> progress;  // of groups this process has seen moving
  int promoteAsked = 0;                               // group, by hand

 private:
  Result<std::string> secretOf(const Group& group, const std::string& name);
  // Keeps instances from the sweep while they are brought up for what no fact tells yet.
  class Keeping {
   public:
    Keeping(Environment& environment, std::vector<ReleaseKey> releases)
        : environment_(environment), releases_(std::move(releases)) {
      for (const auto& release : releases_) environment_.kept_.insert(release);
    }
    ~Keeping() {
      for (const auto& release : releases_) environment_.kept_.erase(environment_.kept_.find(release));
    }
    Keeping(const Keeping&) = delete;
    Keeping& operator=(const Keeping&) = delete;

   private:
    Environment& environment_;
    const std::vector<ReleaseKey> releases_;
  };
  net::Task<Status> writeWaiting();
  model::LiveEnvironment world();
  bool serves(const ReleaseKey& release);
  // The edge has for certain what is to be served now.
  bool isServed() { return brought_ && *brought_ == world(); }
  net::Task<Status> stopOthers(std::string service, int group, net::Wait wait);
  bool needed(const Instance& one) const;
  bool isBeingRemoved(const std::string& service, int group) const;
  bool mayHeal(const std::string& service, const model::DeployService& planned, int group) const;
  net::Task<void> drainOne(ReleaseKey release);
  // `proven`: it served before, so one good answer is enough.
  net::Task<Status> gateAll(const model::DeployService& service, int group, std::vector<Instance> all, bool proven,
                            stack::Failure& failure, net::Wait wait);
  net::Task<void> healLive(net::Wait wait);
  net::Task<bool> diskShort(net::Wait wait);
  net::Task<void> forgetOld();
  net::Task<Status> makeNetwork(net::Wait wait);
  net::Task<Status> networkMadeHere(net::Wait wait);  // the one that is there
  std::string nextAddress() const;

  Deploy::Parts& parts_;
  const EnvironmentKey key_;
  EnvironmentState state_;
  Instances instances_;
  Plans plans_;
  std::set<ReleaseKey> draining_;
  std::set<std::string> paused_;
  std::map<ReleaseKey, Exits> exits_;
  std::set<std::string> ending_;    // ids that we end ourselves
  std::set<std::string> removing_;  // those that the sweep is at now
  std::deque<Fact> unwritten_;
  std::multiset<ReleaseKey> kept_;
  std::set<ReleaseKey> finished_;                  // drained since they left the table
  std::optional<model::LiveEnvironment> brought_;  // what the edge has for certain
  std::uint64_t serves_ = 0;
  Turns moves_, replacing_, writing_;
  bool networkReady_ = false;
  Instant diskLookedAt_{};
  net::Condition changed_;
  net::TaskGroup background_;
};

}  // namespace orbit::deploy
