// ${{Service.VAR}}, ${{shared.VAR}} and ${{VAR}} in variables' values, as the hosted platform has them.
// Thread rules: one reading owns its Deploying.
#pragma once
#include "project/deploying.h"

namespace orbit::project {

// Fills them in. A service whose variable another names comes up before it, unless both name each other's. A circle of
// variables and a name that is not there are problems.
void resolveReferences(Deploying& deploying);

}  // namespace orbit::project
