#include "engine/fake_machine.h"

#include "engine/create_body.h"
#include "engine/engine_error.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

using format::Json;

bool validName(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  return name.size() > 1 && kLetters.find(name.front()) != std::string_view::npos &&
         name.find_first_not_of(std::string(kLetters) + "_.-") == std::string::npos;
}

// The container's config as inspect shows it: what create sent, the image's values where it sent none.
Json mergedConfig(const Json& sent, const ImageDetail& image) {
  Json config = Json::object();
  for (const auto& [key, value] : sent.members()) {
    if (key != "HostConfig" && key != "NetworkingConfig") config.set(key, value);
  }
  std::vector<std::string> environment = sent["Env"].asStrings();
  const auto named = [&](std::string_view entry) {
    const auto name = entry.substr(0, entry.find('='));
    return std::any_of(environment.begin(), environment.end(),
                       [&](std::string_view own) { return own.substr(0, own.find('=')) == name; });
  };
  for (const auto& entry : image.config["Env"].asStrings()) {
    if (!named(entry)) environment.push_back(entry);
  }
  config.set("Env", Json::strings(environment));
  if (sent["Entrypoint"].items().empty()) {
    if (sent["Cmd"].items().empty()) config.set("Cmd", image.config["Cmd"]);
    if (!sent.has("Entrypoint")) config.set("Entrypoint", image.config["Entrypoint"]);
  }
  for (const char* key : {"WorkingDir", "User", "StopSignal", "Healthcheck", "Volumes"}) {
    if (!sent.has(key) && image.config.has(key)) config.set(key, image.config[key]);
  }
  for (const char* key : {"Labels", "ExposedPorts"}) {
    Json both = image.config[key];
    for (const auto& [name, value] : sent[key].members()) both.set(name, value);
    if (both.isObject()) config.set(key, both);
  }
  return config;
}

}  // namespace

bool FakeMachine::carries(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
    const auto found = labels.find(one.first);
    return found != labels.end() && (one.second.empty() || found->second == one.second);
  });
}

FakeMachine::FakeMachine(const Clock& clock, std::uint64_t seed, ApiVersion version, Hooks hooks)
    : clock_(clock), random_(seed), version_(version), hooks_(std::move(hooks)) {
  networks_.push_back({{newId(), "bridge", "bridge", {}, false, {}}, 17, 2});
}

std::string FakeMachine::normal(const std::string& reference) {
  if (startsWith(reference, "sha256:")) return reference;
  const auto slash = reference.rfind('/');
  const auto colon = reference.find(':', slash == std::string::npos ? 0 : slash);
  return colon == std::string::npos && reference.find('@') == std::string::npos ? reference + ":latest" : reference;
}

std::string FakeMachine::newId() {
  constexpr char kHex[] = "0123456789abcdef";
  std::string id(64, '0');
  for (char& c : id) c = kHex[random_.below(16)];
  return id;
}

void FakeMachine::event(std::string type, std::string action, std::string id, Labels attributes) {
  events_.push_back({std::move(type), std::move(action), std::move(id), std::move(attributes), clock_.wallUs()});
  hooks_.changed();
}

void FakeMachine::containerEvent(const FakeContainer& container, const std::string& action, Labels more) {
  Labels attributes = container.detail.summary.labels;
  attributes["name"] = container.detail.summary.name;
  attributes["image"] = container.detail.summary.image;
  attributes.merge(more);
  event("container", action, container.detail.summary.id, std::move(attributes));
}

FakeContainer* FakeMachine::find(const std::string& idOrName) {
  if (idOrName.empty()) return nullptr;
  for (const auto& container : containers_) {
    if (container->detail.summary.name == idOrName && isThere(*container)) return container.get();
  }
  for (const auto& container : containers_) {
    if (startsWith(container->detail.summary.id, idOrName) && isThere(*container)) return container.get();
  }
  return nullptr;
}

Result<FakeContainer*> FakeMachine::container(const std::string& idOrName) {
  if (FakeContainer* found = find(idOrName)) return found;
  return engineError(404, "No such container: " + idOrName);
}

