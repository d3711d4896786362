#include "engine/answers.h"

#include "base/text.h"

namespace orbit::engine {
namespace {

using format::Json;

Labels textMap(const Json& json) {
  Labels labels;
  for (const auto& [key, value] : json.members()) labels[key] = value.asString();
  return labels;
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> names;
  for (const auto& [key, value] : json.members()) names.push_back(key);
  return names;
}

std::string withoutSlash(const std::string& name) {
  return startsWith(name, "/") ? name.substr(1) : name;
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  const auto end = text.data() + at + count;
  const auto read = std::from_chars(text.data() + at, end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

std::map<std::string, std::string> addresses(const Json& networks) {
  std::map<std::string, std::string> all;
  for (const auto& [name, endpoint] : networks.members()) all[name] = endpoint["IPAddress"].asString();
  return all;
}

std::optional<model::HealthCheck> parseHealthCheck(const Json& json) {
  const auto test = json["Test"].asStrings();
  if (test.empty()) return std::nullopt;
  model::HealthCheck check;
  check.disabled = test.front() == "NONE";
  check.test = test;
  const auto span = [&](const char* key) -> std::optional<Duration> {
    const std::int64_t ns = json[key].asInt();
    return ns > 0 ? std::optional(Duration(ns)) : std::nullopt;
  };
  check.interval = span("Interval");
  check.timeout = span("Timeout");
  check.startPeriod = span("StartPeriod");
  check.startInterval = span("StartInterval");
  if (json["Retries"].asInt() > 0) check.retries = static_cast<int>(json["Retries"].asInt());
  return check;
}

// "(healthy)" at the end of a listing's status text.
std::string healthOfStatus(std::string_view status) {
  if (status.find("(healthy)") != std::string_view::npos) return "healthy";
  if (status.find("(unhealthy)") != std::string_view::npos) return "unhealthy";
  if (status.find("(health: starting)") != std::string_view::npos) return "starting";
  return {};
}

// inspect's NetworkSettings.Ports: {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}.
std::vector<model::Port> publishedPorts(const Json& ports) {
  std::vector<model::Port> all;
  for (const auto& [key, bindings] : ports.members()) {
    const auto slash = key.find('/');
    for (const auto& binding : bindings.items()) {
      model::Port port;
      port.target = std::atoi(key.c_str());
      if (slash != std::string::npos) port.protocol = key.substr(slash + 1);
      port.hostIp = binding["HostIp"].asString();
      port.published = binding["HostPort"].asString();
      all.push_back(std::move(port));
    }
  }
  return all;
}

std::uint64_t unsignedOf(const Json& json) {
  const std::int64_t value = json.asInt();
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

// As `docker stats`: usage without the page cache that can be given back (cli: formatter_stats.go's rule: v1
// total_inactive_file, v2 inactive_file).
std::uint64_t memoryUsed(const Json& memory) {
  const std::uint64_t usage = unsignedOf(memory["usage"]);
  for (const char* key : {"total_inactive_file", "inactive_file"}) {
    if (!memory["stats"].has(key)) continue;
    const std::uint64_t cache = unsignedOf(memory["stats"][key]);
    return cache < usage ? usage - cache : usage;
  }
  return usage;
}

}  // namespace

std::int64_t parseTimeUs(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || *year < 1970) return 0;
  const auto date = std::chrono::year(*year) / *month / *day;
  if (!date.ok()) return 0;
  std::int64_t us = std::chrono::sys_days(date).time_since_epoch().count() * 86'400'000'000LL;
  us += (*hour * 3600LL + *minute * 60LL + *second) * 1'000'000LL;
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100'000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, unit /= 10) us += (text[at] - '0') * unit;
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    const auto hours = digits(text, at + 1, 2), minutes = digits(text, at + 4, 2);
    if (!hours || !minutes) return 0;
    const std::int64_t offset = (*hours * 3600LL + *minutes * 60LL) * 1'000'000LL;
    us += text[at] == '+' ? -offset : offset;
  }
  return us;
}

std::string secondsText(std::int64_t timeUs) {
  std::string fraction = std::to_string(timeUs % 1'000'000);
  return std::to_string(timeUs / 1'000'000) + "." + std::string(6 - fraction.size(), '0') + fraction;
}

ContainerState parseState(std::string_view text) {
  for (auto state : {ContainerState::kCreated, ContainerState::kRunning, ContainerState::kPaused,
                     ContainerState::kRestarting, ContainerState::kRemoving, ContainerState::kExited}) {
    if (stateName(state) == text) return state;
  }
  return ContainerState::kDead;
}

ContainerSummary parseSummary(const Json& json) {
  ContainerSummary summary;
  summary.id = json["Id"].asString();
  // A linked container has more names, with a slash inside; its own has only the leading one.
  for (const auto& name : json["Names"].asStrings()) {
    if (summary.name.empty() || name.rfind('/') == 0) summary.name = withoutSlash(name);
  }
  summary.image = json["Image"].asString();
  summary.imageId = json["ImageID"].asString();
  summary.labels = textMap(json["Labels"]);
  summary.state = parseState(json["State"].asString());
  summary.statusText = json["Status"].asString();
  summary.createdUs = json["Created"].asInt() * 1'000'000;
  for (const auto& item : json["Ports"].items()) {
    if (item["PublicPort"].asInt() == 0) continue;
    model::Port port;
    port.target = static_cast<int>(item["PrivatePort"].asInt());
    port.published = std::to_string(item["PublicPort"].asInt());
    port.hostIp = item["IP"].asString();
    port.protocol = item["Type"].asString();
    summary.ports.push_back(std::move(port));
  }
  summary.health = healthOfStatus(summary.statusText);
  summary.addresses = addresses(json["NetworkSettings"]["Networks"]);
  for (const auto& mount : json["Mounts"].items()) {
    if (mount["Type"].asString() == "volume") summary.volumes.push_back(mount["Name"].asString());
  }
  return summary;
}

ContainerDetail parseDetail(const Json& json) {
  ContainerDetail detail;
  ContainerSummary& summary = detail.summary;
  const Json& state = json["State"];
  detail.config = json["Config"];
  detail.hostConfig = json["HostConfig"];
  detail.networkSettings = json["NetworkSettings"];
  summary.id = json["Id"].asString();
  summary.name = withoutSlash(json["Name"].asString());
  summary.image = detail.config["Image"].asString();
  summary.imageId = json["Image"].asString();
  summary.labels = textMap(detail.config["Labels"]);
  summary.state = parseState(state["Status"].asString());
  summary.createdUs = parseTimeUs(json["Created"].asString());
  summary.ports = publishedPorts(detail.networkSettings["Ports"]);
  summary.health = state["Health"]["Status"].asString();
  if (summary.health == "none") summary.health.clear();
  summary.addresses = addresses(detail.networkSettings["Networks"]);
  summary.statusText = std::string(stateName(summary.state));
  detail.exitCode = static_cast<int>(state["ExitCode"].asInt());
  detail.oomKilled = state["OOMKilled"].asBool();
  detail.error = state["Error"].asString();
  detail.startedUs = parseTimeUs(state["StartedAt"].asString());
  detail.finishedUs = parseTimeUs(state["FinishedAt"].asString());
  detail.pid = static_cast<int>(state["Pid"].asInt());
  detail.restartCount = static_cast<int>(json["RestartCount"].asInt());
  detail.tty = detail.config["Tty"].asBool();
  detail.openStdin = detail.config["OpenStdin"].asBool();
  for (const auto& mount : json["Mounts"].items()) {
    detail.mounts.push_back({mount["Type"].asString(), mount["Name"].asString(), mount["Source"].asString(),
                             mount["Destination"].asString()});
    if (mount["Type"].asString() == "volume") summary.volumes.push_back(mount["Name"].asString());
  }
  return detail;
}

ImageDetail parseImage(const Json& json) {
  ImageDetail image;
  image.id = json["Id"].asString();
  image.tags = json["RepoTags"].asStrings();
  image.digests = json["RepoDigests"].asStrings();
  image.config = json["Config"];
  image.command = image.config["Cmd"].asStrings();
  image.entrypoint = image.config["Entrypoint"].asStrings();
  image.exposedPorts = keys(image.config["ExposedPorts"]);
  image.volumes = keys(image.config["Volumes"]);
  image.healthCheck = parseHealthCheck(image.config["Healthcheck"]);
  image.createdUs = parseTimeUs(json["Created"].asString());
  image.sizeBytes = json["Size"].asInt();
  return image;
}

NetworkSummary parseNetwork(const Json& json) {
  return {json["Id"].asString(),   json["Name"].asString(),   json["Driver"].asString(),
          textMap(json["Labels"]), json["Internal"].asBool(), keys(json["Containers"])};
}

VolumeSummary parseVolume(const Json& json) {
  return {json["Name"].asString(), json["Driver"].asString(), textMap(json["Labels"])};
}

Event parseEvent(const Json& json) {
  Event event;
  event.type = json["Type"].asString();
  event.action = json["Action"].asString();
  event.id = json["Actor"]["ID"].asString();
  event.attributes = textMap(json["Actor"]["Attributes"]);
  event.timeUs = json["timeNano"].asInt() / 1000;
  if (event.timeUs == 0) event.timeUs = json["time"].asInt() * 1'000'000;
  return event;
}

StatsSample parseStats(const Json& json) {
  StatsSample sample;
  const Json& cpu = json["cpu_stats"];
  sample.timeUs = parseTimeUs(json["read"].asString());
  sample.cpuNs = unsignedOf(cpu["cpu_usage"]["total_usage"]);
  sample.systemCpuNs = unsignedOf(cpu["system_cpu_usage"]);
  sample.cpus = static_cast<int>(cpu["online_cpus"].asInt());
  if (sample.cpus == 0) sample.cpus = static_cast<int>(cpu["cpu_usage"]["percpu_usage"].items().size());
  sample.memoryBytes = memoryUsed(json["memory_stats"]);
  sample.memoryLimitBytes = unsignedOf(json["memory_stats"]["limit"]);
  for (const auto& [name, network] : json["networks"].members()) {
    sample.networkReceivedBytes += unsignedOf(network["rx_bytes"]);
    sample.networkSentBytes += unsignedOf(network["tx_bytes"]);
  }
  for (const auto& entry : json["blkio_stats"]["io_service_bytes_recursive"].items()) {
    const std::string op = lower(entry["op"].asString());
    if (op == "read") sample.blockReadBytes += unsignedOf(entry["value"]);
    if (op == "write") sample.blockWrittenBytes += unsignedOf(entry["value"]);
  }
  sample.pids = unsignedOf(json["pids_stats"]["current"]);
  return sample;
}

EngineInfo parseInfo(const Json& json) {
  EngineInfo info;
  info.version = json["ServerVersion"].asString();
  info.osType = json["OSType"].asString();
  info.architecture = json["Architecture"].asString();
  info.storageDriver = json["Driver"].asString();
  info.rootDir = json["DockerRootDir"].asString();
  info.loggingDriver = json["LoggingDriver"].asString();
  info.cgroupVersion = json["CgroupVersion"].asString() == "2" ? 2 : 1;
  const std::string& swarm = json["Swarm"]["LocalNodeState"].asString();
  info.swarmActive = !swarm.empty() && swarm != "inactive";
  info.liveRestore = json["LiveRestoreEnabled"].asBool();
  return info;
}

namespace {

// "0100007F" → "127.0.0.1": the address as the kernel prints it, in words of host byte order.
std::string hexAddress(std::string_view hex) {
  if (hex.size() == 32 && hex.substr(0, 16) == "0000000000000000" && hex.substr(16, 8) == "FFFF0000")
    hex = hex.substr(24);
  if (hex.size() == 32) {
    if (hex.find_first_not_of('0') == std::string_view::npos) return "::";
    if (hex == "00000000000000000000000001000000") return "::1";
    return std::string(hex);  // any other one: only whether it is the loopback matters
  }
  unsigned word = 0;
  if (hex.size() != 8 || std::from_chars(hex.data(), hex.data() + 8, word, 16).ec != std::errc()) return {};
  std::string address;
  for (int i = 0; i < 4; ++i) address += (i > 0 ? "." : "") + std::to_string(word >> (8 * i) & 0xff);
  return address;
}

}  // namespace

std::vector<Engine::Listening> parseListening(std::string_view procNetTcp) {
  constexpr std::string_view kListen = "0A";
  std::vector<Engine::Listening> all;
  for (auto line : split(procNetTcp, '\n')) {
    std::vector<std::string_view> fields;
    for (auto field : split(line, ' ')) {
      if (!field.empty()) fields.push_back(field);
    }
    if (fields.size() < 4 || fields[3] != kListen) continue;
    const auto colon = fields[1].find(':');
    if (colon == std::string_view::npos) continue;
    const auto hexPort = fields[1].substr(colon + 1);
    int port = 0;
    std::from_chars(hexPort.data(), hexPort.data() + hexPort.size(), port, 16);
    const std::string address = hexAddress(fields[1].substr(0, colon));
    if (port > 0 && !address.empty()) all.push_back({address, port});
  }
  return all;
}

}  // namespace orbit::engine
