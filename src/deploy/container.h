// An instance's container in the engine's own terms. The one place where secrets are filled in. Private to deploy.
// Thread rules: pure.
#pragma once
#include <string>

#include "deploy/state.h"

namespace orbit::deploy {

struct InstanceInput {
  const EnvironmentState& state;
  const model::Deployment& plan;
  const model::DeployService& service;
  const Group& group;
  int number = 1;  // 0: a task (check, pre-deploy)
  std::string home;
  bool virtualAddresses = false;
  std::function<Result<std::string>(const std::string& name)> secret;
  // In the environment's network. Its own until it is removed: were the engine to choose at each start, an instance
  // could get another service's after a reboot, and the edge, which starts from its last table, would send it that
  // one's visitors.
  std::string address = {};
};

// What createContainer() takes. Errors: those of `secret`; kUnsupported for external configs and secrets.
Result<model::ContainerSpec> containerSpec(const InstanceInput& input);

// Configs and secrets that are texts, to be put into the created container.
struct GivenFile {
  std::string target, content;
  std::uint32_t mode = 0444;
  int uid = 0, gid = 0;
};
Result<std::vector<GivenFile>> givenFiles(const InstanceInput& input);

// The names under which the others reach a service: its own, its aliases, <service>.railway.internal.
std::vector<std::string> namesOf(const model::DeployService& service);

}  // namespace orbit::deploy