std::vector<ContainerSummary> FakeMachine::listContainers(const Labels& labels) {
  std::vector<ContainerSummary> all;
  for (const auto& container : containers_) {
    if (!carries(container->detail.summary.labels, labels) || !isThere(*container)) continue;
    refresh(*container);
    all.push_back(container->detail.summary);
  }
  return all;
}

Result<ContainerDetail> FakeMachine::inspect(const std::string& idOrName) {
  ORBIT_TRY(FakeContainer * found, container(idOrName));
  refresh(*found);
  return found->detail;
}

void FakeMachine::refresh(FakeContainer& container) const {
  ContainerSummary& summary = container.detail.summary;
  summary.health.clear();
  const Json& check = container.detail.config["Healthcheck"];
  const auto test = check["Test"].asStrings();
  const bool checked = check.isObject() && !(test.size() == 1 && test.front() == "NONE");
  if (container.running() && checked) {
    const Duration interval =
        Duration(check["Interval"].asInt() > 0 ? check["Interval"].asInt() : Duration(30s).count());
    const auto probes = (clock_.now() - container.started) / interval;  // those already run
    const bool passed = probes > 0 && probes * interval >= container.behaviour.healthyAfter;
    const std::int64_t retries = check["Retries"].asInt() > 0 ? check["Retries"].asInt() : 3;
    const auto failures = probes - check["StartPeriod"].asInt() / interval.count();
    summary.health = passed ? "healthy" : failures >= retries ? "unhealthy" : "starting";
  }
  switch (summary.state) {
    case ContainerState::kRunning:
      summary.statusText = summary.health.empty() ? "Up" : "Up (" + summary.health + ")";
      break;
    case ContainerState::kExited:
      summary.statusText = "Exited (" + std::to_string(container.detail.exitCode) + ")";
      break;
    default:
      summary.statusText = std::string(stateName(summary.state));
      break;
  }
}

Result<std::string> FakeMachine::create(const std::string& name, const model::ContainerSpec& spec) {
  if (!name.empty() && !validName(name)) return engineError(400, "Invalid container name (" + name + ")");
  const auto named = [&name](const auto& other) { return other->detail.summary.name == name; };
  const auto holder = std::find_if(containers_.begin(), containers_.end(), named);
  if (!name.empty() && holder != containers_.end()) {
    return engineError(409, "Conflict. The container name \"/" + name + "\" is already in use by container \"" +
                                (*holder)->detail.summary.id + "\".");
  }
  ORBIT_TRY(const ImageDetail image, inspectImage(spec.image));
  ORBIT_TRY(const CreateCall call, createCall(name, spec, version_));
  if (diskFull_) return engineError(500, "mkdir /var/lib/docker/overlay2: no space left on device");
  auto made = std::make_unique<FakeContainer>();
  ContainerSummary& summary = made->detail.summary;
  summary.id = newId();
  summary.name = name.empty() ? "fake_" + summary.id.substr(0, 12) : name;
  summary.image = spec.image;
  summary.imageId = image.id;
  summary.createdUs = clock_.wallUs();
  made->spec = spec;
  const auto behaviour = behaviours_.find(spec.image);
  if (behaviour != behaviours_.end()) made->behaviour = behaviour->second;
  made->detail.config = mergedConfig(call.body, image);
  for (const auto& [label, value] : made->detail.config["Labels"].members()) summary.labels[label] = value.asString();
  made->detail.hostConfig = call.body["HostConfig"];
  made->detail.tty = spec.tty;
  made->detail.openStdin = spec.stdinOpen;
  if (spec.networkMode.empty() && spec.networks.empty()) made->networks["bridge"] = {};
  if (spec.networkMode.empty()) {
    for (const auto& attachment : spec.networks) made->networks[attachment.network] = attachment;
  }
  Json endpoints = Json::object();
  for (const auto& [network, attachment] : made->networks) {
    summary.addresses[network];
    endpoints.set(network, endpointConfig(attachment, version_));
  }
  made->detail.networkSettings.set("Networks", std::move(endpoints));
  mountVolumes(*made, image);
  containers_.push_back(std::move(made));
  note("create " + containers_.back()->detail.summary.name);
  containerEvent(*containers_.back(), "create");
  return containers_.back()->detail.summary.id;
}

