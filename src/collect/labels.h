// Whose a container is, by its labels (decision 7). Private to collect. Thread rules: pure.
#pragma once
#include <string>

#include "engine/engine.h"
#include "logs/logs.h"

namespace orbit::collect {

inline constexpr const char* kHomeLabel = "orbit.home";
std::string labelOf(const engine::Labels& labels, const char* label);
std::string projectOf(const engine::Labels& labels);
bool isOneOff(const engine::Labels& labels);  // of `run`: whoever runs it sees what it says
logs::Key keyOf(const engine::Labels& labels);
std::string releaseOf(const engine::Labels& labels);

}  // namespace orbit::collect
