// What makes a machine a server, each thing looked at before it is changed.
#include "server/ports.h"
#include "server/steps.h"

namespace orbit::server {
namespace {

using State = Step::State;

constexpr unsigned kExecutable = 0755;
constexpr unsigned kReadable = 0644;
constexpr unsigned kPassable = 0711;

Step there(std::string what) {
  return {State::kThere, std::move(what)};
}

Step byHand(std::string what) {
  return {State::kByHand, std::move(what)};
}

Step command(std::string what, std::vector<std::string> words) {
  return {.state = State::kToDo,
          .what = std::move(what),
          .act = [words = std::move(words)](Machine& machine) { return mustRun(machine, words); },
          .isCommand = true};
}

// "name:x:997:deploy,root" of /etc/group or /etc/passwd.
std::optional<std::vector<std::string>> entryOf(const Machine& machine, const std::string& file,
                                                const std::string& name) {
  const std::string text = machine.read(file).value_or("");
  for (const auto line : split(text, '\n')) {
    const auto fields = split(line, ':');
    if (!fields.empty() && fields.front() == name) return std::vector<std::string>(fields.begin(), fields.end());
  }
  return std::nullopt;
}

bool isMember(const Machine& machine, const std::string& user, const std::string& group) {
  const auto entry = entryOf(machine, "/etc/group", group);
  if (!entry || entry->size() < 4) return false;
  for (const auto member : split((*entry)[3], ',')) {
    if (trim(member) == user) return true;
  }
  return false;
}

Step binaryStep(const Machine& machine, const std::string& binary) {
  if (binary.empty())
    return byHand("this program cannot be read (/proc/self/exe): copy it to " + std::string(kBinaryPath));
  if (machine.read(kBinaryPath) == binary) return there(std::string(kBinaryPath) + " is this Orbit");
  return {State::kToDo, "install this Orbit as " + std::string(kBinaryPath),
          [binary](Machine& to) { return to.write(kBinaryPath, binary, kExecutable); }};
}

void addUsers(std::vector<Step>& steps, const Machine& machine, const InstallOptions& options) {
  if (entryOf(machine, "/etc/passwd", kUser)) {
    steps.push_back(there("the user orbit exists (the edge runs as it, without access to Docker)"));
  } else {
    steps.push_back(command("add the system user orbit (the edge runs as it, without access to Docker)",
                            {"useradd", "--system", "--user-group", "--no-create-home", "--home-dir", kStatePath,
                             "--shell", "/usr/sbin/nologin", kUser}));
  }
  for (const auto& user : options.users) {
    if (!entryOf(machine, "/etc/passwd", user)) {
      steps.push_back(
          byHand("there is no user " + user + ": adduser --disabled-password " + user + ", then run this again"));
    } else if (!entryOf(machine, "/etc/group", kGroup)) {
      steps.push_back(byHand("there is no group docker for " + user + ": install Docker Engine, then run this again"));
    } else if (isMember(machine, user, kGroup)) {
      steps.push_back(there(user + " is in the group docker and may use this server's Orbit"));
    } else {
      steps.push_back(command("let " + user + " use this server's Orbit: into the group docker (root in effect)",
                              {"usermod", "--append", "--groups", kGroup, user}));
    }
  }
}

bool isActive(const Machine& machine, const std::string& unit) {
  return machine.runsCommands() && machine.run({"systemctl", "is-active", "--quiet", unit}).status == 0;
}

void addUnit(std::vector<Step>& steps, const Machine& machine, bool newBinary) {
  const bool same = machine.read(kUnitPath) == unitText();
  const bool active = isActive(machine, "orbit.service");
  if (same) {
    steps.push_back(there(std::string(kUnitPath) + " is as it should be"));
  } else {
    steps.push_back({State::kToDo,
                     "write the unit " + std::string(kUnitPath) + ", which runs `orbit hold` from boot on",
                     [](Machine& to) { return to.write(kUnitPath, unitText(), kReadable); }});
    steps.push_back(command("tell systemd: systemctl daemon-reload", {"systemctl", "daemon-reload"}));
  }
  if (!active && machine.exists("/run/orbit/hold.sock")) {
    steps.push_back(
        command("stop the Orbit that was started by hand; containers go on running", {kBinaryPath, "server", "stop"}));
  }
  if (!active) {
    steps.push_back(
        command("start it, now and at boot: systemctl enable --now orbit", {"systemctl", "enable", "--now", "orbit"}));
    return;
  }
  steps.push_back(there("orbit.service is active"));
  if (newBinary) {
    steps.push_back(command("replace daemon and edge by the new version; no request is refused meanwhile",
                            {kBinaryPath, "version"}));
  }
  if (!same) {
    steps.push_back(
        byHand("the unit's changes count from its next start: systemctl restart orbit, when a second "
               "without service is all right"));
  }
}

void addWithoutSystemd(std::vector<Step>& steps, const Machine& machine) {
  steps.push_back(
      byHand("systemd does not run here, so nothing starts Orbit at boot. Let what does run at boot start "
             "this as root, after Docker, and start it again when it ends:\n"
             "      /usr/local/bin/orbit hold\n"
             "    (OpenRC, runit, s6: a service with that command; else a line in root's crontab:\n"
             "      @reboot /usr/local/bin/orbit hold)"));
  if (machine.has("iptables")) {
    steps.push_back(command("let containers reach virtual addresses past a firewall: orbit server firewall add",
                            {kBinaryPath, "server", "firewall", "add"}));
  }
}

void addPorts(std::vector<Step>& steps, const Machine& machine) {
  for (const int port : {80, 443}) {
    const auto holder = portHolder(machine, port);
    const std::string name = "port " + std::to_string(port);
    if (!holder) {
      steps.push_back(there(name + " is free for the edge"));
    } else if (holder->name == kUser) {
      steps.push_back(there(name + " is the edge's"));
    } else {
      steps.push_back(byHand(name + " is held by " + (holder->name.empty() ? "another program" : holder->name) +
                             (holder->pid > 0 ? " (process " + std::to_string(holder->pid) + ")" : "") +
                             ": stop it, so that the edge can serve there"));
    }
  }
}

void addFirewall(std::vector<Step>& steps, const Machine& machine) {
  const std::string conf = machine.read("/etc/ufw/ufw.conf").value_or("");
  if (conf.find("ENABLED=yes") == std::string::npos) return;
  const std::string rules = machine.read("/etc/ufw/user.rules").value_or("");
  for (const std::string port : {"80", "443"}) {
    if (rules.find("### tuple ### allow tcp " + port + " ") != std::string::npos ||
        rules.find("### tuple ### allow any " + port + " ") != std::string::npos) {
      steps.push_back(there("ufw lets port " + port + " in"));
    } else {
      steps.push_back(command("let visitors in: ufw allow " + port + "/tcp", {"ufw", "allow", port + "/tcp"}));
    }
  }
}

void addLiveRestore(std::vector<Step>& steps, const Machine& machine, const InstallOptions& options) {
  const std::string text = machine.read(kDaemonJson).value_or("");
  const auto json = format::parseJson(trim(text).empty() ? "{}" : text, kDaemonJson);
  if (json.ok() && (*json)["live-restore"].asBool()) {
    steps.push_back(there("live-restore is set: containers outlive a restart of Docker"));
    return;
  }
  if (!options.liveRestore) {
    steps.push_back(
        byHand("without live-restore a restart of Docker restarts every container; set it with "
               "`orbit server install --live-restore` (not together with Swarm)"));
    return;
  }
  const bool swarm = machine.runsCommands() &&
                     machine.run({"docker", "info", "--format", "{{.Swarm.LocalNodeState}}"}).out.starts_with("active");
  if (swarm) {
    steps.push_back(byHand("this engine is part of a Swarm, which live-restore cannot be had together with: left out"));
    return;
  }
  auto changed = withLiveRestore(text);
  if (!changed.ok()) {
    steps.push_back(byHand(changed.error().text() + ": mend it, then run this again"));
    return;
  }
  steps.push_back({State::kToDo,
                   "set live-restore in " + std::string(kDaemonJson) + ", other keys as they are" +
                       (text.empty() ? "" : "; the file before stays as daemon.json.before-orbit"),
                   [text, changed = *changed](Machine& to) -> Status {
                     if (!text.empty()) {
                       ORBIT_TRY_STATUS(to.write(std::string(kDaemonJson) + ".before-orbit", text, kReadable));
                     }
                     return to.write(kDaemonJson, changed, kReadable);
                   }});
  if (hasSystemd(machine)) {
    steps.push_back(
        command("tell Docker (no container restarts): systemctl reload docker", {"systemctl", "reload", "docker"}));
  } else {
    steps.push_back(byHand("tell Docker: kill -HUP $(pidof dockerd)"));
  }
}

}  // namespace

bool hasSystemd(const Machine& machine) {
  return machine.exists("/run/systemd/system");
}

Status mustRun(Machine& machine, const std::vector<std::string>& words) {
  const Ran ran = machine.run(words);
  if (ran.started && ran.status == 0) return {};
  const std::string_view said = trim(ran.out);
  return Error{
      .code = Code::kIo,
      .message = "`" + join(words, " ") + "` failed" + (said.empty() ? "" : ": " + std::string(said.substr(0, 600)))};
}

std::vector<Step> installSteps(const Machine& machine, const InstallOptions& options) {
  std::vector<Step> steps;
  const std::string binary = RealMachine("").read("/proc/self/exe").value_or("");
  steps.push_back(binaryStep(machine, binary));
  const bool newBinary = steps.back().state == State::kToDo;
  addUsers(steps, machine, options);
  if (machine.exists(kStatePath)) {
    steps.push_back(there("the state is kept in " + std::string(kStatePath)));
  } else {
    steps.push_back({State::kToDo, "make " + std::string(kStatePath) + " for the state",
                     [](Machine& to) { return to.makeFolder(kStatePath, kPassable); }});
  }
  if (hasSystemd(machine)) {
    addUnit(steps, machine, newBinary);
  } else {
    addWithoutSystemd(steps, machine);
  }
  addPorts(steps, machine);
  addFirewall(steps, machine);
  addLiveRestore(steps, machine, options);
  return steps;
}

std::vector<Step> uninstallSteps(const Machine& machine, const InstallOptions&) {
  std::vector<Step> steps;
  if (hasSystemd(machine) && machine.exists(kUnitPath)) {
    steps.push_back(command("stop it, now and at boot: systemctl disable --now orbit (containers go on running)",
                            {"systemctl", "disable", "--now", "orbit"}));
  } else if (machine.exists("/run/orbit/hold.sock")) {
    steps.push_back(command("stop it; containers go on running", {kBinaryPath, "server", "stop"}));
  }
  if (machine.has("iptables") && machine.exists(kBinaryPath)) {
    steps.push_back(command("take the firewall's rule back: orbit server firewall remove",
                            {kBinaryPath, "server", "firewall", "remove"}));
  }
  for (const char* path : {kUnitPath, kBinaryPath}) {
    if (!machine.exists(path)) continue;
    steps.push_back({State::kToDo, "remove " + std::string(path), [path](Machine& from) { return from.remove(path); }});
    if (path == kUnitPath && hasSystemd(machine)) {
      steps.push_back(command("tell systemd: systemctl daemon-reload", {"systemctl", "daemon-reload"}));
    }
  }
  if (machine.exists(kStatePath)) {
    steps.push_back(byHand("the state stays; when nothing of it is needed any more: rm -r " + std::string(kStatePath)));
  }
  steps.push_back(byHand("containers, volumes, the user orbit and live-restore stay as they are"));
  return steps;
}

}  // namespace orbit::server
