// The contract both engines keep: containers, images, networks, volumes.
#include "fixture.h"
#include "pack/pack.h"

namespace orbit::engine {
namespace {

using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(Engines, Contract, kBackends, backendName);

TEST_P(Contract, TellsItsVersion) {
  const auto info = run(engine().info({}));
  ASSERT_TRUE(info.ok()) << info.error().text();
  EXPECT_GE(info->apiVersion, "1.41");
  EXPECT_EQ(info->osType, "linux");
  EXPECT_TRUE(info->local);
}

TEST_P(Contract, AContainersLife) {
  const std::string id = created("life", spec("sleep 1000"));
  auto detail = run(engine().inspectContainer(id, {}));
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->summary.state, ContainerState::kCreated);
  EXPECT_EQ(detail->summary.name, name("life"));
  EXPECT_EQ(detail->summary.image, kImage);
  EXPECT_OK(run(engine().startContainer(id, {})));
  EXPECT_OK(run(engine().startContainer(id, {})));  // again: nothing to do
  detail = run(engine().inspectContainer(name("life"), {}));
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->summary.state, ContainerState::kRunning);
  EXPECT_GT(detail->startedUs, 0);
  EXPECT_GT(detail->pid, 0);

  const Labels own{{kLabel, mark()}}, any{{kLabel, ""}}, other{{kLabel, "other"}};
  const auto mine = run(engine().listContainers(own, {}));
  ASSERT_TRUE(mine.ok());
  ASSERT_EQ(mine->size(), 1u);
  EXPECT_EQ(mine->front().id, id);
  EXPECT_EQ(mine->front().state, ContainerState::kRunning);
  EXPECT_EQ(mine->front().labels.at(kLabel), mark());
  EXPECT_GE(run(engine().listContainers(any, {}))->size(), 1u);
  EXPECT_TRUE(run(engine().listContainers(other, {}))->empty());

  EXPECT_OK(run(engine().stopContainer(id, 1s, {})));
  EXPECT_OK(run(engine().stopContainer(id, 1s, {})));
  detail = run(engine().inspectContainer(id, {}));
  ASSERT_TRUE(detail.ok());
  EXPECT_EQ(detail->summary.state, ContainerState::kExited);
  EXPECT_EQ(detail->pid, 0);
  EXPECT_OK(run(engine().removeContainer(id, false, true, {})));
  EXPECT_CODE(run(engine().inspectContainer(id, {})), Code::kNotFound);
  EXPECT_OK(run(engine().removeContainer(id, false, true, {})));  // again: it is gone
}

TEST_P(Contract, RefusalsHaveTheirCodes) {
  EXPECT_CODE(run(engine().startContainer("no-such-container", {})), Code::kNotFound);
  EXPECT_CODE(run(engine().stopContainer("no-such-container", 1s, {})), Code::kNotFound);
  auto bad = spec("true");
  EXPECT_CODE(run(engine().createContainer("no/good", bad, {})), Code::kInvalid);
  created("taken", bad);
  EXPECT_CODE(run(engine().createContainer(name("taken"), bad, {})), Code::kConflict);
  bad.image = "orbit-no-such-image:1";
  const auto missing = run(engine().createContainer(name("missing"), bad, {}));
  EXPECT_CODE(missing, Code::kNotFound);
  EXPECT_NE(missing.error().message.find("orbit-no-such-image:1"), std::string::npos);
  EXPECT_CODE(run(engine().inspectImage("orbit-no-such-image:1", {})), Code::kNotFound);
  EXPECT_CODE(run(engine().inspectNetwork("orbit-no-such-network", {})), Code::kNotFound);
  EXPECT_CODE(run(engine().removeNetwork("orbit-no-such-network", {})), Code::kNotFound);
  EXPECT_CODE(run(engine().inspectVolume("orbit-no-such-volume", {})), Code::kNotFound);
  EXPECT_CODE(run(engine().removeVolume("orbit-no-such-volume", {})), Code::kNotFound);
}

TEST_P(Contract, ARunningContainerIsRemovedOnlyByForce) {
  const std::string id = started("force", spec("sleep 1000"));
  EXPECT_CODE(run(engine().removeContainer(id, false, false, {})), Code::kConflict);
  EXPECT_OK(run(engine().removeContainer(id, true, true, {})));
}

