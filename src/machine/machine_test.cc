#include "machine/machine.h"

#include <gtest/gtest.h>

#include <map>

namespace orbit::machine {
namespace {

Read from(std::map<std::string, std::string> files) {
  return [files = std::move(files)](const std::string& path) {
    const auto found = files.find(path);
    return found == files.end() ? std::string() : found->second;
  };
}

constexpr const char* kNetwork =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier\n"
    "    lo:    9000      10    0    0    0     0          0         0     9000      10    0    0    0     0       0\n"
    "  eth0:  123456     200    0    0    0     0          0         0   654321     300    0    0    0     0       0\n";

TEST(ContainerUse, UnifiedCgroup) {
  const std::string group = "/sys/fs/cgroup/system.slice/docker-abc.scope";
  const auto use =
      containerUse(42, from({{"/proc/42/cgroup", "0::/system.slice/docker-abc.scope\n"},
                             {"/proc/42/net/dev", kNetwork},
                             {group + "/cpu.stat",
                              "usage_usec 5000000\nuser_usec 1\nsystem_usec 2\nnr_periods 30\nnr_throttled 4\n"
                              "throttled_usec 800\n"},
                             {group + "/memory.current", "104857600\n"},
                             {group + "/memory.stat", "anon 7\ninactive_file 4857600\n"},
                             {group + "/memory.max", "max\n"},
                             {group + "/memory.events", "low 0\noom 3\noom_kill 2\n"},
                             {group + "/io.stat", "8:0 rbytes=100 wbytes=200 rios=1\n8:16 rbytes=1 wbytes=2\n\n"}}));
  ASSERT_TRUE(use.ok());
  EXPECT_EQ(use->cpuUs, 5'000'000u);
  EXPECT_EQ(use->memoryBytes, 100'000'000u);
  EXPECT_EQ(use->memoryLimitBytes, 0u);
  EXPECT_EQ(use->oomKills, 2u);
  EXPECT_EQ(use->throttledPeriods, 4u);
  EXPECT_EQ(use->throttledUs, 800u);
  EXPECT_EQ(use->readBytes, 101u);
  EXPECT_EQ(use->writtenBytes, 202u);
  EXPECT_EQ(use->receivedBytes, 123'456u);
  EXPECT_EQ(use->sentBytes, 654'321u);
}

TEST(ContainerUse, CgroupsOfTheFirstKind) {
  const auto use = containerUse(
      42,
      from({{"/proc/42/cgroup",
             "9:name=systemd:/\n7:blkio:/docker/abc\n4:memory:/docker/abc\n"
             "2:cpu,cpuacct:/docker/abc\n0::/\n"},
            {"/sys/fs/cgroup/cpuacct/docker/abc/cpuacct.usage", "5000000000\n"},
            {"/sys/fs/cgroup/cpu/docker/abc/cpu.stat", "nr_periods 9\nnr_throttled 5\nthrottled_time 7000000\n"},
            {"/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "2000\n"},
            {"/sys/fs/cgroup/memory/docker/abc/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n"},
            {"/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n"},
            {"/sys/fs/cgroup/memory/docker/abc/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"},
            {"/sys/fs/cgroup/blkio/docker/abc/blkio.throttle.io_service_bytes",
             "8:0 Read 4096\n8:0 Write 8192\n8:0 Total 12288\nTotal 12288\n"}}));
  ASSERT_TRUE(use.ok());
  EXPECT_EQ(use->cpuUs, 5'000'000u);
  EXPECT_EQ(use->throttledPeriods, 5u);
  EXPECT_EQ(use->throttledUs, 7'000u);
  EXPECT_EQ(use->memoryBytes, 1'500u);
  EXPECT_EQ(use->memoryLimitBytes, 0u);
  EXPECT_EQ(use->oomKills, 1u);
  EXPECT_EQ(use->readBytes, 4'096u);
  EXPECT_EQ(use->writtenBytes, 8'192u);
}

TEST(ContainerUse, WhatIsGoneIsSaid) {
  EXPECT_EQ(containerUse(42, from({})).error().code, Code::kNotFound);
  EXPECT_EQ(containerUse(42, from({{"/proc/42/cgroup", "1:name=systemd:/\n"}})).error().code, Code::kUnsupported);
}

TEST(HostUse, FromProc) {
  const HostUse use =
      hostUse(from({{"/proc/loadavg", "1.50 0.9 0.8 2/300 999\n"},
                    {"/proc/stat", "cpu  100 0 50 1000 7 1 2 30\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n"},
                    {"/proc/meminfo", "MemTotal:       1000 kB\nMemFree: 1 kB\nMemAvailable:    400 kB\n"}}));
  EXPECT_DOUBLE_EQ(use.load1, 1.5);
  EXPECT_EQ(use.processors, 2u);
  EXPECT_EQ(use.busyUs, 1'530'000u);
  EXPECT_EQ(use.stolenUs, 300'000u);
  EXPECT_EQ(use.memoryBytes, 1'024'000u);
  EXPECT_EQ(use.availableBytes, 409'600u);
}

constexpr std::int64_t kMinute = 60'000'000;

TEST(Forecast, ALineIsFollowed) {
  Forecast forecast;
  using Kind = Forecast::Outlook::Kind;
  for (int minute = 0; minute <= 25; ++minute) {
    forecast.add(minute * kMinute, 1'000 + static_cast<std::uint64_t>(minute) * 100);
  }
  EXPECT_EQ(forecast.outlook(100'000).kind, Kind::kNotEnough);
  for (int minute = 25; minute <= 180; ++minute) {
    forecast.add(minute * kMinute, 1'000 + static_cast<std::uint64_t>(minute) * 100);
  }
  const auto outlook = forecast.outlook(100'000);
  EXPECT_EQ(outlook.kind, Kind::kFilling);
  EXPECT_GT(outlook.confidence, 0.95);
  EXPECT_NEAR(static_cast<double>(outlook.fullInSeconds), 49'500, 3'000);
  EXPECT_EQ(forecast.outlook(1'000'000'000'000).kind, Kind::kNotFilling);
}

TEST(Forecast, NoiseIsNoLine) {
  Forecast still, saw;
  for (int at = 0; at < 100; ++at) {
    still.add(at * 5 * kMinute, 1'000);
    saw.add(at * 5 * kMinute, at % 10 == 9 ? 1'000 : 1'000 + static_cast<std::uint64_t>(at) % 10 * 1'000);
  }
  EXPECT_EQ(still.outlook(100'000).kind, Forecast::Outlook::Kind::kNotFilling);
  EXPECT_NE(saw.outlook(100'000).kind, Forecast::Outlook::Kind::kFilling);
}

}  // namespace
}  // namespace orbit::machine
