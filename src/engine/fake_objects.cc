// FakeMachine's images, networks and volumes.
#include "engine/engine_error.h"
#include "engine/fake_machine.h"

namespace orbit::engine {
namespace {

using format::Json;

// The image's config as inspect shows it, from the detail's own fields.
Json imageConfig(const ImageDetail& image) {
  Json config = Json::object();
  config.set("Cmd", Json::strings(image.command));
  config.set("Entrypoint", image.entrypoint.empty() ? Json() : Json::strings(image.entrypoint));
  config.set("Env", Json::strings({"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}));
  for (const auto& [key, names] :
       {std::pair{"ExposedPorts", &image.exposedPorts}, std::pair{"Volumes", &image.volumes}}) {
    if (names->empty()) continue;
    Json members = Json::object();
    for (const auto& name : *names) members.set(name, Json::object());
    config.set(key, std::move(members));
  }
  if (image.healthCheck && !image.healthCheck->disabled) {
    config.set("Healthcheck", Json::object({{"Test", Json::strings(image.healthCheck->test)}}));
  }
  return config;
}

}  // namespace

void FakeMachine::addImage(const std::string& reference, ImageDetail detail) {
  const std::string name = normal(reference);
  if (detail.id.empty()) detail.id = "sha256:" + newId();
  if (detail.tags.empty()) detail.tags = {name};
  if (detail.config.isNull()) detail.config = imageConfig(detail);
  images_[name] = std::move(detail);
}

Result<ImageDetail> FakeMachine::inspectImage(const std::string& reference) const {
  if (const auto found = images_.find(normal(reference)); found != images_.end()) return found->second;
  for (const auto& [name, image] : images_) {
    if (image.id == reference || image.id == "sha256:" + reference) return image;
  }
  return engineError(404, "No such image: " + normal(reference));
}

Status FakeMachine::pull(const std::string& reference) {
  const std::string name = normal(reference);
  if (!registry_.contains(name)) {
    return engineError(404, "manifest for " + name + " not found: manifest unknown: manifest unknown");
  }
  if (diskFull_) return engineError(500, "failed to register layer: write /usr/bin/x: no space left on device");
  if (!images_.contains(name)) addImage(name, {});
  note("pull " + name);
  event("image", "pull", name, {{"name", name}});
  return {};
}

Result<std::string> FakeMachine::build(const BuildRequest& request) {
  if (diskFull_) return engineError(500, "write /app: no space left on device");
  const std::string name = normal(request.tag);
  if (!images_.contains(name)) addImage(name, {});
  for (const auto& more : request.tags) images_[normal(more)] = images_[name];
  note("build " + request.tag);
  event("image", "tag", images_[name].id, {{"name", name}});
  return images_[name].id;
}

Status FakeMachine::removeImage(const std::string& reference) {
  ORBIT_TRY(const ImageDetail image, inspectImage(reference));
  for (const auto& container : containers_) {
    if (container->detail.summary.imageId == image.id) {
      return engineError(409, "conflict: unable to remove repository reference \"" + reference +
                                  "\" (must force) - container " + container->detail.summary.id.substr(0, 12) +
                                  " is using its referenced image");
    }
  }
  std::erase_if(images_, [&](const auto& one) { return one.first == normal(reference) || image.id == reference; });
  note("remove image " + reference);
  event("image", "delete", image.id, {{"name", reference}});
  return {};
}

Status FakeMachine::tag(const std::string& reference, const std::string& tag) {
  ORBIT_TRY(ImageDetail image, inspectImage(reference));
  image.tags.push_back(normal(tag));
  images_[normal(tag)] = std::move(image);
  note("tag " + reference + " " + tag);
  return {};
}

FakeMachine::Network* FakeMachine::findNetwork(const std::string& idOrName) {
  return const_cast<Network*>(std::as_const(*this).findNetwork(idOrName));
}

const FakeMachine::Network* FakeMachine::findNetwork(const std::string& idOrName) const {
  for (const auto& network : networks_) {
    if (network.summary.name == idOrName || network.summary.id == idOrName) return &network;
  }
  return nullptr;
}

std::vector<NetworkSummary> FakeMachine::listNetworks(const Labels& labels) const {
  std::vector<NetworkSummary> all;
  for (const auto& network : networks_) {
    if (carries(network.summary.labels, labels)) all.push_back(network.summary);
  }
  return all;
}

Result<NetworkSummary> FakeMachine::inspectNetwork(const std::string& idOrName) const {
  const Network* network = findNetwork(idOrName);
  if (network == nullptr) return engineError(404, "network " + idOrName + " not found");
  NetworkSummary summary = network->summary;
  for (const auto& container : containers_) {
    if (container->running() && container->networks.contains(summary.name)) {
      summary.containers.push_back(container->detail.summary.id);
    }
  }
  return summary;
}

Result<std::string> FakeMachine::createNetwork(const model::Network& network) {
  if (findNetwork(network.name) != nullptr) {
    return engineError(409, "network with name " + network.name + " already exists");
  }
  const std::string driver = network.driver.empty() ? "bridge" : network.driver;
  networks_.push_back({{newId(), network.name, driver, network.labels, network.internal, {}}, nextNetwork_++, 2});
  note("create network " + network.name);
  event("network", "create", networks_.back().summary.id, {{"name", network.name}});
  return networks_.back().summary.id;
}

Status FakeMachine::removeNetwork(const std::string& idOrName) {
  ORBIT_TRY(const NetworkSummary network, inspectNetwork(idOrName));
  if (!network.containers.empty()) {
    return engineError(
        403, "error while removing network: network " + network.name + " id " + network.id + " has active endpoints");
  }
  std::erase_if(networks_, [&](const Network& one) { return one.summary.id == network.id; });
  note("remove network " + network.name);
  event("network", "destroy", network.id, {{"name", network.name}});
  return {};
}

Status FakeMachine::connect(const std::string& network, const std::string& id,
                            const model::NetworkAttachment& attachment) {
  ORBIT_TRY(const NetworkSummary summary, inspectNetwork(network));
  ORBIT_TRY(FakeContainer * found, container(id));
  if (found->networks.contains(summary.name)) {
    return engineError(
        403, "endpoint with name " + found->detail.summary.name + " already exists in network " + summary.name);
  }
  found->networks[summary.name] = attachment;
  found->detail.summary.addresses[summary.name];
  if (found->running()) giveAddress(*found, summary.name);
  note("connect " + summary.name + " " + found->detail.summary.name);
  event("network", "connect", summary.id, {{"name", summary.name}, {"container", found->detail.summary.id}});
  return {};
}

Status FakeMachine::disconnect(const std::string& network, const std::string& id) {
  ORBIT_TRY(const NetworkSummary summary, inspectNetwork(network));
  ORBIT_TRY(FakeContainer * found, container(id));
  if (found->networks.erase(summary.name) == 0) {
    return engineError(500, "container " + found->detail.summary.id + " is not connected to network " + summary.name);
  }
  found->detail.summary.addresses.erase(summary.name);
  note("disconnect " + summary.name + " " + found->detail.summary.name);
  event("network", "disconnect", summary.id, {{"name", summary.name}, {"container", found->detail.summary.id}});
  return {};
}

std::vector<VolumeSummary> FakeMachine::listVolumes(const Labels& labels) const {
  std::vector<VolumeSummary> all;
  for (const auto& [name, volume] : volumes_) {
    if (carries(volume.labels, labels)) all.push_back(volume);
  }
  return all;
}

Result<VolumeSummary> FakeMachine::inspectVolume(const std::string& name) const {
  const auto found = volumes_.find(name);
  if (found == volumes_.end()) return engineError(404, "get " + name + ": no such volume");
  return found->second;
}

Status FakeMachine::createVolume(const model::Volume& volume) {
  if (volumes_.contains(volume.name)) return {};
  const std::string driver = volume.driver.empty() ? "local" : volume.driver;
  volumes_[volume.name] = {volume.name, driver, volume.labels};
  note("create volume " + volume.name);
  event("volume", "create", volume.name, {{"driver", driver}});
  return {};
}

Status FakeMachine::removeVolume(const std::string& name) {
  ORBIT_TRY(const VolumeSummary volume, inspectVolume(name));
  for (const auto& container : containers_) {
    if (usesVolume(*container, name)) {
      return engineError(409, "remove " + name + ": volume is in use - [" + container->detail.summary.id + "]");
    }
  }
  volumes_.erase(name);
  note("remove volume " + name);
  event("volume", "destroy", name, {{"driver", volume.driver}});
  return {};
}

bool FakeMachine::usesVolume(const FakeContainer& container, const std::string& name) const {
  const auto& names = container.detail.summary.volumes;
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace orbit::engine
