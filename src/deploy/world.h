// From what an environment is to what the edge shall serve of it. Private to deploy. Thread rules: pure.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "deploy/instances.h"

namespace orbit::deploy {

using Plans = std::map<int, std::shared_ptr<const model::Deployment>>;  // by group
using ReleaseKey = std::pair<std::string, int>;                         // service, group

struct Surroundings {
  const EnvironmentState& state;
  const std::vector<Instance>& instances;
  const Plans& plans;                    // of every group that is live or beside a live one
  const std::set<ReleaseKey>& draining;  // that finish what they have
  const std::set<std::string>& paused;   // services
};

model::LiveEnvironment worldOf(const Surroundings& here);

// The shares in percent of a service's new release and the one beside it.
std::pair<unsigned, unsigned> sharesOf(const Group& group, const model::ReleasePolicy& policy);

}  // namespace orbit::deploy
