// The engine's refusals as Errors: codes that callers decide by and hints that a person can act on.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::engine {

// `status` is the HTTP status (500 for an error inside a stream that began with 200), `message` the engine's own text.
Error engineError(int status, std::string_view message);
// The host port an "already allocated" or "already in use" message speaks of, or "".
std::string portOfMessage(std::string_view message);
// The error of a connection that could not be made to `address` ("/var/run/docker.sock", "host:2376").
Error connectError(Error error, std::string_view address);

}  // namespace orbit::engine