void FakeMachine::mountVolumes(FakeContainer& container, const ImageDetail& image) {
  std::vector<model::Mount> mounts = container.spec.mounts;
  for (const auto& target : image.volumes) {
    const auto covers = [&](const model::Mount& mount) { return mount.target == target; };
    if (std::any_of(mounts.begin(), mounts.end(), covers)) continue;
    model::Mount anonymous;
    anonymous.target = target;
    mounts.push_back(anonymous);
  }
  for (const auto& mount : mounts) {
    MountPoint point{"bind", "", mount.source, mount.target};
    if (mount.type == model::Mount::Type::kTmpfs) point.type = "tmpfs";
    if (mount.type == model::Mount::Type::kVolume) {
      point.type = "volume";
      point.name = mount.source.empty() ? newId() : mount.source;
      point.source = "/var/lib/docker/volumes/" + point.name + "/_data";
      volumes_.try_emplace(point.name, VolumeSummary{point.name, "local", {}});
      container.detail.summary.volumes.push_back(point.name);
    }
    container.detail.mounts.push_back(std::move(point));
  }
}

bool FakeMachine::portTaken(int port, const std::string& protocol) const {
  return std::any_of(containers_.begin(), containers_.end(), [&](const auto& other) {
    const auto& ports = other->detail.summary.ports;
    return other->running() && std::any_of(ports.begin(), ports.end(), [&](const model::Port& taken) {
             return taken.published == std::to_string(port) && taken.protocol == protocol;
           });
  });
}

Status FakeMachine::publishPorts(FakeContainer& container) {
  std::vector<model::Port> published;
  for (model::Port port : container.spec.ports) {
    const auto dash = port.published.find('-');
    if (port.published.empty()) {
      while (portTaken(nextPort_, port.protocol)) ++nextPort_;
      port.published = std::to_string(nextPort_++);
    } else {
      const int first = std::atoi(port.published.c_str());
      const int last = dash == std::string::npos ? first : std::atoi(port.published.c_str() + dash + 1);
      int chosen = first;
      while (chosen <= last && portTaken(chosen, port.protocol)) ++chosen;
      if (chosen > last) {
        return engineError(500, "driver failed programming external connectivity on endpoint " +
                                    container.detail.summary.name + ": Bind for 0.0.0.0:" + std::to_string(last) +
                                    " failed: port is already allocated");
      }
      port.published = std::to_string(chosen);
    }
    published.push_back(std::move(port));
  }
  container.detail.summary.ports = std::move(published);
  return {};
}

void FakeMachine::giveAddress(FakeContainer& container, const std::string& name) {
  Network* network = findNetwork(name);
  if (network == nullptr) return;
  const std::string& wanted = container.networks[name].ipv4Address;
  container.detail.summary.addresses[name] =
      wanted.empty() ? "172." + std::to_string(network->number) + ".0." + std::to_string(network->nextHost++) : wanted;
}

Status FakeMachine::start(const std::string& id) {
  ORBIT_TRY(FakeContainer * found, container(id));
  if (found->running()) return {};
  if (!found->spoilt.empty()) return engineError(500, found->spoilt);
  for (const auto& [name, attachment] : found->networks) {
    if (findNetwork(name) == nullptr) return engineError(404, "network " + name + " not found");
  }
  if (Status ports = publishPorts(*found); !ports.ok()) {
    found->detail.error = ports.error().message;
    return ports;
  }
  for (const auto& [name, attachment] : found->networks) giveAddress(*found, name);
  found->detail.summary.state = ContainerState::kRunning;
  found->detail.error.clear();
  found->detail.exitCode = 0;
  found->detail.startedUs = clock_.wallUs();
  found->detail.pid = 1000 + static_cast<int>(random_.below(30000));
  found->started = clock_.now();
  found->stoppedByHand = false;
  ++found->starts;
  std::int64_t at = clock_.wallUs();
  for (const auto& line : found->behaviour.log) found->log.push_back({false, at++, line, false});
  scheduleExit(*found);
  note("start " + found->detail.summary.name);
  containerEvent(*found, "start");
  return {};
}

