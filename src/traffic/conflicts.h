// What an environment asks for that others have already, or that a table cannot hold. Private to traffic. Thread rules:
// pure.
#pragma once
#include "traffic/world.h"

namespace orbit::traffic {

// `world` is what is served beside it; an older state of the same environment in it does not count.
std::vector<Error> conflictsOf(const model::LiveEnvironment& environment, const World& world);
// Whether its rows make a good table. All faults.
std::vector<Error> faultsOf(const model::LiveEnvironment& environment);

}  // namespace orbit::traffic
