// What is to be done to a machine, told before it is done. Private to server. Thread rules: one thread.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "format/json.h"
#include "server/machine.h"
#include "server/server.h"

namespace orbit::server {

struct Step {
  enum class State {
    kThere,   // nothing to do
    kToDo,    // `act` does it
    kByHand,  // the user's to do, or to know
  };
  State state = State::kThere;
  std::string what;
  std::function<Status(Machine&)> act = {};
  bool isCommand = false;
};

std::vector<Step> installSteps(const Machine& machine, const InstallOptions& options);
std::vector<Step> uninstallSteps(const Machine& machine, const InstallOptions& options);
// The unit that starts hold.
std::string unitText();
// The rule of firewall(): words for iptables after -C, -I or -D.
std::vector<std::string> firewallRule();

// /etc/docker/daemon.json with live-restore set; every other key as it was. Errors: kInvalid when the file is no JSON.
Result<std::string> withLiveRestore(const std::string& text);

// Runs one command; kIo with the end of its output when it fails.
Status mustRun(Machine& machine, const std::vector<std::string>& command);

inline constexpr const char* kBinaryPath = "/usr/local/bin/orbit";
inline constexpr const char* kUnitPath = "/etc/systemd/system/orbit.service";
inline constexpr const char* kStatePath = "/var/lib/orbit";
inline constexpr const char* kDaemonJson = "/etc/docker/daemon.json";
inline constexpr const char* kUser = "orbit";
inline constexpr const char* kGroup = "docker";

// Whether this machine is run by systemd.
bool hasSystemd(const Machine& machine);

}  // namespace orbit::server
