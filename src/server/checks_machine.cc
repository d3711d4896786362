// What the machine tells: disks, ports, firewall, unit, kernel, programs, processes.
#include <charconv>

#include "server/checks.h"
#include "server/ports.h"
#include "server/steps.h"

namespace orbit::server {
namespace {

using Health = Check::Health;

constexpr std::uint64_t kGiB = 1ULL << 30;
constexpr std::uint64_t kFreeFail = 1 * kGiB;
constexpr std::uint64_t kFreeWarn = 5 * kGiB;
constexpr long kDescriptorsWanted = 65'536;
constexpr int kKernelMajorMin = 5;  // 5.3: pidfd_open
constexpr int kKernelMinorMin = 3;
constexpr unsigned kOthers = 0007;
constexpr unsigned kOthersMayRead = 0004;

Check diskCheck(const Machine& machine, const std::string& name, const std::string& path) {
  const auto space = machine.space(path);
  if (!space) return {name, Health::kWarn, "Cannot tell how much room is left in " + path};
  const std::string left = std::to_string(space->freeBytes / kGiB) + " GiB free in " + path;
  if (space->freeBytes < kFreeFail) {
    return {name, Health::kFail, "Less than 1 GiB free in " + path, "docker system df shows what takes it"};
  }
  if (space->freeBytes < kFreeWarn) {
    return {name, Health::kWarn, "Only " + left + ": builds may fill it", "docker system df shows what takes it"};
  }
  return {name, Health::kOk, left};
}

bool isSystem(const model::Home& home) {
  return home.state == model::systemHome().state;
}

bool unitExists(const Machine& machine) {
  return hasSystemd(machine) && machine.exists(kUnitPath);
}

// "5.10.0-8-amd64" is at least 5.3.
bool newEnough(const std::string& release) {
  int major = 0;
  int minor = 0;
  const char* end = release.data() + release.size();
  const auto dot = std::from_chars(release.data(), end, major);
  if (dot.ptr != end && *dot.ptr == '.') std::from_chars(dot.ptr + 1, end, minor);
  return major > kKernelMajorMin || (major == kKernelMajorMin && minor >= kKernelMinorMin);
}

Check kernelCheck(const Machine& machine) {
  const std::string release(trim(machine.read("/proc/sys/kernel/osrelease").value_or("")));
  if (!newEnough(release)) {
    return {"kernel", Health::kFail, "Linux " + release + " lacks what Orbit needs (5.3: pidfd_open)",
            "Boot a newer kernel"};
  }
  const std::string filesystems = machine.read("/proc/filesystems").value_or("");
  if (filesystems.find("\toverlay") == std::string::npos) {
    return {"kernel", Health::kWarn, "Linux " + release + " has not loaded overlayfs, which Docker stores layers with",
            "modprobe overlay"};
  }
  if (trim(machine.read("/proc/sys/net/ipv4/ip_forward").value_or("")) != "1") {
    return {"kernel", Health::kWarn, "Linux forwards no packets (net.ipv4.ip_forward is 0): containers reach nothing",
            "sysctl -w net.ipv4.ip_forward=1; Docker sets it when it starts"};
  }
  return {"kernel", Health::kOk, "Linux " + release + ", overlayfs, forwarding"};
}

Check descriptorsCheck(long most) {
  if (most >= kDescriptorsWanted) return {"descriptors", Health::kOk, "Up to " + std::to_string(most) + " open files"};
  return {"descriptors", Health::kWarn,
          "Only " + std::to_string(most) + " open files a process: each visitor's connection is one, and one upstream",
          "The unit of `orbit server install` allows 1048576; by hand: ulimit -Hn"};
}

Check programCheck(const Machine& machine, const std::string& program, const std::string& package,
                   const std::string& what) {
  if (machine.has(program)) return {program, Health::kOk, program + " is installed"};
  return {program, Health::kWarn, program + " is not installed: " + what, "apt-get install " + package};
}

// Whether a chain as `iptables -S INPUT` prints it lets in what no rule accepts.
bool dropsInput(const std::string& rules) {
  for (const auto line : split(rules, '\n')) {
    if (line == "-P INPUT DROP" || line == "-P INPUT REJECT") return true;
    const bool appended = startsWith(line, "-A INPUT");
    if (appended && (endsWith(line, "-j DROP") || line.find("-j REJECT") != std::string_view::npos ||
                     line.find("-j ufw-") != std::string_view::npos)) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<Check> checkDisk(const Machine& machine, const model::Home& home, const std::string& engineRoot) {
  std::vector<Check> checks = {diskCheck(machine, "disk of the state", home.state)};
  if (!engineRoot.empty() && machine.exists(engineRoot)) {
    checks.push_back(diskCheck(machine, "disk of the engine", engineRoot));
  }
  return checks;
}

std::vector<Check> checkPorts(const Machine& machine, const model::Home& home) {
  std::vector<Check> checks;
  for (const int port : {80, 443}) {
    const std::string name = "port " + std::to_string(port);
    const auto holder = portHolder(machine, port);
    const bool told = holder && !holder->name.empty();
    if (!holder) {
      checks.push_back({name, Health::kOk, "Free; the edge takes it with the first route"});
    } else if (!told) {
      checks.push_back(
          {name, Health::kOk, "Taken by a process this user may not see", "sudo orbit doctor tells which"});
    } else if (holder->name == "orbit") {
      checks.push_back({name, Health::kOk, "The edge's (process " + std::to_string(holder->pid) + ")"});
    } else {
      checks.push_back(
          {name, isSystem(home) ? Health::kFail : Health::kWarn,
           "Held by " + holder->name + " (process " + std::to_string(holder->pid) + "), so the edge cannot serve there",
           "Stop it: systemctl disable --now " + holder->name});
    }
  }
  return checks;
}

Check checkFirewall(const Machine& machine) {
  const std::string name = "firewall";
  if (!machine.isRoot()) return {name, Health::kOk, "Only root can look at it", "sudo orbit doctor"};
  if (!machine.has("iptables")) return {name, Health::kOk, "There is no iptables here"};
  const Ran rules = machine.run({"iptables", "-w", "5", "-S", "INPUT"});
  if (rules.status != 0) {
    return {name, Health::kWarn, "iptables does not tell its rules: " + std::string(trim(rules.out))};
  }
  if (!dropsInput(rules.out)) return {name, Health::kOk, "Nothing is dropped on its way to this machine"};
  if (rules.out.find("orbit virtual addresses") != std::string::npos) {
    return {name, Health::kOk, "It drops, but lets containers reach the virtual addresses of services"};
  }
  return {name, Health::kFail,
          "It drops what comes in and has no rule for virtual addresses: services of an environment cannot reach each "
          "other",
          "sudo orbit server firewall add; the unit of `orbit server install` does it at each start"};
}

std::vector<Check> checkUnit(const Machine& machine, const model::Home& home) {
  if (!isSystem(home)) {
    return {{"boot", Health::kWarn,
             "This user's Orbit starts with the first command and does not come back by itself after a reboot",
             "For a server: sudo orbit server install"}};
  }
  if (!hasSystemd(machine)) {
    return {{"boot", Health::kWarn, "There is no systemd here, so Orbit cannot tell what starts it at boot",
             "Let what runs at boot start `orbit hold` as root: docs/server.md"}};
  }
  if (!unitExists(machine)) {
    return {{"boot", Health::kFail, "Nothing starts Orbit at boot", "sudo orbit server install"}};
  }
  std::vector<Check> checks;
  const bool enabled = machine.run({"systemctl", "is-enabled", "--quiet", "orbit.service"}).status == 0;
  checks.push_back(
      enabled ? Check{"boot", Health::kOk, "orbit.service starts at boot"}
              : Check{"boot", Health::kFail, "orbit.service does not start at boot", "sudo systemctl enable orbit"});
  const bool active = machine.run({"systemctl", "is-active", "--quiet", "orbit.service"}).status == 0;
  checks.push_back(active ? Check{"unit", Health::kOk, "orbit.service is active"}
                          : Check{"unit", Health::kFail, "orbit.service is not active",
                                  "sudo systemctl start orbit; journalctl -u orbit"});
  if (machine.read(kUnitPath) != unitText()) {
    checks.push_back({"unit file", Health::kWarn, std::string(kUnitPath) + " is not as this version writes it",
                      "sudo orbit server install"});
  }
  return checks;
}

Check checkHome(const Machine& machine, const model::Home& home) {
  const std::string name = "permissions";
  if (!machine.exists(home.state)) return {name, Health::kOk, home.state + " is not there yet"};
  // Others may pass through to the edge's own folder, but not look.
  for (const std::string& folder : {home.state, home.run}) {
    const unsigned mode = machine.mode(folder).value_or(0);
    if ((mode & kOthersMayRead) != 0 || (mode & 0022U) != 0) {
      return {name, Health::kFail, "Others may look into " + folder, "chmod 711 " + folder};
    }
  }
  for (const std::string file : {"/state.db", "/key"}) {
    const auto mode = machine.mode(home.state + file);
    if (mode && (*mode & 0077U) != 0) {
      return {name, Health::kFail, "Others may read " + home.state + file, "chmod 600 " + home.state + file};
    }
  }
  const auto socket = machine.mode(home.apiSocket());
  if (socket && (*socket & kOthers) != 0) {
    return {name, Health::kFail, "Everybody may speak to the daemon at " + home.apiSocket(),
            "chmod o= " + home.apiSocket()};
  }
  return {name, Health::kOk, "The state in " + home.state + " is readable by its owner alone"};
}

std::vector<Check> checkMachine(const Machine& machine, const model::Home& home, long descriptorsMax,
                                bool clockInStep) {
  std::vector<Check> checks = {kernelCheck(machine), descriptorsCheck(descriptorsMax)};
  checks.push_back(clockInStep ? Check{"clock", Health::kOk, "The clock is kept in step with the network's"}
                               : Check{"clock", Health::kWarn,
                                       "Nothing keeps the clock in step: certificates and records depend on it",
                                       "timedatectl set-ntp true, or install chrony"});
  const std::string passwd = "\n" + machine.read("/etc/passwd").value_or("");
  const bool user = passwd.find("\norbit:") != std::string::npos;
  if (isSystem(home)) {
    checks.push_back(user ? Check{"user orbit", Health::kOk, "The edge runs as orbit, without access to Docker"}
                          : Check{"user orbit", Health::kWarn, "There is no user orbit, so the edge runs as root",
                                  "sudo orbit server install"});
  }
  checks.push_back(programCheck(machine, "git", "git", "nothing can be pushed here, and commits are not known"));
  checks.push_back(programCheck(machine, "ssh", "openssh-client", "`orbit link` needs it"));
  return checks;
}

Check checkProcesses(const Machine& machine, const std::string& status, const format::Json& version,
                     const std::string& executable) {
  const std::string name = "processes";
  if (status.empty()) return {name, Health::kWarn, "hold does not answer", "orbit server status"};
  std::vector<std::string> pids;
  std::vector<std::string> waiting;
  for (const auto line : split(status, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 3) continue;
    const std::string state(words[1]);
    if (state == "running") pids.emplace_back(words[2]);
    if (state == "waiting") waiting.emplace_back(words[0]);
  }
  if (!waiting.empty()) {
    return {name, Health::kFail, join(waiting, ", ") + " keeps ending and is started again",
            "orbit server status shows where the log is"};
  }
  if (!version["version"].isNull() && version["version"].asString() != buildVersion()) {
    return {name, Health::kWarn,
            "The daemon is " + version["version"].asString() + ", this command is " + buildVersion(),
            "Use the same binary for both: sudo orbit server install"};
  }
  for (const auto& pid : pids) {
    const std::string path = machine.linkTarget("/proc/" + pid + "/exe").value_or(executable);
    if (endsWith(path, " (deleted)")) {
      return {name, Health::kWarn, "Process " + pid + " still runs the binary from before the last install",
              "orbit version asks hold to replace it; no request is refused meanwhile"};
    }
  }
  return {name, Health::kOk, "hold keeps " + std::to_string(pids.size()) + " processes of this version"};
}

}  // namespace orbit::server
