// DOCKER_HOST's forms as an address. Pure but for the look at which default socket exists.
// Source: https://docs.docker.com/reference/cli/docker/#environment-variables
#pragma once
#include <string>

#include "engine/engine.h"

namespace orbit::engine {

struct EngineHost {
  net::Address address;
  std::string url;     // as the docker CLI takes it: "unix:///var/run/docker.sock"
  bool local = false;  // on this machine, over a unix socket
};

// Processes of the container with this full id by its cgroup (v1 or v2, cgroupfs or systemd), also those the engine has
// lost sight of; none when the engine is not on this machine.
std::vector<int> processesOf(const std::string& containerId);

// Errors: kUnsupported for ssh:// and other schemes, kInvalid for what is no URL.
Result<EngineHost> parseHost(const EngineOptions& options);

}  // namespace orbit::engine
