// The containers of a project, found by the labels that Compose and Orbit put on them (decision 7): those of
// development by Compose's, those of other environments by Orbit's own. Private to api. Thread rules: the thread of its
// Loop.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace orbit::api {

inline constexpr std::string_view kProjectLabel = "com.docker.compose.project";
inline constexpr std::string_view kServiceLabel = "com.docker.compose.service";
inline constexpr std::string_view kNumberLabel = "com.docker.compose.container-number";
inline constexpr std::string_view kOneOffLabel = "com.docker.compose.oneoff";
inline constexpr std::string_view kHomeLabel = "orbit.home";
inline constexpr std::string_view kDeployedProjectLabel = "orbit.project";
inline constexpr std::string_view kEnvironmentLabel = "orbit.environment";
inline constexpr std::string_view kDeployedServiceLabel = "orbit.service";
inline constexpr std::string_view kReleaseLabel = "orbit.release";
inline constexpr std::string_view kInstanceLabel = "orbit.instance";

std::string labelOf(const engine::ContainerSummary& container, std::string_view label);
bool isOneOff(const engine::ContainerSummary& container);
// By either kind of label; development for what has none of Orbit's.
std::string serviceOf(const engine::ContainerSummary& container);
std::string environmentOf(const engine::ContainerSummary& container);
int numberOf(const engine::ContainerSummary& container);
// Running, restarting or paused: what has more to say.
bool isLive(engine::ContainerState state);

// Which containers of a project.
struct ContainerScope {
  std::string project;
  std::string environment;            // "": of all
  std::vector<std::string> services;  // empty: all
  bool development() const { return environment.empty() || environment == "development"; }
  bool deployed() const { return environment != "development"; }
  bool has(const std::string& service) const;
};

// They but one-offs: development first, then by environment, service, release (newest first) and number. Errors: the
// engine's; kNotFound for a service that has no container, naming the nearest.
net::Task<Result<std::vector<engine::ContainerSummary>>> containersOf(engine::Engine& engine, ContainerScope scope,
                                                                      net::Wait wait);
// The deployed ones alone, by the same order; none is no error.
net::Task<Result<std::vector<engine::ContainerSummary>>> deployedContainers(engine::Engine& engine,
                                                                            ContainerScope scope, net::Wait wait);

}  // namespace orbit::api
