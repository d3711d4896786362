// The door of daemon: where the rooms of the control plane meet. It constructs, connects, starts and stops them.
#pragma once
#include "model/home.h"

namespace orbit::daemon {

// Serves the API on the inherited listener (descriptor 3, from hold) until SIGTERM. Returns the exit status.
int run(const model::Home& home);

}  // namespace orbit::daemon
