// What is different between two tables, for the answer to a change. Private to plane. Thread rules: pure.
#pragma once
#include "format/json.h"
#include "model/route_table.h"

namespace orbit::plane {

// {"services": {"added": 1, "removed": 0, "changed": 2, "names": ["api", …]}, "routes": …, …}; what is the same is left
// out.
format::Json changesBetween(const model::RouteTable& before, const model::RouteTable& after);

}  // namespace orbit::plane
