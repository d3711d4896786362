// The fingerprint that decides whether a container is kept. Thread rules: pure.
#pragma once
#include "model/plan.h"

namespace orbit::project {

// Fills each service's configHash: SHA-256 over the canonical text of what makes a container of it differ. Left out is
// what concerns images and order only: build, pull_policy, scale, profiles, depends_on (as Docker Compose does).
void addConfigHashes(model::Plan& plan);

}  // namespace orbit::project
