#include <gtest/gtest.h>

#include "server/fake_machine.h"
#include "server/steps.h"

namespace orbit::server {
namespace {

using State = Step::State;

// A fresh Debian with Docker and systemd.
FakeMachine debian() {
  FakeMachine machine;
  machine.files["/etc/passwd"] = "root:x:0:0:root:/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n";
  machine.files["/etc/group"] = "root:x:0:\ndocker:x:998:\n";
  machine.folders["/run/systemd/system"];
  machine.answers["systemctl is-active --quiet orbit.service"] = {true, 3, ""};
  machine.programs = {"iptables"};
  return machine;
}

std::string shown(const std::vector<Step>& steps, State state) {
  std::string out;
  for (const auto& step : steps) {
    if (step.state == state) out += step.what + "\n";
  }
  return out;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

void carryOut(FakeMachine& machine, const std::vector<Step>& steps) {
  for (const auto& step : steps) {
    if (step.state == State::kToDo) {
      EXPECT_TRUE(step.act(machine).ok()) << step.what;
    }
  }
}

bool didRun(const FakeMachine& machine, const std::string& command) {
  return std::find(machine.ran.begin(), machine.ran.end(), command) != machine.ran.end();
}

TEST(Install, MakesAFreshMachineAServer) {
  FakeMachine machine = debian();
  InstallOptions options;
  options.users = {"deploy"};
  carryOut(machine, installSteps(machine, options));
  EXPECT_EQ(machine.files[kUnitPath], unitText());
  EXPECT_EQ(machine.modes[kBinaryPath], 0755U);
  EXPECT_GT(machine.files[kBinaryPath].size(), 100'000U) << "this test's own program";
  EXPECT_TRUE(machine.folders.contains(kStatePath));
  EXPECT_TRUE(didRun(machine, "usermod --append --groups docker deploy"));
  EXPECT_TRUE(didRun(machine, "systemctl daemon-reload"));
  EXPECT_TRUE(didRun(machine, "systemctl enable --now orbit"));
  EXPECT_FALSE(machine.files.contains(kDaemonJson)) << "live-restore was not asked for";
}

TEST(Install, ASecondTimeThereIsNothingToDo) {
  FakeMachine machine = debian();
  InstallOptions options;
  options.users = {"deploy"};
  options.liveRestore = true;
  carryOut(machine, installSteps(machine, options));
  machine.files["/etc/passwd"] += "orbit:x:997:997::/var/lib/orbit:/usr/sbin/nologin\n";
  machine.files["/etc/group"] = "docker:x:998:other,deploy\n";
  machine.answers.erase("systemctl is-active --quiet orbit.service");
  EXPECT_EQ(shown(installSteps(machine, options), State::kToDo), "");
}

TEST(Install, ANewBinaryReplacesDaemonAndEdgeAndKeepsHold) {
  FakeMachine machine = debian();
  machine.files[kBinaryPath] = "an older one";
  machine.files[kUnitPath] = unitText();
  machine.answers.erase("systemctl is-active --quiet orbit.service");
  const auto steps = installSteps(machine, {});
  carryOut(machine, steps);
  EXPECT_TRUE(didRun(machine, "/usr/local/bin/orbit version"));
  EXPECT_FALSE(didRun(machine, "systemctl enable --now orbit"));
}

TEST(Install, UsersThatAreNotThereAreNamed) {
  FakeMachine machine = debian();
  InstallOptions options;
  options.users = {"nobody-here"};
  EXPECT_TRUE(has(shown(installSteps(machine, options), State::kByHand), "there is no user nobody-here"));
}

TEST(Install, AServerThatWasStartedByHandMakesRoom) {
  FakeMachine machine = debian();
  machine.files["/run/orbit/hold.sock"] = "";
  carryOut(machine, installSteps(machine, {}));
  EXPECT_TRUE(didRun(machine, "/usr/local/bin/orbit server stop"));
}

TEST(Install, WithoutSystemdItSaysWhatToStart) {
  FakeMachine machine = debian();
  machine.folders.erase("/run/systemd/system");
  const auto steps = installSteps(machine, {});
  EXPECT_TRUE(has(shown(steps, State::kByHand), "/usr/local/bin/orbit hold"));
  carryOut(machine, steps);
  EXPECT_FALSE(machine.files.contains(kUnitPath));
  EXPECT_TRUE(didRun(machine, "/usr/local/bin/orbit server firewall add"));
}

TEST(Install, LiveRestoreKeepsTheOtherKeysAndAFileOfBefore) {
  FakeMachine machine = debian();
  machine.files[kDaemonJson] = R"({"log-driver": "json-file", "dns": ["192.0.2.1"]})";
  InstallOptions options;
  options.liveRestore = true;
  carryOut(machine, installSteps(machine, options));
  const auto json = format::parseJson(machine.files[kDaemonJson]);
  ASSERT_TRUE(json.ok());
  EXPECT_TRUE((*json)["live-restore"].asBool());
  EXPECT_EQ((*json)["log-driver"].asString(), "json-file");
  EXPECT_EQ((*json)["dns"].asStrings(), std::vector<std::string>{"192.0.2.1"});
  EXPECT_EQ(machine.files[std::string(kDaemonJson) + ".before-orbit"],
            R"({"log-driver": "json-file", "dns": ["192.0.2.1"]})");
  EXPECT_TRUE(didRun(machine, "systemctl reload docker"));
}

TEST(Install, LiveRestoreIsLeftOutOfASwarmAndOfAFileThatIsNoJson) {
  FakeMachine machine = debian();
  InstallOptions options;
  options.liveRestore = true;
  machine.answers["docker info --format {{.Swarm.LocalNodeState}}"] = {true, 0, "active\n"};
  EXPECT_TRUE(has(shown(installSteps(machine, options), State::kByHand), "part of a Swarm"));
  machine.answers.clear();
  machine.files[kDaemonJson] = "{\"a\": 1,}";
  const auto steps = installSteps(machine, options);
  EXPECT_TRUE(has(shown(steps, State::kByHand), "mend it"));
  carryOut(machine, steps);
  EXPECT_EQ(machine.files[kDaemonJson], "{\"a\": 1,}");
}

TEST(Install, ASwarmThatIsNotActiveDoesNotMatter) {
  FakeMachine machine = debian();
  machine.answers["docker info --format {{.Swarm.LocalNodeState}}"] = {true, 0, "inactive\n"};
  InstallOptions options;
  options.liveRestore = true;
  carryOut(machine, installSteps(machine, options));
  EXPECT_EQ(machine.files[kDaemonJson], "{\n  \"live-restore\": true\n}\n");
}

TEST(Install, UfwLetsVisitorsIn) {
  FakeMachine machine = debian();
  machine.files["/etc/ufw/ufw.conf"] = "ENABLED=yes\n";
  machine.files["/etc/ufw/user.rules"] = "### tuple ### allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n";
  const auto steps = installSteps(machine, {});
  EXPECT_TRUE(has(shown(steps, State::kThere), "ufw lets port 80 in"));
  carryOut(machine, steps);
  EXPECT_TRUE(didRun(machine, "ufw allow 443/tcp"));
  EXPECT_FALSE(didRun(machine, "ufw allow 80/tcp"));
}

TEST(Install, SaysWhoHoldsThePorts) {
  FakeMachine machine = debian();
  machine.files["/proc/net/tcp"] =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0\n"
      "   1: 0100007F:01BB 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0\n";
  machine.folders["/proc"] = {"self", "77", "net"};
  machine.folders["/proc/77/fd"] = {"0", "6"};
  machine.links["/proc/77/fd/6"] = "socket:[4711]";
  machine.files["/proc/77/comm"] = "nginx\n";
  const auto steps = installSteps(machine, {});
  EXPECT_TRUE(has(shown(steps, State::kByHand), "port 80 is held by nginx (process 77)"));
  EXPECT_TRUE(has(shown(steps, State::kThere), "port 443 is free")) << "a connection is no listener";
}

TEST(Uninstall, TakesBackAndKeepsTheState) {
  FakeMachine machine = debian();
  carryOut(machine, installSteps(machine, {}));
  machine.ran.clear();
  const auto steps = uninstallSteps(machine, {});
  carryOut(machine, steps);
  EXPECT_FALSE(machine.files.contains(kUnitPath));
  EXPECT_FALSE(machine.files.contains(kBinaryPath));
  EXPECT_TRUE(machine.folders.contains(kStatePath));
  ASSERT_FALSE(machine.ran.empty());
  EXPECT_TRUE(didRun(machine, "systemctl disable --now orbit"));
  EXPECT_TRUE(didRun(machine, "/usr/local/bin/orbit server firewall remove"));
  EXPECT_TRUE(has(shown(steps, State::kByHand), "the state stays"));
}

TEST(Unit, OutlivesDockerAndLeavesContainersAlone) {
  const std::string unit = unitText();
  EXPECT_TRUE(has(unit, "After=network-online.target docker.service\n"));
  EXPECT_FALSE(has(unit, "Requires="));
  EXPECT_FALSE(has(unit, "BindsTo="));
  EXPECT_TRUE(has(unit, "KillMode=mixed\n"));
  EXPECT_TRUE(has(unit, "Restart=always\n"));
}

}  // namespace
}  // namespace orbit::server
