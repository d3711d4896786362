// One service on its way up: create early, wait for its conditions, replace, start, healthy. All services of an `up`
// run side by side and see each other only through UpState. Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/converge.h"
#include "stack/images.h"
#include "stack/observe.h"

namespace orbit::stack {

// Shared by the services of one `up`; outlives them.
struct UpState {
  Operation& operation;
  const model::Plan& plan;
  const UpOptions& options;
  const Images& images;
  const Observed& observed;
  std::map<std::string, std::int64_t>& knownHealthy;
  Schedule order = {};
  Instant healthDeadline = Instant::max();
  net::Condition changed;                         // of anything below
  std::map<std::string, Progress> progress = {};  // by service
  std::map<std::string, std::string> first = {};  // service → its first container, once that is the final one
  std::set<std::string> unsettled = {};           // services whose containers are not the final ones yet
  std::set<std::string> quiet = {};               // services that have stopped what a dependency's change stops
};

class UpService {
 public:
  UpService(UpState& state, const Turn& turn, ServiceDecision decision);
  // Runs the service to where it shall be; failures stand in the operation.
  net::Task<void> run();

 private:
  struct Box {
    Replica replica;
    std::string id;
    bool startedNow = false;
  };
  net::Task<bool> clearAway();
  net::Task<bool> quiesce();
  net::Task<bool> createMissing();
  net::Task<bool> replaceOutdated();
  net::Task<bool> awaitTurn();
  net::Task<bool> startAll();
  net::Task<void> awaitHealth();

  net::Task<bool> until(std::function<bool()> holds);
  net::Task<void> remove(Removal what, bool withVolumes);
  net::Task<std::string> create(const Replica& replica, std::string name, std::string replaces,
                                std::vector<engine::MountPoint> inherit);
  net::Task<void> createBox(Box& box);
  net::Task<void> replaceBox(Box& box);
  net::Task<void> startBox(Box& box);
  net::Task<Status> launch(const Box& box);
  static bool worthRenewing(const Replica& replica, const Error& error);
  net::Task<void> awaitBox(Box& box);
  net::Task<void> awaitCompletion(Box& box);
  bool someoneWaits(model::Dependency::Condition condition) const;
  bool portsInRange() const;
  void settled();  // all containers are the final ones
  void fail(Failure failure);
  void fail(Error error, const std::string& container);
  Progress& progress() { return state_.progress[service_.name]; }

  UpState& state_;
  Operation& operation_;
  const Turn& turn_;
  const model::Service& service_;
  ServiceDecision decision_;
  std::vector<Box> boxes_;
  bool ok_ = true;
};

}  // namespace orbit::stack
