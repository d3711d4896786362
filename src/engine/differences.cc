// differences(): what createCall() would send against what inspect shows. The engine fills in defaults and rewrites a
// few values; each rule that undoes one names it.
#include "base/text.h"
#include "engine/create_body.h"
#include "engine/engine.h"

namespace orbit::engine {
namespace {

using format::Json;

// A text that is the same for values that mean the same: members sorted, nothing-values (null, 0, false, "", [], {})
// left out, lists as sets.
std::string canonical(const Json& json) {
  if (json.isObject()) {
    std::map<std::string, std::string> members;
    for (const auto& [key, value] : json.members()) {
      if (std::string text = canonical(value); !text.empty()) members[key] = std::move(text);
    }
    std::string out;
    for (const auto& [key, text] : members) out += key + "=" + text + ";";
    return out.empty() ? out : "{" + out + "}";
  }
  if (json.isArray()) {
    std::set<std::string> items;
    for (const auto& item : json.items()) items.insert(canonical(item));
    items.erase("");
    std::string out;
    for (const auto& item : items) out += item + ",";
    return out.empty() ? out : "[" + out + "]";
  }
  if (json.isString()) return json.asString();
  if (json.isBool()) return json.asBool() ? "true" : "";
  const std::string number = json.dump();
  return json.isNull() || number == "0" ? "" : number;
}

// One attribute of HostConfig (or Config) that is compared as it stands. `defaults`: texts the engine shows, separated
// by '|', where nothing was asked for.
struct Attribute {
  const char* name;
  const char* key;
  const char* defaults;
};

constexpr Attribute kHostAttributes[] = {
    {"dns", "Dns", ""},
    {"dns_search", "DnsSearch", ""},
    {"dns_opt", "DnsOptions", ""},
    {"group_add", "GroupAdd", ""},
    {"sysctls", "Sysctls", ""},
    {"storage_opt", "StorageOpt", ""},
    {"shm_size", "ShmSize", "67108864"},
    {"privileged", "Privileged", ""},
    {"read_only", "ReadonlyRootfs", ""},
    {"ipc", "IpcMode", "private|shareable"},
    {"pid", "PidMode", ""},
    {"uts", "UTSMode", ""},
    {"cgroup", "CgroupnsMode", "host|private"},
    {"userns_mode", "UsernsMode", ""},
    {"isolation", "Isolation", "default"},
    {"runtime", "Runtime", "runc|io.containerd.runc.v2"},
    {"init", "Init", ""},
    {"mem_limit", "Memory", ""},
    {"mem_reservation", "MemoryReservation", ""},
    {"mem_swappiness", "MemorySwappiness", "-1"},
    {"cpus", "NanoCpus", ""},
    {"cpu_shares", "CpuShares", ""},
    {"cpu_period", "CpuPeriod", ""},
    {"cpu_quota", "CpuQuota", ""},
    {"cpu_rt_period", "CpuRealtimePeriod", ""},
    {"cpu_rt_runtime", "CpuRealtimeRuntime", ""},
    {"cpuset", "CpusetCpus", ""},
    {"pids_limit", "PidsLimit", "-1"},
    {"oom_score_adj", "OomScoreAdj", ""},
    {"oom_kill_disable", "OomKillDisable", ""},
    {"blkio_config", "BlkioWeight", ""},
    {"cgroup_parent", "CgroupParent", ""},
    {"device_cgroup_rules", "DeviceCgroupRules", ""},
    {"ulimits", "Ulimits", ""},
    {"devices", "Devices", ""},
    {"gpus", "DeviceRequests", ""},
    {"annotations", "Annotations", ""},
};

bool isDefault(const std::string& text, std::string_view defaults) {
  const auto all = split(defaults, '|');
  return std::find(all.begin(), all.end(), text) != all.end();
}

std::set<std::string> keySet(const Json& object) {
  std::set<std::string> names;
  for (const auto& [key, value] : object.members()) names.insert(key);
  return names;
}

// Variables by name; an entry without '=' unsets the name.
std::map<std::string, std::string> variables(const std::vector<std::string>& base,
                                             const std::vector<std::string>& over) {
  std::map<std::string, std::string> all;
  for (const auto* entries : {&base, &over}) {
    for (const auto& entry : *entries) {
      const auto equals = entry.find('=');
      if (equals == std::string::npos) {
        all.erase(entry);
      } else {
        all[entry.substr(0, equals)] = entry.substr(equals + 1);
      }
    }
  }
  return all;
}

// Labels that tools put on for themselves say nothing about the container.
Labels userLabels(const Json& base, const Json& over) {
  Labels all;
  for (const auto* labels : {&base, &over}) {
    for (const auto& [key, value] : labels->members()) {
      if (!startsWith(key, "com.docker.compose.") && !startsWith(key, "orbit.")) all[key] = value.asString();
    }
  }
  return all;
}

// "cap_net_admin", "NET_ADMIN" and "CAP_NET_ADMIN" are one; later engines show the last.
std::set<std::string> capabilities(const Json& list) {
  std::set<std::string> all;
  for (const auto& name : list.asStrings()) {
    std::string plain = lower(name);
    all.insert(startsWith(plain, "cap_") ? plain.substr(4) : plain);
  }
  return all;
}

// "label:disable" and "label=disable" are one, and the engine adds it itself for privileged containers.
std::set<std::string> securityOptions(const Json& list) {
  std::set<std::string> all;
  for (std::string option : list.asStrings()) {
    const auto mark = option.find_first_of(":=");
    if (mark != std::string::npos) option[mark] = '=';
    if (option != "label=disable") all.insert(std::move(option));
  }
  return all;
}

std::set<std::string> extraHosts(const Json& list) {
  std::set<std::string> all;
  for (std::string host : list.asStrings()) {
    const auto mark = host.find_first_of(":=");
    if (mark != std::string::npos) host[mark] = ':';
    all.insert(std::move(host));
  }
  return all;
}

class Comparison {
 public:
  Comparison(const model::ContainerSpec& spec, const ContainerDetail& container, const ImageDetail& image, Json wanted)
      : spec_(spec),
        container_(container),
        image_(image),
        wanted_(std::move(wanted)),
        wantedHost_(wanted_["HostConfig"]),
        config_(container.config),
        host_(container.hostConfig) {}

