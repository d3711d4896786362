// The doctor's questions: each a function of what the machine and the daemon told, with an answer a person can act on.
// Private to server. Thread rules: plain functions.
#pragma once
#include <string>
#include <vector>

#include "format/json.h"
#include "model/home.h"
#include "server/machine.h"

namespace orbit::server {

struct Check {
  enum class Health { kOk, kWarn, kFail };
  std::string name;  // "engine", "live-restore"
  Health health = Health::kOk;
  std::string text;  // one sentence
  std::string mend = {};
};
std::string_view healthName(Check::Health health);

// `version` is the answer of GET /v1/version?engine=true; null when the daemon did not answer.
std::vector<Check> checkEngine(const format::Json& version);
// Free space where Orbit and the engine write; `engineRoot` may be "".
std::vector<Check> checkDisk(const Machine& machine, const model::Home& home, const std::string& engineRoot);
std::vector<Check> checkPorts(const Machine& machine, const model::Home& home);
Check checkFirewall(const Machine& machine);
std::vector<Check> checkUnit(const Machine& machine, const model::Home& home);
Check checkHome(const Machine& machine, const model::Home& home);
// Kernel, descriptors, clock, user, git, ssh.
std::vector<Check> checkMachine(const Machine& machine, const model::Home& home, long descriptorsMax, bool clockInStep);
// `status` is hold's own answer; processes are compared with the binary at `executable`.
Check checkProcesses(const Machine& machine, const std::string& status, const format::Json& version,
                     const std::string& executable);

std::string doctorText(const std::vector<Check>& checks);
std::string doctorJson(const std::vector<Check>& checks);

}  // namespace orbit::server
