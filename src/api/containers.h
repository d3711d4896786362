// The containers of a project, found by the labels that Compose and Orbit put on them (decision 7). Private to api.
// Thread rules: the thread of its Loop.
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

std::string labelOf(const engine::ContainerSummary& container, std::string_view label);
bool isOneOff(const engine::ContainerSummary& container);
// Running, restarting or paused: what has more to say.
bool isLive(engine::ContainerState state);

// The project's containers but one-offs, of these services (empty: all), by service and number. Errors: the engine's;
// kNotFound for a service that has no container, naming the nearest.
net::Task<Result<std::vector<engine::ContainerSummary>>> containersOf(engine::Engine& engine, std::string project,
                                                                      std::vector<std::string> services,
                                                                      net::Wait wait);

}  // namespace orbit::api