  std::vector<std::string> run() {
    note("image", !image_.id.empty() && container_.summary.imageId != image_.id);
    process();
    identity();
    note("healthcheck", healthText(wantedHealth()) != healthText(config_["Healthcheck"]));
    note("restart", restartText(wantedHost_["RestartPolicy"]) != restartText(host_["RestartPolicy"]));
    note("ports", canonicalPorts(wantedHost_["PortBindings"]) != canonicalPorts(host_["PortBindings"]));
    note("expose", exposed(image_.config["ExposedPorts"], wanted_["ExposedPorts"]) != keySet(config_["ExposedPorts"]));
    note("logging", loggingDiffers());
    note("cap_add", capabilities(wantedHost_["CapAdd"]) != capabilities(host_["CapAdd"]));
    note("cap_drop", capabilities(wantedHost_["CapDrop"]) != capabilities(host_["CapDrop"]));
    note("security_opt", securityOptions(wantedHost_["SecurityOpt"]) != securityOptions(host_["SecurityOpt"]));
    note("extra_hosts", extraHosts(wantedHost_["ExtraHosts"]) != extraHosts(host_["ExtraHosts"]));
    // Unset, the engine makes it twice the memory limit.
    note("memswap_limit", spec_.memorySwapBytes != 0 && spec_.memorySwapBytes != host_["MemorySwap"].asInt());
    for (const auto& attribute : kHostAttributes) {
      const std::string wanted = canonical(wantedHost_[attribute.key]), actual = canonical(host_[attribute.key]);
      note(attribute.name, wanted != actual && !(wanted.empty() && isDefault(actual, attribute.defaults)));
    }
    networks();
    note("volumes", wantedMounts() != actualMounts());
    return std::move(names_);
  }

