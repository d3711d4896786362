// What a deploy would change of a service. Private to deploy. Thread rules: the thread of the Loop.
#pragma once
#include <string>
#include <vector>

#include "deploy/environment.h"

namespace orbit::deploy {

// Why a service of a plan differs from what is live: "new", "image, environment", … "" when it does not.
std::string differenceOf(Environment& environment, const model::DeployService& service, const std::string& imageId,
                         const std::vector<project::EnvironmentVariable>& pins);
}  // namespace orbit::deploy
