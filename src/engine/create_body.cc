#include "engine/create_body.h"

#include "base/text.h"

namespace orbit::engine {
namespace {

using format::Json;

// Members that are left out when they say nothing, so that the engine's defaults stand.
class Body {
 public:
  void text(std::string_view key, const std::string& value) {
    if (!value.empty()) json_.set(key, value);
  }
  void number(std::string_view key, std::int64_t value) {
    if (value != 0) json_.set(key, value);
  }
  void flag(std::string_view key, bool value) {
    if (value) json_.set(key, true);
  }
  void list(std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) json_.set(key, Json::strings(values));
  }
  void map(std::string_view key, const std::map<std::string, std::string>& values) {
    if (values.empty()) return;
    Json object = Json::object();
    for (const auto& [name, value] : values) object.set(name, value);
    json_.set(key, std::move(object));
  }
  void json(std::string_view key, Json value) { json_.set(key, std::move(value)); }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

Json healthJson(const model::HealthCheck& check, ApiVersion version) {
  Body body;
  if (check.disabled) {
    body.list("Test", {"NONE"});
    return body.take();
  }
  body.list("Test", check.test);
  const auto span = [&](std::string_view key, const std::optional<Duration>& value) {
    if (value) body.number(key, value->count());
  };
  span("Interval", check.interval);
  span("Timeout", check.timeout);
  span("StartPeriod", check.startPeriod);
  if (version >= kApiManyNetworks) span("StartInterval", check.startInterval);
  if (check.retries) body.number("Retries", *check.retries);
  return body.take();
}

std::string portKey(const model::Port& port) {
  return std::to_string(port.target) + "/" + port.protocol;
}

Json exposedPorts(const model::ContainerSpec& spec) {
  Json ports = Json::object();
  for (const auto& exposed : spec.expose) {
    const bool named = exposed.find('/') != std::string::npos;
    ports.set(named ? exposed : exposed + "/tcp", Json::object());
  }
  for (const auto& port : spec.ports) ports.set(portKey(port), Json::object());
  return ports;
}

Json portBindings(const model::ContainerSpec& spec) {
  Json bindings = Json::object();
  for (const auto& port : spec.ports) {
    Json all = bindings[portKey(port)];
    Json one = Json::object();
    one.set("HostIp", port.hostIp);
    one.set("HostPort", port.published);
    all.push(std::move(one));
    bindings.set(portKey(port), std::move(all));
  }
  return bindings;
}

Json mountJson(const model::Mount& mount) {
  Body body;
  body.text("Target", mount.target);
  body.text("Source", mount.source);
  body.flag("ReadOnly", mount.readOnly);
  Body options;
  switch (mount.type) {
    case model::Mount::Type::kBind:
      body.text("Type", "bind");
      options.text("Propagation", mount.bindPropagation);
      body.json("BindOptions", options.take());
      break;
    case model::Mount::Type::kVolume:
      body.text("Type", "volume");
      options.flag("NoCopy", mount.volumeNoCopy);
      options.text("Subpath", mount.volumeSubpath);
      body.json("VolumeOptions", options.take());
      break;
    case model::Mount::Type::kTmpfs:
      body.text("Type", "tmpfs");
      options.number("SizeBytes", mount.tmpfsBytes);
      options.number("Mode", mount.tmpfsMode);
      body.json("TmpfsOptions", options.take());
      break;
  }
  return body.take();
}

Status addMounts(Body& host, const model::ContainerSpec& spec, ApiVersion version) {
  std::vector<std::string> binds;
  Json mounts = Json::array();
  for (const auto& mount : spec.mounts) {
    if (!mount.volumeSubpath.empty() && version < kApiVolumeSubpath) {
      return Error{Code::kUnsupported,
                   "`subpath` of the volume at " + mount.target + " needs engine API " + kApiVolumeSubpath.text() +
                       "; this engine speaks " + version.text(),
                   "upgrade to Docker Engine 26 or mount the whole volume"};
    }
    std::string bind = bindText(mount);
    if (bind.empty()) {
      mounts.push(mountJson(mount));
    } else {
      binds.push_back(std::move(bind));
    }
  }
  host.list("Binds", binds);
  if (!mounts.items().empty()) host.json("Mounts", std::move(mounts));
  return {};
}

void addResources(Body& host, const model::ContainerSpec& spec) {
  host.number("Memory", spec.memoryBytes);
  host.number("MemoryReservation", spec.memoryReservationBytes);
  host.number("MemorySwap", spec.memorySwapBytes);
  if (spec.memorySwappiness) host.json("MemorySwappiness", *spec.memorySwappiness);
  host.number("NanoCpus", spec.nanoCpus);
  host.number("CpuShares", spec.cpuShares);
  host.number("CpuPeriod", spec.cpuPeriodUs);
  host.number("CpuQuota", spec.cpuQuotaUs);
  host.number("CpuRealtimePeriod", spec.cpuRealtimePeriodUs);
  host.number("CpuRealtimeRuntime", spec.cpuRealtimeRuntimeUs);
  host.text("CpusetCpus", spec.cpuSet);
  host.number("PidsLimit", spec.pidsLimit);
  host.number("OomScoreAdj", spec.oomScoreAdjust);
  host.flag("OomKillDisable", spec.oomKillDisable);
  host.number("BlkioWeight", spec.blkioWeight);
  host.text("CgroupParent", spec.cgroupParent);
  host.list("DeviceCgroupRules", spec.deviceCgroupRules);
  Json ulimits = Json::array();
  for (const auto& limit : spec.ulimits) {
    ulimits.push(Json::object({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}}));
  }
  if (!ulimits.items().empty()) host.json("Ulimits", std::move(ulimits));
  Json devices = Json::array();
  for (const auto& device : spec.devices) {
    devices.push(Json::object({{"PathOnHost", device.source},
                               {"PathInContainer", device.target.empty() ? device.source : device.target},
                               {"CgroupPermissions", device.permissions}}));
  }
  if (!devices.items().empty()) host.json("Devices", std::move(devices));
  Json requests = Json::array();
  for (const auto& request : spec.deviceRequests) {
    Body body;
    body.text("Driver", request.driver);
    body.number("Count", request.count);
    body.list("DeviceIDs", request.ids);
    body.json("Capabilities", Json::array({Json::strings(request.capabilities)}));
    body.map("Options", request.options);
    requests.push(body.take());
  }
  if (!requests.items().empty()) host.json("DeviceRequests", std::move(requests));
}

// Decision 9: logs are bounded unless the file says otherwise.
Json logConfig(const model::ContainerSpec& spec) {
  Body body;
  if (spec.logDriver.empty() && spec.logOptions.empty()) {
    body.text("Type", "json-file");
    body.map("Config", {{"max-size", "32m"}, {"max-file", "4"}});
    return body.take();
  }
  body.text("Type", spec.logDriver.empty() ? "json-file" : spec.logDriver);
  body.map("Config", spec.logOptions);
  return body.take();
}

void addIsolation(Body& host, const model::ContainerSpec& spec) {
  host.list("CapAdd", spec.capAdd);
  host.list("CapDrop", spec.capDrop);
  host.list("SecurityOpt", spec.securityOptions);
  host.list("GroupAdd", spec.groupAdd);
  host.map("Sysctls", spec.sysctls);
  host.map("StorageOpt", spec.storageOptions);
  host.number("ShmSize", spec.shmBytes);
  host.flag("Privileged", spec.privileged);
  host.flag("ReadonlyRootfs", spec.readOnly);
  host.text("IpcMode", spec.ipcMode);
  host.text("PidMode", spec.pidMode);
  host.text("UTSMode", spec.utsMode);
  host.text("CgroupnsMode", spec.cgroupMode);
  host.text("UsernsMode", spec.usernsMode);
  host.text("Isolation", spec.isolation);
  host.text("Runtime", spec.runtime);
  if (spec.init) host.json("Init", *spec.init);
}

Result<Json> hostConfig(const model::ContainerSpec& spec, ApiVersion version) {
  Body host;
  if (!spec.networkMode.empty()) {
    host.text("NetworkMode", spec.networkMode);
  } else if (!spec.networks.empty()) {
    host.text("NetworkMode", spec.networks.front().network);
  }
  Json bindings = portBindings(spec);
  if (!bindings.members().empty()) host.json("PortBindings", std::move(bindings));
  if (!spec.restartPolicy.empty()) {
    Body policy;
    policy.text("Name", spec.restartPolicy);
    policy.number("MaximumRetryCount", spec.restartMaxRetries);
    host.json("RestartPolicy", policy.take());
  }
  host.list("Dns", spec.dns);
  host.list("DnsSearch", spec.dnsSearch);
  host.list("DnsOptions", spec.dnsOptions);
  host.list("ExtraHosts", spec.extraHosts);
  host.json("LogConfig", logConfig(spec));
  if (!spec.annotations.empty()) {
    if (version < kApiAnnotations) {
      return Error{Code::kUnsupported,
                   "`annotations` need engine API " + kApiAnnotations.text() + "; this engine speaks " + version.text(),
                   "upgrade to Docker Engine 24 or remove them"};
    }
    host.map("Annotations", spec.annotations);
  }
  ORBIT_TRY_STATUS(addMounts(host, spec, version));
  addResources(host, spec);
  addIsolation(host, spec);
  return host.take();
}

Json containerConfig(const model::ContainerSpec& spec, ApiVersion version) {
  Body config;
  config.text("Image", spec.image);
  if (spec.command) config.json("Cmd", Json::strings(*spec.command));
  if (spec.entrypoint) config.json("Entrypoint", Json::strings(*spec.entrypoint));
  std::vector<std::string> environment;
  for (const auto& [name, value] : spec.environment) environment.push_back(value ? name + "=" + *value : name);
  config.list("Env", environment);
  config.map("Labels", spec.labels);
  Json ports = exposedPorts(spec);
  if (!ports.members().empty()) config.json("ExposedPorts", std::move(ports));
  if (spec.healthCheck) config.json("Healthcheck", healthJson(*spec.healthCheck, version));
  config.text("User", spec.user);
  config.text("WorkingDir", spec.workingDir);
  config.text("Hostname", spec.hostname);
  config.text("Domainname", spec.domainName);
  if (version < kApiManyNetworks) config.text("MacAddress", spec.macAddress);
  config.flag("OpenStdin", spec.stdinOpen);
  config.flag("StdinOnce", spec.stdinOnce);
  config.flag("AttachStdin", spec.stdinOnce);
  config.flag("Tty", spec.tty);
  config.text("StopSignal", spec.stopSignal);
  if (spec.stopGrace) {
    // Whole seconds only; a shorter grace is rounded up so that it is not taken as "kill at once".
    config.json("StopTimeout",
                static_cast<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(*spec.stopGrace).count()));
  }
  return config.take();
}

}  // namespace

