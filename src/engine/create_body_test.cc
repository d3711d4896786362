#include "engine/create_body.h"

#include <gtest/gtest.h>

namespace orbit::engine {
namespace {

model::ContainerSpec small() {
  model::ContainerSpec spec;
  spec.image = "redis:7";
  return spec;
}

format::Json bodyOf(const model::ContainerSpec& spec, ApiVersion version = kApiNewest) {
  auto call = createCall("x", spec, version);
  EXPECT_TRUE(call.ok());
  return call->body;
}

TEST(CreateBody, SaysNothingWhereTheFileSaysNothing) {
  EXPECT_EQ(
      bodyOf(small()).dump(),
      R"({"Image":"redis:7","HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-file":"4","max-size":"32m"}}}})");
}

TEST(CreateBody, NameAndPlatformGoIntoTheQuery) {
  auto spec = small();
  spec.platform = "linux/arm64";
  const auto call = createCall("my_db-1", spec, kApiOldest);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->query, "?name=my_db-1&platform=linux%2Farm64");
}

TEST(CreateBody, EnvironmentKeepsNamesWithoutValues) {
  auto spec = small();
  spec.environment = {{"A", "1"}, {"B", std::nullopt}, {"C", ""}};
  EXPECT_EQ(bodyOf(spec)["Env"].dump(), R"(["A=1","B","C="])");
}

TEST(CreateBody, EmptyCommandAndEntrypointAreSentAsEmpty) {
  auto spec = small();
  spec.command.emplace();
  spec.entrypoint.emplace();
  EXPECT_EQ(bodyOf(spec)["Cmd"].dump(), "[]");
  EXPECT_EQ(bodyOf(spec)["Entrypoint"].dump(), "[]");
}

TEST(CreateBody, PortsAreExposedAndBound) {
  auto spec = small();
  spec.expose = {"9000", "9001/udp"};
  model::Port web;
  web.target = 80;
  web.published = "8000-8010";
  web.hostIp = "127.0.0.1";
  model::Port again = web;
  again.published = "9090";
  again.hostIp = "";
  spec.ports = {web, again};
  const auto body = bodyOf(spec);
  EXPECT_EQ(body["ExposedPorts"].dump(), R"({"9000/tcp":{},"9001/udp":{},"80/tcp":{}})");
  EXPECT_EQ(body["HostConfig"]["PortBindings"].dump(),
            R"({"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"8000-8010"},{"HostIp":"","HostPort":"9090"}]})");
}

TEST(CreateBody, FirstNetworkAtCreateOthersAfterwardsBefore144) {
  auto spec = small();
  spec.networks = {{"p_front", {"web"}, "", "", {}, "", {}, 0}, {"p_back", {}, "10.0.0.9", "", {}, "", {}, 0}};
  spec.macAddress = "02:42:ac:11:00:09";
  const auto old = createCall("x", spec, kApiOldest);
  ASSERT_TRUE(old.ok());
  EXPECT_EQ(old->body["HostConfig"]["NetworkMode"].asString(), "p_front");
  EXPECT_EQ(old->body["MacAddress"].asString(), "02:42:ac:11:00:09");
  EXPECT_EQ(old->body["NetworkingConfig"]["EndpointsConfig"].dump(), R"({"p_front":{"Aliases":["web"]}})");
  ASSERT_EQ(old->connectAfter.size(), 1u);
  EXPECT_EQ(old->connectAfter.front().network, "p_back");

  const auto current = createCall("x", spec, kApiManyNetworks);
  ASSERT_TRUE(current.ok());
  EXPECT_TRUE(current->connectAfter.empty());
  EXPECT_EQ(
      current->body["NetworkingConfig"]["EndpointsConfig"].dump(),
      R"({"p_front":{"Aliases":["web"],"MacAddress":"02:42:ac:11:00:09"},"p_back":{"IPAMConfig":{"IPv4Address":"10.0.0.9"}}})");
  EXPECT_FALSE(current->body.has("MacAddress"));
}

