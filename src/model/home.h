// Where one set of Orbit's processes keeps its state and its sockets (decisions 2 and 3). Thread rules: plain values.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::model {

struct Home {
  std::string state;  // $ORBIT_HOME, /var/lib/orbit (root), $XDG_DATA_HOME/orbit or ~/.local/share/orbit
  std::string run;    // $ORBIT_HOME/run, /run/orbit (root) or $XDG_RUNTIME_DIR/orbit, else <state>/run
  std::string apiSocket() const { return run + "/api.sock"; }
  std::string holdSocket() const { return run + "/hold.sock"; }
  std::string lockFile() const { return run + "/hold.lock"; }
  std::string contexts() const { return state + "/contexts"; }
  std::string logFile() const { return state + "/logs/orbit.log"; }
};

// The home that the environment names. Errors: kInvalid when there is neither ORBIT_HOME nor HOME, or when the path is
// too long for a socket.
using Lookup = std::function<std::optional<std::string>(std::string_view variable)>;
Result<Home> homeFor(const Lookup& lookup, unsigned uid, const std::string& workingDir);

}  // namespace orbit::model
