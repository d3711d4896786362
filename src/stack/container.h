// A service's container in the engine's own terms: real names of networks and volumes, labels, configs and secrets,
// volumes of the container it replaces, and what it shares with others. Thread rules: pure.
#pragma once
#include <string>
#include <vector>

#include "engine/engine.h"
#include "model/plan.h"

namespace orbit::stack {

struct ContainerInput {
  int number = 1;
  std::string home;
  const engine::ImageDetail* image = nullptr;
  std::vector<engine::MountPoint> inherit;  // mounts of the container it replaces; empty: a new one
  // Ids of the containers it shares something with, by service, and of those the mounts that volumes_from takes over
  // (by service or container name).
  std::map<std::string, std::string> partners;
  std::map<std::string, std::vector<engine::MountPoint>> partnerMounts;
};

// What createContainer() takes. Errors: kUnsupported for external configs and secrets (only Swarm has them), kInvalid
// for a text-based one in a read-only container.
Result<model::ContainerSpec> containerSpec(const model::Plan& plan, const model::Service& service,
                                           const ContainerInput& input);

// A config or secret whose text goes into the container before it starts (file-based ones are bind mounts).
struct GrantedFile {
  std::string target;  // absolute
  const std::string* content = nullptr;
  std::uint32_t mode = 0444;
  int uid = 0, gid = 0;
};
std::vector<GrantedFile> grantedFiles(const model::Plan& plan, const model::Service& service);

}  // namespace orbit::stack
