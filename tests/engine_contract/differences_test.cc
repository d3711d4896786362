// differences() on what the engine really shows: nothing for an unchanged spec, the attribute's name for each changed
// one; and the same for a container that docker-compose 1.29 made from a file with all common attributes.
#include <cstdlib>
#include <fstream>

#include "fixture.h"

namespace orbit::engine {
namespace {

using namespace std::chrono_literals;

// A spec with every attribute that needs no special machine.
model::ContainerSpec everything(const std::string& network, const std::string& volume) {
  model::ContainerSpec spec;
  spec.image = kImage;
  spec.command = {"redis-server", "--appendonly", "yes"};
  spec.environment = {{"MODE", "dev"}, {"EMPTY", ""}, {"URL", "redis://x:1/0?a=b"}};
  spec.labels = {{"tier", "cache"}};
  model::Port port;
  port.target = 6379;
  port.published = "26379";
  port.hostIp = "127.0.0.1";
  spec.ports = {port};
  spec.expose = {"7000"};
  model::Mount data, bind, tmpfs;
  data.source = volume;
  data.target = "/data";
  bind.type = model::Mount::Type::kBind;
  bind.source = "/tmp";
  bind.target = "/host";
  bind.readOnly = true;
  tmpfs.type = model::Mount::Type::kTmpfs;
  tmpfs.target = "/scratch";
  spec.mounts = {data, bind, tmpfs};
  spec.networks = {{network, {"cache", "kv"}, "", "", {}, "", {}, 0}};
  spec.healthCheck.emplace();
  spec.healthCheck->test = {"CMD", "redis-cli", "ping"};
  spec.healthCheck->interval = 5s;
  spec.healthCheck->timeout = 3s;
  spec.healthCheck->startPeriod = 2s;
  spec.healthCheck->retries = 5;
  spec.restartPolicy = "on-failure";
  spec.restartMaxRetries = 3;
  spec.init = true;
  spec.user = "root";
  spec.workingDir = "/data";
  spec.hostname = "cachehost";
  spec.domainName = "example.test";
  spec.extraHosts = {"somehost:162.242.195.82"};
  spec.dns = {"8.8.8.8"};
  spec.dnsSearch = {"dc1.example.test"};
  spec.capAdd = {"NET_ADMIN"};
  spec.capDrop = {"SYS_TIME"};
  spec.securityOptions = {"no-new-privileges:true"};
  spec.groupAdd = {"mail"};
  spec.devices = {{"/dev/null", "/dev/nix", "rwm"}};
  spec.ulimits = {{"nofile", 20000, 40000}, {"nproc", 65535, 65535}};
  spec.sysctls = {{"net.core.somaxconn", "1024"}};
  spec.shmBytes = 128 << 20;
  spec.memoryBytes = 256 << 20;
  spec.memoryReservationBytes = 64 << 20;
  spec.nanoCpus = 500'000'000;
  spec.cpuShares = 512;
  spec.pidsLimit = 200;
  spec.oomScoreAdjust = 100;
  spec.stopSignal = "SIGINT";
  spec.stopGrace = 4s;
  spec.logDriver = "json-file";
  spec.logOptions = {{"max-size", "1m"}, {"max-file", "2"}};
  spec.stdinOpen = true;
  return spec;
}

using Change = std::pair<const char*, std::function<void(model::ContainerSpec&)>>;

std::vector<Change> changes() {
  using Spec = model::ContainerSpec;
  return {
      {"command", [](Spec& s) { s.command->push_back("x"); }},
      {"command", [](Spec& s) { s.command.reset(); }},
      {"entrypoint", [](Spec& s) { s.entrypoint = {"/bin/sh"}; }},
      {"environment", [](Spec& s) { s.environment["MODE"] = "prod"; }},
      {"environment", [](Spec& s) { s.environment["MORE"] = ""; }},
      {"environment", [](Spec& s) { s.environment["PATH"] = std::nullopt; }},
      {"environment", [](Spec& s) { s.environment.erase("EMPTY"); }},
      {"labels", [](Spec& s) { s.labels["tier"] = "other"; }},
      {"labels", [](Spec& s) { s.labels.erase("tier"); }},
      {"ports", [](Spec& s) { s.ports[0].published = "26380"; }},
      {"ports", [](Spec& s) { s.ports[0].hostIp = ""; }},
      {"ports", [](Spec& s) { s.ports.clear(); }},
      {"expose", [](Spec& s) { s.expose.push_back("7001"); }},
      {"volumes", [](Spec& s) { s.mounts[0].source += "x"; }},
      {"volumes", [](Spec& s) { s.mounts[1].readOnly = false; }},
      {"volumes", [](Spec& s) { s.mounts[1].target = "/other"; }},
      {"volumes", [](Spec& s) { s.mounts.pop_back(); }},
      {"networks", [](Spec& s) { s.networks[0].aliases.push_back("more"); }},
      {"networks", [](Spec& s) { s.networks[0].network += "x"; }},
      {"network_mode", [](Spec& s) { s.networkMode = "host"; }},
      {"healthcheck", [](Spec& s) { s.healthCheck->interval = 6s; }},
      {"healthcheck",
       [](Spec& s) {
         s.healthCheck->test = {"CMD", "true"};
       }},
      {"healthcheck", [](Spec& s) { s.healthCheck.reset(); }},
      {"healthcheck", [](Spec& s) { s.healthCheck->disabled = true; }},
      {"restart", [](Spec& s) { s.restartPolicy = "always"; }},
      {"restart", [](Spec& s) { s.restartMaxRetries = 0; }},
      {"init", [](Spec& s) { s.init.reset(); }},
      {"user", [](Spec& s) { s.user = "redis"; }},
      {"working_dir", [](Spec& s) { s.workingDir = "/"; }},
      {"hostname", [](Spec& s) { s.hostname.clear(); }},
      {"domainname", [](Spec& s) { s.domainName.clear(); }},
      {"extra_hosts", [](Spec& s) { s.extraHosts.push_back("b:1.2.3.4"); }},
      {"dns", [](Spec& s) { s.dns = {"1.1.1.1"}; }},
      {"dns_search", [](Spec& s) { s.dnsSearch.clear(); }},
      {"cap_add", [](Spec& s) { s.capAdd.push_back("SYS_PTRACE"); }},
      {"cap_drop", [](Spec& s) { s.capDrop.clear(); }},
      {"security_opt", [](Spec& s) { s.securityOptions.clear(); }},
      {"group_add", [](Spec& s) { s.groupAdd.clear(); }},
      {"devices", [](Spec& s) { s.devices[0].permissions = "r"; }},
      {"ulimits", [](Spec& s) { s.ulimits[0].soft = 1; }},
      {"sysctls", [](Spec& s) { s.sysctls.clear(); }},
      {"shm_size", [](Spec& s) { s.shmBytes = 0; }},
      {"mem_limit", [](Spec& s) { s.memoryBytes = 512 << 20; }},
      {"mem_reservation", [](Spec& s) { s.memoryReservationBytes = 0; }},
      {"cpus", [](Spec& s) { s.nanoCpus = 0; }},
      {"cpu_shares", [](Spec& s) { s.cpuShares = 1024; }},
      {"pids_limit", [](Spec& s) { s.pidsLimit = 0; }},
      {"oom_score_adj", [](Spec& s) { s.oomScoreAdjust = 0; }},
      {"stop_signal", [](Spec& s) { s.stopSignal.clear(); }},
      {"stop_grace_period", [](Spec& s) { s.stopGrace.reset(); }},
      {"logging", [](Spec& s) { s.logOptions["max-size"] = "2m"; }},
      {"logging", [](Spec& s) { s.logDriver.clear(), s.logOptions.clear(); }},
      {"stdin_open", [](Spec& s) { s.stdinOpen = false; }},
      {"tty", [](Spec& s) { s.tty = true; }},
      {"privileged", [](Spec& s) { s.privileged = true; }},
      {"read_only", [](Spec& s) { s.readOnly = true; }},
      {"ipc", [](Spec& s) { s.ipcMode = "host"; }},
      {"pid", [](Spec& s) { s.pidMode = "host"; }},
  };
}

void expectEachChangeIsFound(const model::ContainerSpec& spec, const ContainerDetail& detail,
                             const ImageDetail& image) {
  EXPECT_EQ(join(differences(spec, detail, image), " "), "");
  for (const auto& [attribute, change] : changes()) {
    model::ContainerSpec changed = spec;
    change(changed);
    const auto found = differences(changed, detail, image);
    EXPECT_NE(std::find(found.begin(), found.end(), attribute), found.end())
        << attribute << " in: " << join(found, " ");
  }
  ImageDetail other = image;
  other.id = "sha256:other";
  EXPECT_EQ(join(differences(spec, detail, other), " "), "image");
}

class ContractDifferences : public Contract {};
INSTANTIATE_TEST_SUITE_P(Engines, ContractDifferences, kBackends, backendName);

TEST_P(ContractDifferences, NoneInWhatWasJustMadeAndEachChangeIsFound) {
  const std::string net = network("diff");
  model::Volume volume;
  volume.name = name("diff");
  volume.labels = {{kLabel, mark()}};
  EXPECT_OK(run(engine().createVolume(volume, {})));
  auto spec = everything(net, volume.name);
  spec.labels[kLabel] = mark();
  const std::string id = created("diff", spec);
  const auto detail = run(engine().inspectContainer(id, {}));
  const auto image = run(engine().inspectImage(kImage, {}));
  ASSERT_TRUE(detail.ok() && image.ok());
  expectEachChangeIsFound(spec, *detail, *image);
}

TEST_P(ContractDifferences, NoneInAContainerThatSaysNothing) {
  auto spec = redis();
  spec.stopGrace.reset();
  const std::string id = started("plain", spec);
  const auto detail = run(engine().inspectContainer(id, {}));
  const auto image = run(engine().inspectImage(kImage, {}));
  ASSERT_TRUE(detail.ok() && image.ok());
  EXPECT_EQ(join(differences(spec, *detail, *image), " "), "");
}

constexpr char kComposeFile[] = R"(version: "2.4"
services:
  cache:
    image: redis:7-alpine
    command: redis-server --appendonly yes
    environment: {MODE: dev, EMPTY: "", URL: "redis://x:1/0?a=b"}
    labels: {tier: cache}
    ports: ["127.0.0.1:26379:6379"]
    expose: ["7000"]
    volumes: [data:/data, /tmp:/host:ro, {type: tmpfs, target: /scratch}]
    networks: {back: {aliases: [cache, kv]}}
    healthcheck: {test: [CMD, redis-cli, ping], interval: 5s, timeout: 3s, start_period: 2s, retries: 5}
    restart: on-failure:3
    init: true
    user: root
    working_dir: /data
    hostname: cachehost
    domainname: example.test
    extra_hosts: ["somehost:162.242.195.82"]
    dns: 8.8.8.8
    dns_search: dc1.example.test
    cap_add: [NET_ADMIN]
    cap_drop: [SYS_TIME]
    security_opt: ["no-new-privileges:true"]
    group_add: [mail]
    devices: ["/dev/null:/dev/nix"]
    ulimits: {nproc: 65535, nofile: {soft: 20000, hard: 40000}}
    sysctls: {net.core.somaxconn: 1024}
    shm_size: 128m
    mem_limit: 256m
    mem_reservation: 64m
    cpus: 0.5
    cpu_shares: 512
    pids_limit: 200
    oom_score_adj: 100
    stop_signal: SIGINT
    stop_grace_period: 4s
    logging: {driver: json-file, options: {max-size: 1m, max-file: "2"}}
    stdin_open: true
  plain:
    image: redis:7-alpine
volumes: {data: {}}
networks: {back: {}}
)";

// A stack of docker-compose 1.29's in a folder of its own, taken down at the end.
class ComposeStack {
 public:
  ComposeStack(std::string project) : project_(std::move(project)), folder_("/tmp/" + project_) {
    ok_ = std::system(("mkdir -p " + folder_).c_str()) == 0;
    std::ofstream(folder_ + "/docker-compose.yml") << kComposeFile;
    ok_ = ok_ && compose("up --no-start") == 0;
  }
  ~ComposeStack() {
    if (compose("down -v") != 0 || std::system(("rm -rf " + folder_).c_str()) != 0)
      ADD_FAILURE() << folder_ << " is left";
  }
  bool ok() const { return ok_; }