TEST_P(Contract, WaitTellsTheExitCode) {
  const std::string id = started("exit", spec("exit 3", exits(3)));
  const auto code = run(engine().waitContainer(id, within(20s)));
  ASSERT_TRUE(code.ok()) << code.error().text();
  EXPECT_EQ(*code, 3);
  EXPECT_EQ(run(engine().inspectContainer(id, {}))->exitCode, 3);
}

TEST_P(Contract, KillEndsWithTheSignalsCode) {
  const std::string id = started("kill", spec("sleep 1000"));
  EXPECT_OK(run(engine().killContainer(id, "SIGKILL", {})));
  EXPECT_EQ(*run(engine().waitContainer(id, within(20s))), 137);
  EXPECT_CODE(run(engine().killContainer(id, "SIGKILL", {})), Code::kConflict);
}

TEST_P(Contract, RenameMovesTheName) {
  const std::string id = created("before", spec("true"));
  created("other", spec("true"));
  EXPECT_OK(run(engine().renameContainer(id, name("after"), {})));
  EXPECT_EQ(run(engine().inspectContainer(name("after"), {}))->summary.id, id);
  EXPECT_CODE(run(engine().renameContainer(id, name("other"), {})), Code::kConflict);
}

TEST_P(Contract, ADeadlineAndACancellationEndACall) {
  const std::string id = started("slow", spec("sleep 1000"));
  EXPECT_CODE(run(engine().waitContainer(id, within(100ms))), Code::kTimeout);
  net::Cancel cancel;
  cancel.request();
  EXPECT_CODE(run(engine().waitContainer(id, {Instant::max(), &cancel})), Code::kCancelled);
  EXPECT_CODE(run(engine().listContainers({}, {Instant::max(), &cancel})), Code::kCancelled);
}

TEST_P(Contract, EveryNetworkOfTheSpecIsJoined) {
  const std::string front = network("front"), back = network("back");
  model::Network again;
  again.name = front;
  EXPECT_CODE(run(engine().createNetwork(again, {})), Code::kConflict);
  auto made = spec("sleep 1000");
  made.networks = {{front, {"web"}, "", "", {}, "", {}, 0}, {back, {"web", "api"}, "", "", {}, "", {}, 0}};
  const std::string id = started("joined", made);
  const auto detail = run(engine().inspectContainer(id, {}));
  ASSERT_TRUE(detail.ok());
  ASSERT_EQ(detail->summary.addresses.size(), 2u);
  EXPECT_FALSE(detail->summary.addresses.at(front).empty());
  EXPECT_FALSE(detail->summary.addresses.at(back).empty());
  EXPECT_EQ(run(engine().inspectNetwork(back, {}))->containers, std::vector<std::string>{id});
  EXPECT_EQ(run(engine().listNetworks({{kLabel, mark()}}, {}))->size(), 2u);
  EXPECT_CODE(run(engine().removeNetwork(back, {})), Code::kConflict);
  EXPECT_OK(run(engine().disconnectNetwork(back, id, {})));
  EXPECT_OK(run(engine().removeNetwork(back, {})));
  EXPECT_EQ(run(engine().inspectContainer(id, {}))->summary.addresses.size(), 1u);
}

TEST_P(Contract, ANetworkThatIsMissingIsFoundMissing) {
  auto made = spec("sleep 1000");
  made.networks = {{"orbit-no-such-network", {}, "", "", {}, "", {}, 0}};
  const auto id = run(engine().createContainer(name("lost"), made, {}));
  if (!id.ok()) {
    EXPECT_CODE(id, Code::kNotFound);
  } else {
    EXPECT_CODE(run(engine().startContainer(*id, {})), Code::kNotFound);
  }
}

TEST_P(Contract, VolumesAreMadeOnceAndKeptWhileUsed) {
  model::Volume volume;
  volume.name = name("data");
  volume.labels = {{kLabel, mark()}};
  EXPECT_OK(run(engine().createVolume(volume, {})));
  EXPECT_OK(run(engine().createVolume(volume, {})));
  EXPECT_EQ(run(engine().listVolumes({{kLabel, mark()}}, {}))->size(), 1u);
  EXPECT_EQ(run(engine().inspectVolume(volume.name, {}))->labels, volume.labels);
  auto made = spec("true");
  model::Mount mount;
  mount.source = volume.name;
  mount.target = "/v";
  made.mounts = {mount};
  const std::string id = created("user", made);
  EXPECT_CODE(run(engine().removeVolume(volume.name, {})), Code::kConflict);
  EXPECT_OK(run(engine().removeContainer(id, true, true, {})));
  EXPECT_OK(run(engine().removeVolume(volume.name, {})));  // a named one outlives "with volumes"
}

