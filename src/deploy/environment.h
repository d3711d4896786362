// One environment: its state as journaled, what runs of it, and what the edge is told. The moves (move.h, watch.h,
// back.h) go through this and nothing else. Private to deploy. Thread rules: the thread of its Loop.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "deploy/progress.h"
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

  // Network and virtual addresses for these services. Errors: the engine's; kConflict when no subnet is free.
  net::Task<Status> prepareNetwork(const model::Deployment& plan, net::Wait wait);
  InstanceInput inputFor(const model::Deployment& plan, const model::DeployService& service, const Group& group,
                         int number);
  // All instances of a release, started where they do not run; then looked at through their gate unless `warm` and they
  // ran before. Errors as gate.h; what failed stands in `failure`.
  net::Task<Status> bringUp(std::string service, int group, bool warm, stack::Failure& failure, net::Wait wait);

  // Brings what the state says to the edge.
  net::Task<Status> serve(net::Wait wait);
  void pause(const std::string& service, bool paused);
  // These are no longer chosen; called once that is served, they leave the table when they have finished what they
  // have.
  void beginDrain(const std::vector<ReleaseKey>& releases) { draining_.insert(releases.begin(), releases.end()); }
  void drain(std::vector<ReleaseKey> releases);
  bool isDraining(const ReleaseKey& release) const { return draining_.contains(release); }

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

  // One move at a time between its gate and being live. Errors: kCancelled, kTimeout.
  class Turn {
   public:
    explicit Turn(Environment& environment) : environment_(environment) {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    net::Task<Status> take(net::Wait wait);

   private:
    Environment& environment_;
    bool taken_ = false;
  };
  // Wakes whoever waits for a stage to change.
  net::Condition& changed() { return changed_; }

  std::map<int, std::shared_ptr<Progress>> progress;  // of groups this process has seen moving
  int promoteAsked = 0;                               // group, by hand

 private:
  struct SecretVersion {
    std::string service;
    int version = 0;
  };
  Result<std::string> secretOf(const Group& group, const std::string& service, const std::string& name);
  bool needed(const Instance& one) const;
  net::Task<void> drainOne(ReleaseKey release);
  net::Task<Status> gateAll(const model::DeployService& service, int group, std::vector<Instance> all,
                            stack::Failure& failure, net::Wait wait);
  net::Task<void> healLive(net::Wait wait);
  net::Task<void> forgetOld();
  net::Task<Status> makeNetwork(net::Wait wait);
  std::string nextAddress() const;

  Deploy::Parts& parts_;
  const EnvironmentKey key_;
  EnvironmentState state_;
  Instances instances_;
  Plans plans_;
  std::set<ReleaseKey> draining_;
  std::set<std::string> paused_;
  std::map<ReleaseKey, Exits> exits_;
  std::set<std::string> ending_;  // ids that we end ourselves
  std::deque<Fact> unwritten_;
  bool turnTaken_ = false, networkReady_ = false;
  net::Condition changed_;
  net::TaskGroup background_;
};

}  // namespace orbit::deploy