std::string bindText(const model::Mount& mount) {
  if (mount.type == model::Mount::Type::kTmpfs || mount.source.empty()) return {};
  std::vector<std::string> options{mount.readOnly ? "ro" : "rw"};
  if (mount.type == model::Mount::Type::kBind) {
    if (!mount.bindCreateHostPath || mount.source.find(':') != std::string::npos) return {};
    if (!mount.selinux.empty()) options.push_back(mount.selinux);
    if (!mount.bindPropagation.empty()) options.push_back(mount.bindPropagation);
  } else {
    if (!mount.volumeSubpath.empty()) return {};
    if (mount.volumeNoCopy) options.push_back("nocopy");
  }
  if (mount.target.find(':') != std::string::npos) return {};
  return mount.source + ":" + mount.target + ":" + join(options, ",");
}

format::Json endpointConfig(const model::NetworkAttachment& attachment, ApiVersion version) {
  Body body;
  body.list("Aliases", attachment.aliases);
  Body address;
  address.text("IPv4Address", attachment.ipv4Address);
  address.text("IPv6Address", attachment.ipv6Address);
  address.list("LinkLocalIPs", attachment.linkLocalIps);
  Json addresses = address.take();
  if (!addresses.members().empty()) body.json("IPAMConfig", std::move(addresses));
  if (version >= kApiManyNetworks) body.text("MacAddress", attachment.macAddress);
  body.map("DriverOpts", attachment.driverOptions);
  return body.take();
}

Result<CreateCall> createCall(const std::string& name, const model::ContainerSpec& spec, ApiVersion version) {
  CreateCall call;
  std::string separator = "?";
  if (!name.empty()) {
    call.query += separator + "name=" + format::percentEncode(name);
    separator = "&";
  }
  if (!spec.platform.empty()) call.query += separator + "platform=" + format::percentEncode(spec.platform);

  call.body = containerConfig(spec, version);
  ORBIT_TRY(Json host, hostConfig(spec, version));
  call.body.set("HostConfig", std::move(host));
  if (spec.networks.empty() || !spec.networkMode.empty()) return call;
  Json endpoints = Json::object();
  for (const auto& attachment : spec.networks) {
    const bool first = &attachment == &spec.networks.front();
    if (!first && version < kApiManyNetworks) {
      call.connectAfter.push_back(attachment);
      continue;
    }
    model::NetworkAttachment own = attachment;
    if (first && own.macAddress.empty()) own.macAddress = spec.macAddress;
    endpoints.set(attachment.network, endpointConfig(own, version));
  }
  call.body.set("NetworkingConfig", Json::object({{"EndpointsConfig", std::move(endpoints)}}));
  return call;
}

}  // namespace orbit::engine
