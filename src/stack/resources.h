// Networks and volumes of a project: created where they are missing, checked where they are somebody else's.
// Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/observe.h"

namespace orbit::stack {

// Creates, side by side, the networks and volumes that scheduled services use and that are not there. External ones
// must exist (kNotFound otherwise, with the place in the file). A volume or network of that name that does not belong
// to the project is used, with a warning. False when one failed; the failures stand in `operation`.
net::Task<bool> ensureResources(Operation& operation, const model::Plan& plan, const Schedule& order,
                                const Observed& observed);

// Removes the project's own networks, and with `volumes` its own named volumes and the anonymous ones in
// `anonymousVolumes`. What is still in use stays, with a warning.
net::Task<void> removeResources(Operation& operation, const model::Plan& plan, const Observed& observed,
                                std::vector<std::string> anonymousVolumes, bool volumes);

}  // namespace orbit::stack
