// One service in the compose file's own words.
#include "project/config_text.h"

namespace orbit::project {
namespace {

using format::Node;

std::string octal(std::uint32_t mode) {
  std::string out;
  for (; mode != 0; mode >>= 3) out.insert(out.begin(), static_cast<char>('0' + (mode & 7)));
  return "0" + out;
}

// Billionths as a decimal number without trailing zeros: 1'500'000'000 → "1.5".
std::string cpusText(std::int64_t nano) {
  constexpr std::int64_t kOne = 1'000'000'000;
  std::string fraction = std::to_string(kOne + nano % kOne).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return std::to_string(nano / kOne) + (fraction.empty() ? "" : "." + fraction);
}

Node healthNode(const model::HealthCheck& check, Part part) {
  Writer writer(part);
  writer.flag("disable", check.disabled);
  writer.list("test", check.test);
  writer.span("interval", check.interval);
  writer.span("timeout", check.timeout);
  writer.span("start_period", check.startPeriod);
  writer.span("start_interval", check.startInterval);
  writer.count("retries", check.retries);
  return writer.take();
}

Node portsNode(const std::vector<model::Port>& ports, Part part) {
  Node list = Node::sequence();
  for (const auto& port : ports) {
    Writer one(part);
    one.number("target", port.target);
    one.text("published", port.published);
    one.text("host_ip", port.hostIp);
    one.text("protocol", port.protocol);
    one.text("mode", port.mode);
    one.text("name", port.name);
    one.text("app_protocol", port.appProtocol);
    list.items.push_back(one.take());
  }
  return list;
}

Node mountNode(const model::Mount& mount, Part part) {
  Writer one(part);
  Writer options(part);
  one.text("source", mount.source);
  one.text("target", mount.target);
  one.flag("read_only", mount.readOnly);
  switch (mount.type) {
    case model::Mount::Type::kBind:
      one.text("type", "bind");
      options.text("propagation", mount.bindPropagation);
      options.text("selinux", mount.selinux);
      options.no("create_host_path", !mount.bindCreateHostPath);
      one.node("bind", options.take());
      break;
    case model::Mount::Type::kVolume:
      one.text("type", "volume");
      options.flag("nocopy", mount.volumeNoCopy);
      options.text("subpath", mount.volumeSubpath);
      one.node("volume", options.take());
      break;
    case model::Mount::Type::kTmpfs:
      one.text("type", "tmpfs");
      options.number("size", mount.tmpfsBytes);
      options.text("mode", mount.tmpfsMode == 0 ? "" : octal(mount.tmpfsMode));
      one.node("tmpfs", options.take());
      break;
  }
  return one.take();
}

Node attachmentsNode(const std::vector<model::NetworkAttachment>& networks, Part part) {
  Node all = Node::mapping();
  for (const auto& network : networks) {
    Writer one(part);
    one.list("aliases", network.aliases);
    one.text("ipv4_address", network.ipv4Address);
    one.text("ipv6_address", network.ipv6Address);
    one.list("link_local_ips", network.linkLocalIps);
    one.text("mac_address", network.macAddress);
    one.map("driver_opts", network.driverOptions);
    one.number("priority", network.priority);
    all.set(network.network, one.empty() ? Node() : one.take());
  }
  return all;
}

Node grantsNode(const std::vector<model::FileGrant>& grants, Part part) {
  constexpr std::uint32_t kDefaultMode = 0444;
  Node list = Node::sequence();
  for (const auto& grant : grants) {
    Writer one(part);
    one.text("source", grant.source);
    one.text("target", grant.target);
    one.text("uid", grant.uid);
    one.text("gid", grant.gid);
    one.text("mode", grant.mode == kDefaultMode ? "" : octal(grant.mode));
    list.items.push_back(one.take());
  }
  return list;
}

Node dependenciesNode(const std::vector<model::Dependency>& dependencies) {
  Writer all(Part::kWhole);
  for (const auto& dependency : dependencies) {
    using Condition = model::Dependency::Condition;
    Writer one(Part::kWhole);
    one.text("condition", dependency.condition == Condition::kHealthy     ? "service_healthy"
                          : dependency.condition == Condition::kCompleted ? "service_completed_successfully"
                                                                          : "service_started");
    one.flag("restart", dependency.restart);
    one.no("required", !dependency.required);
    all.node(dependency.service, one.take());
  }
  return all.take();
}

Node requestsNode(const std::vector<model::DeviceRequest>& requests, Part part) {
  Node list = Node::sequence();
  for (const auto& request : requests) {
    Writer one(part);
    one.text("driver", request.driver);
    one.text("count", request.count == -1 ? "all" : request.count == 0 ? "" : std::to_string(request.count));
    one.list("device_ids", request.ids);
    one.list("capabilities", request.capabilities);
    one.map("options", request.options);
    list.items.push_back(one.take());
  }
  return list;
}

void writeLimits(const model::ContainerSpec& spec, Part part, Writer& writer) {
  writer.text("cpus", spec.nanoCpus == 0 ? "" : cpusText(spec.nanoCpus));
  writer.number("mem_limit", spec.memoryBytes);
  writer.number("mem_reservation", spec.memoryReservationBytes);
  writer.number("memswap_limit", spec.memorySwapBytes);
  writer.count("mem_swappiness", spec.memorySwappiness);
  writer.number("cpu_shares", spec.cpuShares);
  writer.number("cpu_period", spec.cpuPeriodUs);
  writer.number("cpu_quota", spec.cpuQuotaUs);
  writer.number("cpu_rt_period", spec.cpuRealtimePeriodUs);
  writer.number("cpu_rt_runtime", spec.cpuRealtimeRuntimeUs);
  writer.text("cpuset", spec.cpuSet);
  writer.number("pids_limit", spec.pidsLimit);
  writer.number("oom_score_adj", spec.oomScoreAdjust);
  writer.flag("oom_kill_disable", spec.oomKillDisable);
  Writer blkio(part);
  blkio.number("weight", spec.blkioWeight);
  writer.node("blkio_config", blkio.take());
  Node limits = Node::mapping();
  for (const auto& limit : spec.ulimits) {
    Writer one(part);
    one.count("soft", limit.soft);
    one.count("hard", limit.hard);
    limits.set(limit.name, one.take());
  }
  writer.node("ulimits", std::move(limits));
}

void writeDevices(const model::ContainerSpec& spec, Part part, Writer& writer) {
  Node devices = Node::sequence();
  for (const auto& device : spec.devices) {
    Writer one(part);
    one.text("source", device.source);
    one.text("target", device.target);
    one.text("permissions", device.permissions);
    devices.items.push_back(one.take());
  }
  writer.node("devices", std::move(devices));
  writer.list("device_cgroup_rules", spec.deviceCgroupRules);
}

void writeIdentity(const model::ContainerSpec& spec, Writer& writer) {
  writer.text("user", spec.user);
  writer.text("working_dir", spec.workingDir);
  writer.text("hostname", spec.hostname);
  writer.text("domainname", spec.domainName);
  writer.text("mac_address", spec.macAddress);
  writer.list("extra_hosts", spec.extraHosts);
  writer.list("dns", spec.dns);
  writer.list("dns_search", spec.dnsSearch);
  writer.list("dns_opt", spec.dnsOptions);
  writer.flag("stdin_open", spec.stdinOpen);
  writer.flag("tty", spec.tty);
  writer.choice("init", spec.init);
  writer.text("stop_signal", spec.stopSignal);
  writer.span("stop_grace_period", spec.stopGrace);
  writer.text("platform", spec.platform);
}

void writeIsolation(const model::ContainerSpec& spec, Writer& writer) {
  writer.list("cap_add", spec.capAdd);
  writer.list("cap_drop", spec.capDrop);
  writer.list("security_opt", spec.securityOptions);
  writer.list("group_add", spec.groupAdd);
  writer.flag("privileged", spec.privileged);
  writer.flag("read_only", spec.readOnly);
  writer.map("sysctls", spec.sysctls);
  writer.map("storage_opt", spec.storageOptions);
  writer.number("shm_size", spec.shmBytes);
  writer.text("ipc", spec.ipcMode);
  writer.text("pid", spec.pidMode);
  writer.text("uts", spec.utsMode);
  writer.text("cgroup", spec.cgroupMode);
  writer.text("cgroup_parent", spec.cgroupParent);
  writer.text("userns_mode", spec.usernsMode);
  writer.text("isolation", spec.isolation);
  writer.text("runtime", spec.runtime);
}

void writeContainer(const model::ContainerSpec& spec, Part part, Writer& writer) {
  writer.text("image", spec.image);
  writer.words("command", spec.command);
  writer.words("entrypoint", spec.entrypoint);
  writer.map("environment", spec.environment);
  writer.map("labels", spec.labels);
  writer.map("annotations", spec.annotations);
  writer.node("ports", portsNode(spec.ports, part));
  writer.list("expose", spec.expose);
  Node mounts = Node::sequence();
  for (const auto& mount : spec.mounts) mounts.items.push_back(mountNode(mount, part));
  writer.node("volumes", std::move(mounts));
  writer.node("networks", attachmentsNode(spec.networks, part));
  writer.text("network_mode", spec.networkMode);
  writer.node("configs", grantsNode(spec.configs, part));
  writer.node("secrets", grantsNode(spec.secrets, part));
  if (spec.healthCheck) writer.node("healthcheck", healthNode(*spec.healthCheck, part));
  const bool counted = spec.restartMaxRetries > 0;
  writer.text("restart", spec.restartPolicy + (counted ? ":" + std::to_string(spec.restartMaxRetries) : ""));
  Writer logging(part);
  logging.text("driver", spec.logDriver);
  logging.map("options", spec.logOptions);
  writer.node("logging", logging.take());
  writeIdentity(spec, writer);
  writeIsolation(spec, writer);
  writeLimits(spec, part, writer);
  writeDevices(spec, part, writer);
}

}  // namespace

Node serviceNode(const model::Service& service, Part part) {
  Writer writer(part);
  writeContainer(service.container, part, writer);
  writer.text("container_name", service.containerName);
  writer.list("volumes_from", service.volumesFrom);
  Writer deploy(part);
  Writer resources(part);
  Writer reservations(part);
  reservations.node("devices", requestsNode(service.container.deviceRequests, part));
  resources.node("reservations", reservations.take());
  deploy.node("resources", resources.take());
  if (part == Part::kWhole) {
    deploy.map("labels", service.deployLabels);
    if (service.build) writer.node("build", buildNode(*service.build));
    writer.node("depends_on", dependenciesNode(service.dependsOn));
    writer.text("pull_policy", service.pullPolicy);
    writer.list("profiles", service.profiles);
    writer.no("attach", !service.attach);
    if (service.scale != 1) writer.count("scale", service.scale);
  }
  writer.node("deploy", deploy.take());
  return writer.take();
}

}  // namespace orbit::project