TEST_P(Contract, AnonymousVolumesGoWhenAskedFor) {
  auto made = spec("true");
  model::Mount anonymous;
  anonymous.target = "/cache";
  made.mounts = {anonymous};
  const std::string id = created("anonymous", made);
  const auto detail = run(engine().inspectContainer(id, {}));
  ASSERT_TRUE(detail.ok());
  ASSERT_EQ(detail->summary.volumes.size(), 2u);  // ours and the image's /data
  EXPECT_OK(run(engine().removeContainer(id, true, true, {})));
  for (const auto& volume : detail->summary.volumes) {
    EXPECT_CODE(run(engine().inspectVolume(volume, {})), Code::kNotFound);
  }
}

TEST_P(Contract, PortsArePublishedAndAClashIsNamed) {
  model::Port any;
  any.target = 6379;
  any.hostIp = "127.0.0.1";
  auto made = spec("sleep 1000");
  made.ports = {any};
  const std::string first = started("port-a", made);
  const auto ports = run(engine().inspectContainer(first, {}))->summary.ports;
  ASSERT_EQ(ports.size(), 1u);
  EXPECT_EQ(ports[0].target, 6379);
  EXPECT_GT(std::stoi(ports[0].published), 1023);
  made.ports[0].published = ports[0].published;
  const std::string second = created("port-b", made);
  const Status clash = run(engine().startContainer(second, {}));
  EXPECT_CODE(clash, Code::kConflict);
  EXPECT_NE(clash.error().message.find(ports[0].published), std::string::npos);
}

TEST_P(Contract, HealthComesWithTheFirstPassedProbe) {
  auto made = spec("sleep 1000");
  made.healthCheck.emplace();
  made.healthCheck->test = {"CMD-SHELL", "true"};
  made.healthCheck->interval = 1s;
  const std::string id = started("health", made);
  std::string health;
  for (int i = 0; i < 50 && health != "healthy"; ++i) {
    health = run(engine().inspectContainer(id, {}))->summary.health;
    EXPECT_TRUE(health == "starting" || health == "healthy") << health;
    EXPECT_OK(run(loop_->sleep(200ms)));
  }
  EXPECT_EQ(health, "healthy");
  const auto listed = run(engine().listContainers({{kLabel, mark()}}, {}));
  EXPECT_EQ(listed->front().health, "healthy");
}

TEST_P(Contract, ImagesAreTaggedAndRemoved) {
  const std::string tag = "localhost:5000/orbit/engine-contract:" + mark();
  EXPECT_OK(run(engine().tagImage(kImage, tag, {})));
  EXPECT_EQ(run(engine().inspectImage(tag, {}))->id, run(engine().inspectImage(kImage, {}))->id);
  EXPECT_OK(run(engine().removeImage(tag, {})));
  EXPECT_CODE(run(engine().inspectImage(tag, {})), Code::kNotFound);
}

TEST_P(Contract, AnImageNobodyHasCannotBePulled) {
  std::vector<std::string> told;
  Sink<Progress> sink = [&](Progress progress) -> net::Task<Status> {
    told.push_back(progress.text);
    co_return Status();
  };
  const Status pulled = run(engine().pullImage("localhost:1/orbit-no-such-image:1", "", sink, within(60s)));
  ASSERT_FALSE(pulled.ok());
  EXPECT_TRUE(pulled.error().code == Code::kNotFound || pulled.error().code == Code::kUnavailable)
      << pulled.error().text();
  EXPECT_FALSE(pulled.error().hint.empty());
}

TEST_P(Contract, AFilePutBeforeTheStartIsThere) {
  const std::string id = created("put", spec("cat /run/secrets/word", exits(0, {"s3same"})));
  const auto tar = pack::packFile("run/secrets/word", "s3same\n", 0444, 0, 0);
  ASSERT_TRUE(tar.ok());
  EXPECT_OK(run(engine().putArchive(id, "/", *tar, {})));
  EXPECT_OK(run(engine().startContainer(id, {})));
  EXPECT_EQ(*run(engine().waitContainer(id, within(20s))), 0);
  EXPECT_CODE(run(engine().putArchive("no-such-container", "/", *tar, {})), Code::kNotFound);
}

}  // namespace
}  // namespace orbit::engine