 private:
  void note(std::string name, bool differs) {
    if (differs) names_.push_back(std::move(name));
  }

  // The value sent, or the image's where none was.
  std::string textOr(const char* key, const Json& fallback) const {
    return wanted_.has(key) ? wanted_[key].asString() : fallback[key].asString();
  }

  void process() {
    const auto entrypoint = spec_.entrypoint.value_or(image_.config["Entrypoint"].asStrings());
    std::vector<std::string> command = spec_.command.value_or(std::vector<std::string>());
    // An entrypoint of one's own clears the image's command.
    if (command.empty() && (!spec_.entrypoint || spec_.entrypoint->empty())) command = image_.config["Cmd"].asStrings();
    note("command", command != config_["Cmd"].asStrings());
    note("entrypoint", entrypoint != config_["Entrypoint"].asStrings());
    const auto imageEnvironment = image_.config["Env"].asStrings();
    note("environment",
         variables(imageEnvironment, wanted_["Env"].asStrings()) != variables({}, config_["Env"].asStrings()));
    note("user", textOr("User", image_.config) != config_["User"].asString());
    note("working_dir", textOr("WorkingDir", image_.config) != config_["WorkingDir"].asString());
    note("stop_signal", textOr("StopSignal", image_.config) != config_["StopSignal"].asString());
    const bool wantedGrace = wanted_.has("StopTimeout"), hasGrace = !config_["StopTimeout"].isNull();
    const std::int64_t graceDefault = 10;
    note("stop_grace_period", (wantedGrace || hasGrace) && wanted_["StopTimeout"].asInt(graceDefault) !=
                                                               config_["StopTimeout"].asInt(graceDefault));
    note("tty", spec_.tty != config_["Tty"].asBool());
    note("stdin_open", spec_.stdinOpen != config_["OpenStdin"].asBool());
  }

  void identity() {
    note("labels", userLabels(image_.config["Labels"], wanted_["Labels"]) != userLabels({}, config_["Labels"]));
    // Unnamed, a container is called by its id, or like the one whose network it shares.
    const bool shared = spec_.networkMode == "host" || startsWith(spec_.networkMode, "container:");
    const std::string own = container_.summary.id.substr(0, 12);
    const std::string& hostname = config_["Hostname"].asString();
    note("hostname",
         spec_.hostname.empty() ? !shared && hostname != own && !hostname.empty() : spec_.hostname != hostname);
    note("domainname", spec_.domainName != config_["Domainname"].asString());
  }

  Json wantedHealth() const {
    Json health = wanted_["Healthcheck"];
    if (!spec_.healthCheck) return image_.config["Healthcheck"];
    if (spec_.healthCheck->disabled) return health;
    for (const auto& [key, value] : image_.config["Healthcheck"].members()) {
      if (!health.has(key)) health.set(key, value);
    }
    return health;
  }

  // Engines before API 1.44 drop StartInterval; "" stands for no check.
  std::string healthText(const Json& health) const {
    const auto test = health["Test"].asStrings();
    if (test.empty() || test.front() == "NONE") return {};
    std::string text = Json::strings(test).dump();
    for (const char* key : {"Interval", "Timeout", "StartPeriod", "Retries", "StartInterval"}) {
      const bool known = key != std::string_view("StartInterval") || config_["Healthcheck"].has(key);
      if (known) text += " " + canonical(health[key]);
    }
    return text;
  }

  static std::string restartText(const Json& policy) {
    const std::string& name = policy["Name"].asString();
    return (name.empty() ? "no" : name) + canonical(policy["MaximumRetryCount"]);
  }

