// Where one set of Orbit's processes keeps its state and its sockets (decisions 2 and 3).
#pragma once
#include <string>

namespace orbit::model {

struct Home {
  std::string state;  // $ORBIT_HOME, /var/lib/orbit (root) or ~/.local/share/orbit
  std::string run;    // $ORBIT_HOME/run, /run/orbit or $XDG_RUNTIME_DIR/orbit, else <state>/run
  std::string apiSocket() const { return run + "/api.sock"; }
  std::string holdSocket() const { return run + "/hold.sock"; }
  std::string contexts() const { return state + "/contexts"; }
  std::string logFile() const { return state + "/logs/orbit.log"; }
};

}  // namespace orbit::model
