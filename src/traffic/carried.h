// Rows of the table before that stay, because what they serve was not looked at yet: after the daemon's restart the
// journal of deploys is replayed, and the engine asked, while the edge goes on serving. Private to traffic. Thread
// rules: pure.
#pragma once
#include "traffic/world.h"

namespace orbit::traffic {

// Adds to `made` what `before` serves of environments that `world` does not know yet.
void carry(const model::RouteTable& before, const World& world, model::RouteTable& made);

}  // namespace orbit::traffic
