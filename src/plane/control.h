// The edge's control socket: HTTP in, one call on the process out (docs/edge.md lists the calls). Private to plane.
// Thread rules: the thread of the process's Loop.
#pragma once
#include "http/http.h"
#include "plane/process.h"

namespace orbit::plane {

http::Handler controlHandler(Process& process);

}  // namespace orbit::plane
