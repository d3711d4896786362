// One service of a plan: its container, how its image comes to be, and what it waits for.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/build.h"
#include "model/container_spec.h"

namespace orbit::model {

struct Dependency {
  enum class Condition { kStarted, kHealthy, kCompleted };
  std::string service;
  Condition condition = Condition::kStarted;
  bool restart = false;  // restart this service when the dependency was restarted
  bool required = true;  // false: only a warning when it is missing or fails
  Location at;
  bool operator==(const Dependency&) const = default;
};

struct Service {
  std::string name;
  std::string containerName;  // "" = <project>-<service>-<n>
  ContainerSpec container;
  std::optional<Build> build;
  std::string pullPolicy;                // "", always, never, missing, build, daily, weekly, every_<duration>
  std::vector<Dependency> dependsOn;     // links, network_mode, volumes_from, pid, ipc included
  std::vector<std::string> volumesFrom;  // "service[:ro]" or "container:NAME[:ro]"
  int scale = 1;
  std::vector<std::string> profiles;
  bool attach = true;
  std::map<std::string, std::string> deployLabels;  // `deploy.labels`: of the service, not of its containers
  // TCP ports that dependants' URLs and the file's ports/expose name: what "accepts connections" means (decision 20).
  std::vector<int> readyPorts;
  std::string configHash;                       // SHA-256 over what makes a container of it differ, hex
  Location at;                                  // of the service's name in the file
  std::map<std::string, Location> attributeAt;  // "image", "ports", "command", "build.dockerfile", … → where it stands
};

}  // namespace orbit::model
