// What the engine tells of itself.
#include <charconv>

#include "server/checks.h"

namespace orbit::server {
namespace {

using format::Json;
using Health = Check::Health;

constexpr int kApiMinorMin = 41;  // decision 6
constexpr int kApiMinorMax = 52;
constexpr std::string_view kMendSwarm =
    "docker swarm leave, if this machine is no cluster; else keep to one of the two";

// The minor of "1.41"; 0 when it is no such text.
int apiMinor(const std::string& text) {
  int minor = 0;
  if (startsWith(text, "1.")) std::from_chars(text.data() + 2, text.data() + text.size(), minor);
  return minor;
}

Check checkApi(const Json& engine) {
  const std::string& api = engine["apiVersion"].asString();
  const int minor = apiMinor(api);
  if (minor >= kApiMinorMin && minor <= kApiMinorMax) {
    return {"engine", Health::kOk, "Docker Engine " + engine["version"].asString() + " answers (API " + api + ")"};
  }
  return {"engine", Health::kWarn,
          "Docker Engine " + engine["version"].asString() + " speaks API " + api + "; Orbit is made for 1.41 to 1.52",
          minor < kApiMinorMin ? "Install Docker Engine 20.10 or later" : "Install a newer Orbit when there is one"};
}

Check checkCgroup(const Json& engine) {
  const auto version = engine["cgroupVersion"].asInt();
  if (version >= 2) return {"cgroup", Health::kOk, "Control groups version 2"};
  return {"cgroup", Health::kWarn, "Control groups version 1: limits work, pressure and OOM kills are seen less well",
          "Boot with systemd.unified_cgroup_hierarchy=1, or a newer distribution"};
}

Check checkLiveRestore(const Json& engine) {
  const bool swarm = engine["swarmActive"].asBool();
  const bool set = engine["liveRestore"].asBool();
  if (swarm) {
    return {"live-restore", Health::kWarn,
            "The engine is part of a Swarm, so a restart of Docker restarts every container", std::string(kMendSwarm)};
  }
  if (set) return {"live-restore", Health::kOk, "Containers outlive a restart of Docker"};
  return {"live-restore", Health::kWarn, "A restart or an upgrade of Docker restarts every container",
          "sudo orbit server install --live-restore"};
}

Check checkLogDriver(const Json& engine) {
  const std::string& driver = engine["loggingDriver"].asString();
  if (driver == "json-file" || driver == "local" || driver == "journald") {
    return {"log driver", Health::kOk, "Containers log to " + driver};
  }
  return {"log driver", Health::kWarn,
          "The engine's log driver is " + (driver.empty() ? "not told" : driver) +
              ", which may not be readable: `orbit logs` may show nothing",
          "\"log-driver\": \"json-file\" in /etc/docker/daemon.json, then restart Docker"};
}

}  // namespace

std::vector<Check> checkEngine(const Json& version) {
  if (!version.has("pid")) {
    return {{"daemon", Health::kFail, "Orbit's daemon does not answer", "orbit server status shows its log"}};
  }
  std::vector<Check> checks = {{"daemon", Health::kOk, "Orbit " + version["version"].asString() + " answers"}};
  const Json& engine = version["engine"];
  if (engine.isNull()) {
    const Json& problem = version["engineProblem"];
    const std::string& hint = problem["hint"].asString();
    checks.push_back({"engine", Health::kFail,
                      problem.isNull() ? "The Docker Engine does not answer" : problem["message"].asString(),
                      hint.empty() ? "Is Docker installed and running? systemctl status docker" : hint});
    return checks;
  }
  checks.push_back(checkApi(engine));
  checks.push_back(checkCgroup(engine));
  checks.push_back(checkLiveRestore(engine));
  checks.push_back(checkLogDriver(engine));
  return checks;
}

}  // namespace orbit::server
