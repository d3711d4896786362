// The fingerprint that decides whether a container is kept. Thread rules: pure.
#pragma once
#include "model/deployment.h"
#include "project/project.h"

namespace orbit::project {

// Fills each service's configHash: SHA-256 over the canonical text of what makes a container of it differ. Left out is
// what concerns images and order only: build, pull_policy, scale, profiles, depends_on (as Docker Compose does).
void addConfigHashes(model::Plan& plan);

// The same for the services of an environment: beside the container what Orbit gives each instance (port, direct names)
// and the versions of the secrets it gets. The image counts by its id, elsewhere.
void addDeployHashes(model::Deployment& deployment, const Production& production);

}  // namespace orbit::project
