#include "server/checks.h"

#include <gtest/gtest.h>

#include "server/fake_machine.h"
#include "server/steps.h"

namespace orbit::server {
namespace {

using format::Json;
using Health = Check::Health;

const Check* find(const std::vector<Check>& checks, std::string_view name) {
  for (const auto& check : checks) {
    if (check.name == name) return &check;
  }
  return nullptr;
}

Health healthOf(const std::vector<Check>& checks, std::string_view name) {
  const Check* check = find(checks, name);
  EXPECT_NE(check, nullptr) << name;
  return check == nullptr ? Health::kFail : check->health;
}

Json version(Json engine) {
  Json out = Json::object({{"version", buildVersion()}, {"pid", 7}});
  out.set("engine", std::move(engine));
  return out;
}

Json engine(const std::string& api = "1.44") {
  return Json::object({{"version", "25.0"},
                       {"apiVersion", api},
                       {"cgroupVersion", 2},
                       {"liveRestore", true},
                       {"swarmActive", false},
                       {"loggingDriver", "json-file"}});
}

// Every answer that is not "ok" says what to do.
void expectMends(const std::vector<Check>& checks) {
  for (const auto& check : checks) {
    EXPECT_TRUE(check.health == Health::kOk || !check.mend.empty()) << check.name << ": " << check.text;
  }
}

TEST(Doctor, AGoodEngineIsGood) {
  for (const auto& check : checkEngine(version(engine()))) EXPECT_EQ(check.health, Health::kOk) << check.name;
}

TEST(Doctor, TheDaemonAndTheEngineAreToldApart) {
  EXPECT_EQ(healthOf(checkEngine(Json()), "daemon"), Health::kFail);
  const auto without = checkEngine(version(Json()));
  EXPECT_EQ(healthOf(without, "daemon"), Health::kOk);
  EXPECT_EQ(healthOf(without, "engine"), Health::kFail);
  expectMends(without);
}

TEST(Doctor, NamesWhatAnEngineLacks) {
  Json bad = engine("1.40");
  bad.set("cgroupVersion", 1).set("liveRestore", false).set("loggingDriver", "syslog");
  const auto checks = checkEngine(version(bad));
  for (const char* name : {"engine", "cgroup", "live-restore", "log driver"}) {
    EXPECT_EQ(healthOf(checks, name), Health::kWarn) << name;
  }
  expectMends(checks);
  EXPECT_EQ(healthOf(checkEngine(version(engine("1.99"))), "engine"), Health::kWarn);
}

TEST(Doctor, LiveRestoreIsNotAdvisedToASwarm) {
  Json swarm = engine();
  swarm.set("swarmActive", true).set("liveRestore", false);
  const auto checks = checkEngine(version(swarm));
  EXPECT_EQ(find(checks, "live-restore")->mend.find("--live-restore"), std::string::npos);
}

TEST(Doctor, AFirewallThatDropsNeedsTheRule) {
  FakeMachine machine;
  machine.programs = {"iptables"};
  Ran& rules = machine.answers["iptables -w 5 -S INPUT"];
  rules = {true, 0, "-P INPUT ACCEPT\n"};
  EXPECT_EQ(checkFirewall(machine).health, Health::kOk);
  for (const char* drops :
       {"-P INPUT DROP\n", "-P INPUT ACCEPT\n-A INPUT -j DROP\n", "-P INPUT ACCEPT\n-A INPUT -j ufw-before-input\n",
        "-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n"}) {
    rules.out = drops;
    EXPECT_EQ(checkFirewall(machine).health, Health::kFail) << drops;
    rules.out += "-A INPUT -i orb+ -m comment --comment \"orbit virtual addresses\" -j ACCEPT\n";
    EXPECT_EQ(checkFirewall(machine).health, Health::kOk) << drops;
  }
  machine.root = false;
  EXPECT_EQ(checkFirewall(machine).health, Health::kOk);
}

TEST(Doctor, APortOfAnotherFailsOnAServer) {
  FakeMachine machine;
  machine.files["/proc/net/tcp6"] =
      "   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 99 1\n";
  machine.folders["/proc"] = {"5"};
  machine.folders["/proc/5/fd"] = {"3"};
  machine.links["/proc/5/fd/3"] = "socket:[99]";
  machine.files["/proc/5/comm"] = "caddy\n";
  const auto system = checkPorts(machine, model::systemHome());
  EXPECT_EQ(healthOf(system, "port 443"), Health::kFail);
  EXPECT_EQ(healthOf(system, "port 80"), Health::kOk);
  EXPECT_NE(find(system, "port 443")->text.find("caddy (process 5)"), std::string::npos);
  EXPECT_EQ(healthOf(checkPorts(machine, {.state = "/home/x", .run = "/home/x/run"}), "port 443"), Health::kWarn);
  machine.files["/proc/5/comm"] = "orbit\n";
  EXPECT_EQ(healthOf(checkPorts(machine, model::systemHome()), "port 443"), Health::kOk);
}

TEST(Doctor, TheUnitIsThereEnabledAndActive) {
  FakeMachine machine;
  EXPECT_EQ(healthOf(checkUnit(machine, {.state = "/home/x", .run = "/home/x/run"}), "boot"), Health::kWarn);
  EXPECT_EQ(healthOf(checkUnit(machine, model::systemHome()), "boot"), Health::kWarn);
  machine.folders["/run/systemd/system"];
  EXPECT_EQ(healthOf(checkUnit(machine, model::systemHome()), "boot"), Health::kFail);
  machine.files[kUnitPath] = unitText();
  for (const auto& check : checkUnit(machine, model::systemHome())) EXPECT_EQ(check.health, Health::kOk) << check.name;
  machine.answers["systemctl is-active --quiet orbit.service"] = {true, 3, ""};
  EXPECT_EQ(healthOf(checkUnit(machine, model::systemHome()), "unit"), Health::kFail);
  machine.files[kUnitPath] += "Environment=X=1\n";
  EXPECT_EQ(healthOf(checkUnit(machine, model::systemHome()), "unit file"), Health::kWarn);
}

TEST(Doctor, SecretsAreTheirOwners) {
  FakeMachine machine;
  const model::Home home = model::systemHome();
  machine.folders[home.state];
  machine.modes = {{home.state, 0711}, {home.run, 0711}, {home.state + "/state.db", 0600}, {home.apiSocket(), 0660}};
  EXPECT_EQ(checkHome(machine, home).health, Health::kOk);
  for (const auto& [path, mode] : std::initializer_list<std::pair<std::string, unsigned>>{
           {home.state, 0755}, {home.run, 0777}, {home.state + "/state.db", 0644}, {home.apiSocket(), 0666}}) {
    FakeMachine open = machine;
    open.modes[path] = mode;
    EXPECT_EQ(checkHome(open, home).health, Health::kFail) << path;
  }
}

TEST(Doctor, AFullDiskFails) {
  FakeMachine machine;
  machine.folders["/var/lib/docker"];
  machine.disk.freeBytes = 100 << 20;
  const auto checks = checkDisk(machine, model::systemHome(), "/var/lib/docker");
  EXPECT_EQ(healthOf(checks, "disk of the state"), Health::kFail);
  EXPECT_EQ(healthOf(checks, "disk of the engine"), Health::kFail);
}

TEST(Doctor, ProcessesAreOfOneVersion) {
  FakeMachine machine;
  const std::string status = "daemon running 12 starts 1\nedge running 13 starts 1 generation 5 ready\n";
  const Json daemon = version(engine());
  EXPECT_EQ(checkProcesses(machine, status, daemon, "/usr/local/bin/orbit").health, Health::kOk);
  machine.links["/proc/13/exe"] = "/usr/local/bin/orbit (deleted)";
  EXPECT_EQ(checkProcesses(machine, status, daemon, "/usr/local/bin/orbit").health, Health::kWarn);
  EXPECT_EQ(checkProcesses(machine, "", daemon, "").health, Health::kWarn);
  EXPECT_EQ(checkProcesses(machine, "daemon running 12 starts 1\nedge waiting 0 starts 40\n", daemon, "").health,
            Health::kFail);
  Json other = daemon;
  other.set("version", "0.0.1+abc");
  EXPECT_EQ(checkProcesses(machine, status, other, "").health, Health::kWarn);
}

TEST(Doctor, MachinesAreLookedAtWhole) {
  FakeMachine machine;
  machine.files["/proc/sys/kernel/osrelease"] = "6.1.0-18-amd64\n";
  machine.files["/proc/filesystems"] = "nodev\tproc\nnodev\toverlay\n";
  machine.files["/proc/sys/net/ipv4/ip_forward"] = "1\n";
  machine.files["/etc/passwd"] = "orbit:x:997:997::/:/bin/false\n";
  machine.programs = {"git", "ssh"};
  for (const auto& check : checkMachine(machine, model::systemHome(), 1'048'576, true)) {
    EXPECT_EQ(check.health, Health::kOk) << check.name;
  }
  machine.files["/proc/sys/kernel/osrelease"] = "4.19.0\n";
  machine.files["/etc/passwd"] = "orbiter:x:1:1::/:/bin/false\n";
  machine.programs.clear();
  const auto checks = checkMachine(machine, model::systemHome(), 1024, false);
  EXPECT_EQ(healthOf(checks, "kernel"), Health::kFail);
  for (const char* name : {"descriptors", "clock", "user orbit", "git", "ssh"}) {
    EXPECT_EQ(healthOf(checks, name), Health::kWarn) << name;
  }
  expectMends(checks);
}

TEST(Doctor, SaysHowManyAreToMend) {
  const std::vector<Check> checks = {{"a", Health::kOk, "Good"}, {"b", Health::kFail, "Bad", "Mend it"}};
  EXPECT_EQ(doctorText(checks),
            "ok    a                   Good\nfail  b                   Bad\n"
            "                          Mend it\n\n1 to mend, 0 to know\n");
  const auto json = format::parseJson(doctorJson(checks));
  ASSERT_TRUE(json.ok());
  EXPECT_FALSE((*json)["ok"].asBool(true));
  EXPECT_EQ((*json)["checks"].items().size(), 2U);
  EXPECT_EQ((*json)["checks"].items()[1]["health"].asString(), "fail");
}

}  // namespace
}  // namespace orbit::server
