#include "engine/answers.h"

#include <gtest/gtest.h>

#include "engine/api_version.h"
#include "engine/engine_error.h"
#include "engine/object_body.h"

namespace orbit::engine {
namespace {

format::Json json(std::string_view text) {
  auto parsed = format::parseJson(text);
  EXPECT_TRUE(parsed.ok());
  return std::move(*parsed);
}

TEST(Answers, TimesToTheMicrosecond) {
  EXPECT_EQ(parseTimeUs("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(parseTimeUs("2026-11-24T01:02:10.073714951Z"), 1795482130073714);
  EXPECT_EQ(parseTimeUs("2026-11-24T03:02:10.5+02:00"), 1795482130500000);
  EXPECT_EQ(parseTimeUs("2026-11-24T01:02:10.1-00:30"), 1795483930100000);
  for (const char* bad :
       {"", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24", "nonsense-text-of-length"}) {
    EXPECT_EQ(parseTimeUs(bad), 0) << bad;
  }
  EXPECT_EQ(secondsText(1795482130073714), "1795482130.073714");
  EXPECT_EQ(secondsText(1000005), "1.000005");
}

TEST(Answers, ListingHasTheOwnNameTruePortsAndVolumes) {
  const auto summary =
      parseSummary(json(R"j({"Id":"b734","Names":["/web/db","/p_db_1"],"Image":"redis:7","ImageID":"sha256:1",
    "Created":1795482129,"State":"running","Status":"Up 1 second (health: starting)","Labels":{"a":"b"},
    "Ports":[{"IP":"127.0.0.1","PrivatePort":6379,"PublicPort":32768,"Type":"tcp"},{"PrivatePort":80,"Type":"tcp"}],
    "NetworkSettings":{"Networks":{"bridge":{"IPAddress":"172.17.0.3"}}},
    "Mounts":[{"Type":"volume","Name":"p_data"},{"Type":"bind","Source":"/x"}]})j"));
  EXPECT_EQ(summary.name, "p_db_1");
  EXPECT_EQ(summary.state, ContainerState::kRunning);
  EXPECT_EQ(summary.health, "starting");
  ASSERT_EQ(summary.ports.size(), 1u);
  EXPECT_EQ(summary.ports[0].published, "32768");
  EXPECT_EQ(summary.addresses.at("bridge"), "172.17.0.3");
  EXPECT_EQ(summary.volumes, std::vector<std::string>{"p_data"});
  EXPECT_EQ(summary.createdUs, 1795482129000000);
}

TEST(Answers, StatsOfBothCgroupVersionsAsDockerStatsShowsThem) {
  const auto v1 = parseStats(json(R"({"read":"2026-11-24T01:02:11.38Z","pids_stats":{"current":5},
    "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":10},{"op":"Write","value":3},{"op":"Total","value":13}]},
    "cpu_stats":{"cpu_usage":{"total_usage":387,"percpu_usage":[1,2]},"system_cpu_usage":900},
    "memory_stats":{"usage":7745536,"limit":100,"stats":{"total_inactive_file":1617920,"inactive_file":1}},
    "networks":{"eth0":{"rx_bytes":266,"tx_bytes":1},"eth1":{"rx_bytes":4,"tx_bytes":2}}})"));
  EXPECT_EQ(v1.memoryBytes, 7745536u - 1617920u);
  EXPECT_EQ(v1.cpus, 2);
  EXPECT_EQ(v1.blockReadBytes, 10u);
  EXPECT_EQ(v1.blockWrittenBytes, 3u);
  EXPECT_EQ(v1.networkReceivedBytes, 270u);
  EXPECT_EQ(v1.pids, 5u);
  const auto v2 = parseStats(json(R"({"read":"2026-11-24T01:02:11.38Z","cpu_stats":{"online_cpus":4},
    "memory_stats":{"usage":500,"stats":{"inactive_file":100}}})"));
  EXPECT_EQ(v2.memoryBytes, 400u);
  EXPECT_EQ(v2.cpus, 4);
}

TEST(Answers, ListeningSockets) {
  const auto all = parseListening(
      "  sl  local_address rem_address   st tx_queue\n"
      "   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000\n"
      "   1: 00000000:0050 00000000:0000 0A 00000000:00000000\n"
      "   2: 0100007F:9999 0100007F:1F40 01 00000000:00000000\n"
      "   0: 00000000000000000000000000000000:18EB 00000000000000000000000000000000:0000 0A 0\n"
      "   1: 00000000000000000000000001000000:1538 00000000000000000000000000000000:0000 0A 0\n"
      "   2: 0000000000000000FFFF00000100007F:0016 00000000000000000000000000000000:0000 0A 0\n");
  std::vector<std::string> texts;
  for (const auto& one : all) texts.push_back(one.address + " " + std::to_string(one.port));
  EXPECT_EQ(texts, (std::vector<std::string>{"127.0.0.1 8000", "0.0.0.0 80", ":: 6379", "::1 5432", "127.0.0.1 22"}));
}

TEST(Versions, TheNewestCommonOne) {
  EXPECT_EQ(negotiate("1.41", "1.12", "20.10")->text(), "1.41");
  EXPECT_EQ(negotiate("1.60", "1.44", "40")->text(), "1.52");
  EXPECT_EQ(negotiate("1.47", "", "")->text(), "1.47");
  const auto old = negotiate("1.40", "1.12", "19.03.1");
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().code, Code::kUnsupported);
  EXPECT_NE(old.error().message.find("19.03.1"), std::string::npos);
  EXPECT_EQ(negotiate("1.70", "1.60", "50").error().code, Code::kUnsupported);
  EXPECT_EQ(negotiate("one", "", "").error().code, Code::kProtocol);
}

TEST(EngineErrors, CodesThatCallersDecideBy) {
  const auto code = [](int status, std::string_view message) { return engineError(status, message).code; };
  EXPECT_EQ(code(500, "mkdir /var/lib/docker/x: no space left on device"), Code::kNoSpace);
  EXPECT_EQ(code(404, "No such container: x"), Code::kNotFound);
  EXPECT_EQ(code(409, "Conflict. The container name \"/a\" is already in use by container \"b\"."), Code::kConflict);
  EXPECT_EQ(code(403, "error while removing network: network x id y has active endpoints"), Code::kConflict);
  EXPECT_EQ(code(500, "manifest for a/b:c not found: manifest unknown"), Code::kNotFound);
  EXPECT_EQ(code(500, "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host"),
            Code::kUnavailable);
  EXPECT_EQ(code(400, "OCI runtime create failed: exec: \"npm\": executable file not found in $PATH: unknown"),
            Code::kInvalid);
  // What three engines said, killed while they started a container.
  EXPECT_EQ(code(409, "task f7044cc8e617: already exists"), Code::kStale);
  EXPECT_EQ(code(409, "id already in use"), Code::kStale);
  EXPECT_EQ(code(500, "runc create failed: container with given ID already exists: unknown"), Code::kStale);
  EXPECT_EQ(
      code(500, "failed to start shim: mkdir /run/x/io.containerd.runtime.v2.task/moby/1fa8: file exists: unknown"),
      Code::kStale);
  EXPECT_EQ(code(409, "network with name shop_default already exists"), Code::kConflict);
  EXPECT_EQ(code(500, "something"), Code::kIo);
}

TEST(EngineErrors, TextsThatHelp) {
  const Error port = engineError(500,
                                 "driver failed programming external connectivity on endpoint web (0ab): Bind for "
                                 "0.0.0.0:8000 failed: port is already allocated");
  EXPECT_EQ(port.code, Code::kConflict);
  EXPECT_EQ(port.message, "port 8000 of this machine is already in use");
  EXPECT_EQ(portOfMessage("Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use"), "80");
  EXPECT_EQ(portOfMessage("listen tcp6 [::]:443: bind: address already in use"), "443");
  EXPECT_EQ(engineError(404, "No such image: redis:9").message, "image redis:9 is not on this machine");
  EXPECT_EQ(engineError(400, "exec: \"npm\": executable file not found in $PATH").message,
            "the image has no command \"npm\"");
  EXPECT_EQ(engineError(409, "Conflict. The container name \"/a\" is already in use by container \"b\".").message,
            "the container name /a is already in use");
  const Error denied = connectError({Code::kDenied, "x"}, "/var/run/docker.sock");
  EXPECT_NE(denied.hint.find("docker group"), std::string::npos);
  const Error absent = connectError({Code::kUnavailable, "x"}, "/var/run/docker.sock");
  EXPECT_NE(absent.hint.find("apt install docker.io"), std::string::npos);
  EXPECT_TRUE(absent.retrySafe);
}

TEST(ObjectBodies, References) {
  const auto text = [](const std::string& reference) {
    const ImageName name = splitReference(reference);
    return name.repository + " " + name.tag;
  };
  EXPECT_EQ(text("redis"), "redis latest");
  EXPECT_EQ(text("redis:7"), "redis 7");
  EXPECT_EQ(text("localhost:5000/a/b"), "localhost:5000/a/b latest");
  EXPECT_EQ(text("localhost:5000/a/b:1"), "localhost:5000/a/b 1");
  EXPECT_EQ(text("ghcr.io/a/b:1@sha256:0f"), "ghcr.io/a/b sha256:0f");
}

TEST(ObjectBodies, NetworksByVersion) {
  model::Network network;
  network.name = "p_default";
  network.enableIpv4 = false;
  network.pools = {{"10.9.0.0/24", "10.9.0.1", "", {}}};
  EXPECT_EQ(
      networkBody(network, kApiOldest).dump(),
      R"({"Name":"p_default","CheckDuplicate":true,"Driver":"bridge","Internal":false,"Attachable":false,"Labels":{},)"
      R"("IPAM":{"Driver":"default","Config":[{"Subnet":"10.9.0.0/24","Gateway":"10.9.0.1"}]}})");
  EXPECT_FALSE(networkBody(network, kApiNewest).has("CheckDuplicate"));
  EXPECT_TRUE(networkBody(network, kApiNewest).has("EnableIPv4"));
}

}  // namespace
}  // namespace orbit::engine
