// The waiting part of making a container: what it shares with others, and the files it is given.
// Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/container.h"
#include "stack/converge.h"
#include "stack/operation.h"

namespace orbit::stack {

// Fills `input`'s partners and their mounts; `ids` holds the container of each service. Both outlive the task. Errors:
// kNotFound for a partner that has no container.
net::Task<Status> findPartners(Operation& operation, const model::Service& service,
                               const std::map<std::string, std::string>& ids, ContainerInput& input);

// Makes the container. The remains of a caller that died give way, also those the engine is still making.
net::Task<Result<std::string>> createInPlace(Operation& operation, std::string name, model::ContainerSpec spec);

// Writes text-based configs and secrets into a container that does not run yet.
net::Task<Status> putFiles(Operation& operation, const model::Plan& plan, const model::Service& service,
                           std::string id);

// Service → its first container that is there.
std::map<std::string, std::string> firstContainers(const Observed& observed);

// Stops a container and removes it; one that is gone is fine. Failures stand in `operation`.
net::Task<bool> stopAndRemove(Operation& operation, Removal what, std::optional<Duration> grace, bool withVolumes);

}  // namespace orbit::stack