TEST(CreateBody, StartIntervalOnlyWhereItIsKnown) {
  auto spec = small();
  spec.healthCheck.emplace();
  spec.healthCheck->test = {"CMD-SHELL", "true"};
  spec.healthCheck->startInterval = std::chrono::seconds(1);
  spec.healthCheck->interval = std::chrono::milliseconds(1500);
  EXPECT_EQ(bodyOf(spec, kApiOldest)["Healthcheck"].dump(), R"({"Test":["CMD-SHELL","true"],"Interval":1500000000})");
  EXPECT_EQ(bodyOf(spec)["Healthcheck"]["StartInterval"].asInt(), 1'000'000'000);
  spec.healthCheck->disabled = true;
  EXPECT_EQ(bodyOf(spec)["Healthcheck"].dump(), R"({"Test":["NONE"]})");
}

TEST(CreateBody, AGraceBelowASecondIsNotZero) {
  auto spec = small();
  spec.stopGrace = std::chrono::milliseconds(200);
  EXPECT_EQ(bodyOf(spec)["StopTimeout"].asInt(), 1);
}

TEST(CreateBody, MountsInTheFormComposeChooses) {
  using Type = model::Mount::Type;
  model::Mount bind, named, anonymous, tmpfs, strict, nocopy;
  bind.type = strict.type = Type::kBind;
  bind.source = strict.source = "/src";
  bind.target = "/app";
  bind.readOnly = true;
  bind.selinux = "z";
  strict.target = "/strict";
  strict.bindCreateHostPath = false;
  named.source = nocopy.source = "p_data";
  named.target = "/data";
  nocopy.target = "/nc";
  nocopy.volumeNoCopy = true;
  anonymous.target = "/cache";
  tmpfs.type = Type::kTmpfs;
  tmpfs.target = "/run";
  tmpfs.tmpfsBytes = 1 << 20;
  tmpfs.tmpfsMode = 0700;
  auto spec = small();
  spec.mounts = {bind, named, anonymous, tmpfs, strict, nocopy};
  const auto host = bodyOf(spec)["HostConfig"];
  EXPECT_EQ(host["Binds"].dump(), R"(["/src:/app:ro,z","p_data:/data:rw","p_data:/nc:rw,nocopy"])");
  EXPECT_EQ(host["Mounts"].dump(),
            R"([{"Target":"/cache","Type":"volume","VolumeOptions":{}},)"
            R"({"Target":"/run","Type":"tmpfs","TmpfsOptions":{"SizeBytes":1048576,"Mode":448}},)"
            R"({"Target":"/strict","Source":"/src","Type":"bind","BindOptions":{}}])");
}

TEST(CreateBody, WhatTheVersionCannotDoIsNamed) {
  auto spec = small();
  model::Mount part;
  part.source = "v";
  part.target = "/x";
  part.volumeSubpath = "a/b";
  spec.mounts = {part};
  const auto subpath = createCall("x", spec, {1, 44});
  ASSERT_FALSE(subpath.ok());
  EXPECT_EQ(subpath.error().code, Code::kUnsupported);
  EXPECT_NE(subpath.error().message.find("1.45"), std::string::npos);
  EXPECT_TRUE(createCall("x", spec, {1, 45}).ok());
  auto annotated = small();
  annotated.annotations = {{"a", "b"}};
  EXPECT_FALSE(createCall("x", annotated, {1, 42}).ok());
  EXPECT_TRUE(createCall("x", annotated, {1, 43}).ok());
}

TEST(CreateBody, ResourcesAndIsolation) {
  auto spec = small();
  spec.nanoCpus = 1'500'000'000;
  spec.memoryBytes = 64 << 20;
  spec.pidsLimit = 100;
  spec.ulimits = {{"nofile", 1024, 2048}};
  spec.devices = {{"/dev/null", "", "r"}};
  spec.deviceRequests = {{"nvidia", -1, {}, {"gpu"}, {}}};
  spec.init = false;
  spec.restartPolicy = "on-failure";
  spec.restartMaxRetries = 3;
  spec.extraHosts = {"host.docker.internal:host-gateway"};
  spec.logDriver = "none";
  const auto host = bodyOf(spec)["HostConfig"];
  EXPECT_EQ(host["NanoCpus"].asInt(), 1'500'000'000);
  EXPECT_EQ(host["Ulimits"].dump(), R"([{"Name":"nofile","Soft":1024,"Hard":2048}])");
  EXPECT_EQ(host["Devices"].dump(),
            R"([{"PathOnHost":"/dev/null","PathInContainer":"/dev/null","CgroupPermissions":"r"}])");
  EXPECT_EQ(host["DeviceRequests"].dump(), R"([{"Driver":"nvidia","Count":-1,"Capabilities":[["gpu"]]}])");
  EXPECT_EQ(host["RestartPolicy"].dump(), R"({"Name":"on-failure","MaximumRetryCount":3})");
  EXPECT_TRUE(host.has("Init"));
  EXPECT_EQ(host["LogConfig"].dump(), R"({"Type":"none"})");
}

}  // namespace
}  // namespace orbit::engine