  static std::map<std::string, std::set<std::string>> canonicalPorts(const Json& bindings) {
    std::map<std::string, std::set<std::string>> all;
    for (const auto& [key, list] : bindings.members()) {
      for (const auto& one : list.items()) all[key].insert(one["HostIp"].asString() + ":" + one["HostPort"].asString());
    }
    return all;
  }

  static std::set<std::string> exposed(const Json& image, const Json& sent) {
    std::set<std::string> all = keySet(image);
    all.merge(keySet(sent));
    return all;
  }

  // Not asked for, any driver without options is the engine's default, and ours is ours.
  bool loggingDiffers() const {
    const Json& actual = host_["LogConfig"];
    if (canonical(wantedHost_["LogConfig"]) == canonical(actual)) return false;
    return !spec_.logDriver.empty() || !spec_.logOptions.empty() || !canonical(actual["Config"]).empty();
  }

  void networks() {
    const std::string& mode = host_["NetworkMode"].asString();
    if (!spec_.networkMode.empty()) {
      const bool bridge = spec_.networkMode == "bridge" && mode == "default";
      note("network_mode", spec_.networkMode != mode && !bridge);
      return;
    }
    std::set<std::string> wanted;
    for (const auto& attachment : spec_.networks) wanted.insert(endpointText(attachment));
    if (spec_.networks.empty()) wanted.insert(endpointText({"bridge", {}, {}, {}, {}, {}, {}, 0}));
    std::set<std::string> actual;
    for (const auto& [name, endpoint] : container_.networkSettings["Networks"].members()) {
      model::NetworkAttachment as;
      as.network = name;
      as.aliases = endpoint["Aliases"].asStrings();
      as.ipv4Address = endpoint["IPAMConfig"]["IPv4Address"].asString();
      as.ipv6Address = endpoint["IPAMConfig"]["IPv6Address"].asString();
      as.linkLocalIps = endpoint["IPAMConfig"]["LinkLocalIPs"].asStrings();
      actual.insert(endpointText(as));
    }
    note("networks", wanted != actual);
    note("mac_address", !spec_.macAddress.empty() && !hasMacAddress(spec_.macAddress));
  }

  bool hasMacAddress(const std::string& address) const {
    if (lower(config_["MacAddress"].asString()) == lower(address)) return true;
    const auto& endpoints = container_.networkSettings["Networks"].members();
    return std::any_of(endpoints.begin(), endpoints.end(), [&](const auto& endpoint) {
      return lower(endpoint.second["MacAddress"].asString()) == lower(address);
    });
  }

  // Aliases every tool gives (service, container, id) are no difference; Compose 1.29 and 2 give different ones.
  std::string endpointText(const model::NetworkAttachment& attachment) const {
    const auto service = container_.summary.labels.find("com.docker.compose.service");
    std::set<std::string> aliases(attachment.aliases.begin(), attachment.aliases.end());
    aliases.erase(container_.summary.name);
    aliases.erase(container_.summary.id.substr(0, 12));
    if (service != container_.summary.labels.end()) aliases.erase(service->second);
    std::string text = attachment.network + " " + attachment.ipv4Address + " " + attachment.ipv6Address;
    for (const auto& alias : aliases) text += " " + alias;
    for (const auto& address : attachment.linkLocalIps) text += " " + address;
    return text;
  }

  using Mounts = std::map<std::string, std::string>;  // target → what is there, as text

