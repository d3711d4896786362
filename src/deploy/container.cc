#include "deploy/container.h"

#include <charconv>

#include "deploy/limits.h"
#include "model/secret_mark.h"

namespace orbit::deploy {
namespace {

using model::FileObject;
using model::Mount;

constexpr const char* kRailwayDomain = ".railway.internal";  // what moved here from Railway goes on dialling

Status fillText(const InstanceInput& input, std::string& text, const std::string& what) {
  auto filled = model::fillSecrets(text, input.secret);
  if (!filled.ok()) {
    return std::move(filled).error().within(what + " of service " + input.service.service.name);
  }
  text = std::move(*filled);
  return {};
}

Status fillIn(const InstanceInput& input, model::ContainerSpec& spec) {
  for (auto& [name, value] : spec.environment) {
    if (!value) continue;
    ORBIT_TRY_STATUS(fillText(input, *value, name));
  }
  for (auto& [name, value] : spec.labels) {
    ORBIT_TRY_STATUS(fillText(input, value, name));
  }
  if (spec.healthCheck) {
    for (auto& word : spec.healthCheck->test) {
      ORBIT_TRY_STATUS(fillText(input, word, "the healthcheck"));
    }
  }
  for (auto* words : {&spec.command, &spec.entrypoint}) {
    if (!*words) continue;
    for (auto& word : **words) {
      ORBIT_TRY_STATUS(fillText(input, word, "the command"));
    }
  }
  return {};
}

void tellItsName(const InstanceInput& input, model::ContainerSpec& spec) {
  const std::string release = releaseId(input.group.number);
  const std::string instance = std::to_string(input.number);
  for (const auto& [name, value] : {std::pair{"ORBIT_RELEASE", release},
                                    {"ORBIT_INSTANCE", instance},
                                    {"RAILWAY_DEPLOYMENT_ID", release},
                                    {"RAILWAY_REPLICA_ID", instance}}) {
    spec.environment.try_emplace(name, value);
  }
  for (const auto& [name, value] : input.service.perRelease) spec.environment.try_emplace(name, value);
}

void nameVolumes(const InstanceInput& input, std::vector<Mount>& mounts) {
  for (auto& mount : mounts) {
    if (mount.type != Mount::Type::kVolume || mount.source.empty()) continue;
    for (const auto& volume : input.plan.volumes) {
      if (volume.key == mount.source) {
        mount.source = volume.name;
        break;
      }
    }
  }
}

const FileObject* findObject(const std::vector<FileObject>& objects, const std::string& key) {
  const auto found = std::find_if(objects.begin(), objects.end(), [&](const auto& one) { return one.key == key; });
  return found == objects.end() ? nullptr : &*found;
}

int numericId(const std::string& text) {
  int id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

void joinNetwork(const InstanceInput& input, model::ContainerSpec& spec) {
  spec.networks.clear();
  if (!spec.networkMode.empty()) return;
  model::NetworkAttachment attachment;
  attachment.network = networkName(input.state.key);
  attachment.ipv4Address = input.address;
  // A name that the engine's DNS answers leads to every instance, also those that are not through their gate; so
  // only services without a virtual address have one.
  const bool byDns = input.service.direct || !input.virtualAddresses;
  if (byDns && input.number != 0) attachment.aliases = namesOf(input.service);
  spec.networks.push_back(std::move(attachment));
  if (!input.virtualAddresses) return;
  for (const auto& other : input.plan.services) {
    const auto address = input.state.addresses.find(other.service.name);
    if (other.direct || address == input.state.addresses.end()) continue;
    for (const auto& name : namesOf(other)) spec.extraHosts.push_back(name + ":" + address->second);
  }
}

void limitLog(model::ContainerSpec& spec) {
  if (!spec.logDriver.empty()) return;
  spec.logDriver = "json-file";
  spec.logOptions = {{"max-size", kLogMax}, {"max-file", kLogFiles}};
}

Status addFileMounts(const std::vector<FileObject>& objects, const std::vector<model::FileGrant>& grants,
                     const InstanceInput& input, std::vector<Mount>& mounts) {
  for (const auto& grant : grants) {
    const FileObject* object = findObject(objects, grant.source);
    if (object == nullptr) continue;  // the plan has refused it
    if (object->from == FileObject::From::kExternal) {
      return Error{.code = Code::kUnsupported,
                   .message = grant.source + " of service " + input.service.service.name +
                              " is external, which only a Swarm cluster knows",
                   .hint = "give it a `file:` or `environment:`",
                   .at = object->at};
    }
    if (object->from != FileObject::From::kFile) continue;
    Mount mount;
    mount.type = Mount::Type::kBind;
    mount.source = object->path;
    mount.target = grant.target;
    mount.readOnly = true;
    mount.bindCreateHostPath = false;
    mounts.push_back(std::move(mount));
  }
  return {};
}

}  // namespace

std::vector<std::string> namesOf(const model::DeployService& service) {
  const std::string& name = service.service.name;
  std::vector<std::string> names{name, name + kRailwayDomain};
  for (const auto& attachment : service.service.container.networks) {
    for (const auto& alias : attachment.aliases) {
      if (std::find(names.begin(), names.end(), alias) == names.end()) names.push_back(alias);
    }
  }
  return names;
}

Result<model::ContainerSpec> containerSpec(const InstanceInput& input) {
  model::ContainerSpec spec = input.service.service.container;
  const auto released = input.group.services.find(input.service.service.name);
  ORBIT_CHECK(released != input.group.services.end());
  spec.image = released->second.imageId;
  spec.ports.clear();
  for (const auto& [name, value] : environmentLabels(input.state.key, input.home)) spec.labels[name] = value;
  spec.labels[kServiceLabel] = input.service.service.name;
  spec.labels[kReleaseLabel] = releaseId(input.group.number);
  if (input.number != 0) spec.labels[kInstanceLabel] = std::to_string(input.number);
  if (!input.address.empty()) spec.labels[kAddressLabel] = input.address;
  if (input.number == 0) {  // a task: no volumes, and it ends
    std::erase_if(spec.mounts, [](const Mount& mount) { return mount.type != Mount::Type::kTmpfs; });
    spec.restartPolicy = "no";
    spec.healthCheck.reset();
  }
  tellItsName(input, spec);
  ORBIT_TRY_STATUS(fillIn(input, spec));
  nameVolumes(input, spec.mounts);
  ORBIT_TRY_STATUS(addFileMounts(input.plan.configs, spec.configs, input, spec.mounts));
  ORBIT_TRY_STATUS(addFileMounts(input.plan.secrets, spec.secrets, input, spec.mounts));
  spec.configs.clear();
  spec.secrets.clear();
  joinNetwork(input, spec);
  limitLog(spec);
  return spec;
}

Result<std::vector<GivenFile>> givenFiles(const InstanceInput& input) {
  std::vector<GivenFile> files;
  const model::ContainerSpec& container = input.service.service.container;
  for (const auto& [objects, grants] :
       {std::pair{&input.plan.configs, &container.configs}, {&input.plan.secrets, &container.secrets}}) {
    for (const auto& grant : *grants) {
      const FileObject* object = findObject(*objects, grant.source);
      const bool text = object != nullptr &&
                        (object->from == FileObject::From::kContent || object->from == FileObject::From::kEnvironment);
      if (!text) continue;
      std::string content = object->content;
      ORBIT_TRY_STATUS(fillText(input, content, grant.source));
      files.push_back({grant.target, std::move(content), grant.mode, numericId(grant.uid), numericId(grant.gid)});
    }
  }
  return files;
}

}  // namespace orbit::deploy