 private:
  int compose(const std::string& verb) const {
    return std::system(
        ("cd " + folder_ + " && /usr/bin/docker-compose -p " + project_ + " " + verb + " >log 2>&1").c_str());
  }
  std::string project_, folder_;
  bool ok_ = false;
};

TEST_P(ContractDifferences, AContainerOfDockerComposeIsKept) {
  if (!real()) GTEST_SKIP() << "needs an engine";
  if (std::system("/usr/bin/docker-compose version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no docker-compose here";
  const std::string project = "oec" + mark();
  const ComposeStack stack(project);
  ASSERT_TRUE(stack.ok());
  const auto image = run(engine().inspectImage(kImage, {}));
  const auto cache = run(engine().inspectContainer(project + "_cache_1", {}));
  const auto plain = run(engine().inspectContainer(project + "_plain_1", {}));
  ASSERT_TRUE(image.ok() && cache.ok() && plain.ok());
  expectEachChangeIsFound(everything(project + "_back", project + "_data"), *cache, *image);
  model::ContainerSpec nothing;
  nothing.image = kImage;
  nothing.networks = {{project + "_default", {"plain"}, "", "", {}, "", {}, 0}};
  EXPECT_EQ(join(differences(nothing, *plain, *image), " "), "");
}

}  // namespace
}  // namespace orbit::engine