  static std::string target(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
  }
  static std::string mountText(std::string_view type, const std::string& source, bool readOnly,
                               std::string options = {}) {
    return std::string(type) + " " + target(source) + (readOnly ? " ro " : " rw ") + options;
  }
  // A volume of 64 hexadecimal digits was made for a mount without a name.
  static bool anonymous(const std::string& source) {
    return source.empty() || (source.size() == 64 && source.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
  static std::string volumeText(const std::string& source, bool readOnly, const std::string& options) {
    return anonymous(source) ? "anonymous" : mountText("volume", source, readOnly, options);
  }
  static std::string tmpfsText(std::int64_t bytes, std::int64_t mode, bool readOnly) {
    return mountText("tmpfs", "", readOnly, std::to_string(bytes) + "/" + std::to_string(mode));
  }

  static void addBind(Mounts& mounts, const std::string& bind) {
    const auto parts = split(bind, ':');
    if (parts.size() < 2) return;
    const std::string source(parts[0]);
    std::set<std::string> options;
    for (auto option : split(parts.size() > 2 ? parts[2] : std::string_view(), ','))
      options.insert(std::string(option));
    const bool readOnly = options.contains("ro");
    for (const char* plain : {"", "ro", "rw"}) options.erase(plain);
    const std::string rest = join({options.begin(), options.end()}, ",");
    mounts[target(std::string(parts[1]))] =
        startsWith(source, "/") ? mountText("bind", source, readOnly, rest) : volumeText(source, readOnly, rest);
  }

  static void addMount(Mounts& mounts, const Json& mount) {
    const std::string& type = mount["Type"].asString();
    const bool readOnly = mount["ReadOnly"].asBool();
    std::string& text = mounts[target(mount["Target"].asString())];
    if (type == "tmpfs") {
      text = tmpfsText(mount["TmpfsOptions"]["SizeBytes"].asInt(), mount["TmpfsOptions"]["Mode"].asInt(), readOnly);
    } else if (type == "bind") {
      text = mountText("bind", mount["Source"].asString(), readOnly, mount["BindOptions"]["Propagation"].asString());
    } else {
      std::string options = mount["VolumeOptions"]["NoCopy"].asBool() ? "nocopy" : "";
      options += mount["VolumeOptions"]["Subpath"].asString();
      text = volumeText(mount["Source"].asString(), readOnly, options);
    }
  }

  // HostConfig.Tmpfs, as `tmpfs:` of older tools makes it: "size=64m,mode=1777".
  static void addTmpfs(Mounts& mounts, const std::string& path, const std::string& options) {
    std::int64_t bytes = 0, mode = 0;
    bool readOnly = false;
    for (auto option : split(options, ',')) {
      if (option == "ro") readOnly = true;
      if (startsWith(option, "mode=")) mode = std::strtol(std::string(option.substr(5)).c_str(), nullptr, 8);
      if (!startsWith(option, "size=")) continue;
      const auto size = format::parseBytes(option.substr(5));
      if (size.ok()) bytes = *size;
    }
    mounts[target(path)] = tmpfsText(bytes, mode, readOnly);
  }

  static Mounts mountsOf(const Json& host, const Json& volumes) {
    Mounts mounts;
    for (const auto& [path, nothing] : volumes.members()) mounts[target(path)] = "anonymous";
    for (const auto& bind : host["Binds"].asStrings()) addBind(mounts, bind);
    for (const auto& mount : host["Mounts"].items()) addMount(mounts, mount);
    for (const auto& [path, options] : host["Tmpfs"].members()) addTmpfs(mounts, path, options.asString());
    return mounts;
  }
  Mounts wantedMounts() const { return mountsOf(wantedHost_, image_.config["Volumes"]); }
  Mounts actualMounts() const { return mountsOf(host_, config_["Volumes"]); }

  const model::ContainerSpec& spec_;
  const ContainerDetail& container_;
  const ImageDetail& image_;
  const Json wanted_;
  const Json& wantedHost_;
  const Json& config_;
  const Json& host_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> differences(const model::ContainerSpec& spec, const ContainerDetail& container,
                                     const ImageDetail& image) {
  // Spoken at the newest version everything asked for is in the body; what an older engine dropped is judged above.
  auto call = createCall("", spec, kApiNewest);
  ORBIT_CHECK(call.ok());
  return Comparison(spec, container, image, std::move(call->body)).run();
}

}  // namespace orbit::engine
