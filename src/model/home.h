// Where one set of Orbit's processes keeps its state and its sockets (decisions 2 and 3). Thread rules: plain values.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::model {

struct Home {
  std::string state;  // $ORBIT_HOME, /var/lib/orbit (root), $XDG_DATA_HOME/orbit or ~/.local/share/orbit
  std::string run;    // $ORBIT_HOME/run, /run/orbit (root) or $XDG_RUNTIME_DIR/orbit, else <state>/run
  // The machine's own (root's), used by a member of the group that may: to be spoken to, not to be started.
  bool shared = false;
  std::string apiSocket() const { return run + "/api.sock"; }
  std::string holdSocket() const { return run + "/hold.sock"; }
  std::string lockFile() const { return run + "/hold.lock"; }
  // The edge's own: what it keeps (last tables, ticket keys, certificates), and where it says what it saw.
  std::string edgeFolder() const { return state + "/edge"; }
  std::string edgeSocket() const { return run + "/edge.sock"; }
  std::string accessLog() const { return state + "/logs/edge/access.log"; }
  std::string signalFolder() const { return run + "/edge"; }
  std::string signalFile(std::uint64_t generation) const {
    return signalFolder() + "/" + std::to_string(generation) + ".signals";
  }
  std::string contexts() const { return state + "/contexts"; }
  std::string seriesFolder() const { return state + "/series"; }  // what was measured, over time
  std::string logStore() const { return state + "/logs/store"; }  // what containers said (room logs)
  std::string logFile() const { return state + "/logs/orbit.log"; }
};

// What hold tells its children: theirs is the home it has, whoever they run as.
inline constexpr const char* kHeldState = "ORBIT_HELD_STATE";
inline constexpr const char* kHeldRun = "ORBIT_HELD_RUN";

// The home that the environment names. Errors: kInvalid when there is neither ORBIT_HOME nor HOME, or when the path is
// too long for a socket.
using Lookup = std::function<std::optional<std::string>(std::string_view variable)>;
Result<Home> homeFor(const Lookup& lookup, unsigned uid, const std::string& workingDir);
// The machine's own: root's, that `orbit server install` sets up.
Home systemHome();

}  // namespace orbit::model
