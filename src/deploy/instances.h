// What runs of an environment, as the engine tells, and changing it: the only part of deploy that creates, starts and
// removes containers. Every call can be repeated: it looks at what is there first. Private to deploy. Thread rules: the
// thread of its Loop.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "deploy/container.h"

namespace orbit::deploy {

struct Instance {
  std::string id, name, service, imageId;
  std::string address;  // in the environment's network, "" while it does not run
  std::string own;      // the one it was made with, also while it does not run
  int group = 0, number = 0;
  bool running = false;
  bool ended = false;          // neither runs nor is started again by the engine
  std::int64_t startedUs = 0;  // 0: not known
};

class Instances {
 public:
  Instances(net::Loop& loop, engine::Engine& engine, EnvironmentKey key, std::string home)
      : loop_(loop), engine_(engine), key_(std::move(key)), home_(std::move(home)) {}

  // As of the last look, by name.
  const std::vector<Instance>& all() const { return all_; }
  std::vector<Instance> of(const std::string& service, int group) const;
  const Instance* find(const std::string& id) const;
  // Asks the engine.
  net::Task<Status> look(net::Wait wait);

  // The instance of that number, created where it is missing, started where it does not run. Errors: the engine's.
  net::Task<Result<Instance>> ensure(InstanceInput input, net::Wait wait);
  // SIGTERM, its grace, then it is removed; what is gone already is fine.
  net::Task<Status> remove(std::string id, net::Wait wait);
  net::Task<Status> stop(std::string id, net::Wait wait);
  // Runs a command in a container of its own to its end. The exit code, and the output's tail in `output`.
  net::Task<Result<int>> runTask(InstanceInput input, std::string task, std::vector<std::string> command,
                                 std::vector<std::string>& output, net::Wait wait);
  // By its container's name: a task that is not ours to end. Any other one is what a daemon left that died.
  bool runsTask(const std::string& name) const { return tasks_.contains(name); }

 private:
  net::Task<Result<std::string>> create(std::string name, InstanceInput input, model::ContainerSpec spec,
                                        net::Wait wait);
  // One of the subnet's lower half that nobody has; in turn, so that one just given up is not given again at once.
  std::string nextAddress(const std::string& subnet);

  net::Loop& loop_;
  engine::Engine& engine_;
  const EnvironmentKey key_;
  const std::string home_;
  std::vector<Instance> all_;
  int lastHost_ = 1;                  // of the addresses given
  std::multiset<std::string> tasks_;  // names of those under way
};

// The last lines a container printed.
net::Task<std::vector<std::string>> logTail(engine::Engine& engine, std::string id, net::Wait wait);

}  // namespace orbit::deploy