void FakeMachine::scheduleExit(FakeContainer& container) {
  if (!container.behaviour.exitsAfter) return;
  hooks_.after(*container.behaviour.exitsAfter, [this, id = container.detail.summary.id, run = container.starts] {
    FakeContainer* still = find(id);
    if (still != nullptr && still->running() && still->starts == run) finish(*still, still->behaviour.exitCode, false);
  });
}

void FakeMachine::finish(FakeContainer& container, int exitCode, bool byHand) {
  container.stoppedByHand = byHand;
  if (!container.active()) return;
  container.detail.summary.state = ContainerState::kExited;
  container.detail.exitCode = exitCode;
  container.detail.finishedUs = clock_.wallUs();
  container.detail.pid = 0;
  container.detail.summary.ports.clear();
  for (auto& [network, address] : container.detail.summary.addresses) address.clear();
  containerEvent(container, "die", {{"exitCode", std::to_string(exitCode)}});
  if (byHand) {
    containerEvent(container, "stop");
    return;
  }
  const std::string& policy = container.spec.restartPolicy;
  const int most = container.spec.restartMaxRetries;
  const bool again = policy == "always" || policy == "unless-stopped" ||
                     (policy == "on-failure" && exitCode != 0 && (most == 0 || container.detail.restartCount < most));
  if (again) restartLater(container);
}

void FakeMachine::restartLater(FakeContainer& container) {
  container.detail.summary.state = ContainerState::kRestarting;
  const int doublings = std::min(container.detail.restartCount++, 9);
  hooks_.after(Duration(100ms) * (1 << doublings), [this, id = container.detail.summary.id, run = container.starts] {
    FakeContainer* still = find(id);
    if (still == nullptr || still->starts != run) return;
    if (still->detail.summary.state == ContainerState::kRestarting && !start(id).ok()) finish(*still, 128, true);
  });
}

bool FakeMachine::healthTestPasses(const FakeContainer& container) const {
  return container.running() && clock_.now() - container.started >= container.behaviour.healthyAfter;
}

bool FakeMachine::accepts(const FakeContainer& container, int port) const {
  const auto& ports = container.behaviour.ports;
  return container.running() && !container.behaviour.localhostOnly &&
         clock_.now() - container.started >= container.behaviour.listensAfter &&
         std::find(ports.begin(), ports.end(), port) != ports.end();
}

FakeContainer* FakeMachine::atAddress(const std::string& address) {
  for (const auto& container : containers_) {
    for (const auto& [network, own] : container->detail.summary.addresses) {
      if (!own.empty() && own == address) return container.get();
    }
  }
  return nullptr;
}

Status FakeMachine::rename(const std::string& id, const std::string& name) {
  ORBIT_TRY(FakeContainer * found, container(id));
  if (find(name) != nullptr) {
    return engineError(409, "Conflict. The container name \"/" + name + "\" is already in use by container");
  }
  note("rename " + found->detail.summary.name + " " + name);
  found->detail.summary.name = name;
  containerEvent(*found, "rename");
  return {};
}

Status FakeMachine::remove(const std::string& id, bool force, bool withVolumes) {
  FakeContainer* found = find(id);
  if (found == nullptr) return {};
  if (found->active() && !force) {
    return engineError(409, "You cannot remove a running container " + id +
                                ". Stop the container before attempting "
                                "removal or force remove");
  }
  if (found->active()) finish(*found, 137, true);
  note("remove " + found->detail.summary.name);
  if (withVolumes) {
    for (const auto& point : found->detail.mounts) {
      const auto named = [&](const model::Mount& mount) { return mount.source == point.name; };
      const auto& mounts = found->spec.mounts;
      if (point.type == "volume" && std::none_of(mounts.begin(), mounts.end(), named)) volumes_.erase(point.name);
    }
  }
  const auto gone = std::find_if(containers_.begin(), containers_.end(), [&](auto& c) { return c.get() == found; });
  const std::unique_ptr<FakeContainer> kept = std::move(*gone);
  containers_.erase(gone);
  containerEvent(*kept, "destroy");
  return {};
}

Status FakeMachine::putArchive(const std::string& id, const std::string& path) {
  ORBIT_TRY(FakeContainer * found, container(id));
  note("put " + path + " into " + found->detail.summary.name);
  return {};
}

}  // namespace orbit::engine
