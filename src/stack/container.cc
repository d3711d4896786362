#include "stack/container.h"

#include <charconv>

#include "stack/names.h"

namespace orbit::stack {
namespace {

using model::Mount;

bool hasTarget(const std::vector<Mount>& mounts, const std::string& target) {
  return std::any_of(mounts.begin(), mounts.end(), [&](const Mount& mount) { return mount.target == target; });
}

const model::FileObject* findObject(const std::vector<model::FileObject>& objects, const std::string& key) {
  for (const auto& object : objects) {
    if (object.key == key) return &object;
  }
  return nullptr;
}

// "service:db" → "container:<id of db's container>".
std::string sharedMode(const std::string& mode, const std::map<std::string, std::string>& partners) {
  constexpr std::string_view kService = "service:";
  if (!startsWith(mode, kService)) return mode;
  const auto found = partners.find(mode.substr(kService.size()));
  ORBIT_CHECK(found != partners.end());
  return "container:" + found->second;
}

void nameVolumes(const model::Plan& plan, std::vector<Mount>& mounts) {
  for (auto& mount : mounts) {
    if (mount.type != Mount::Type::kVolume || mount.source.empty()) continue;
    for (const auto& volume : plan.volumes) {
      if (volume.key == mount.source) {
        mount.source = volume.name;
        break;
      }
    }
  }
}

// What Compose does on recreate: an anonymous volume of the old container goes to the same place in the new one, where
// the file or the image still wants one there.
void inheritVolumes(const std::vector<engine::MountPoint>& old, const engine::ImageDetail* image,
                    std::vector<Mount>& mounts) {
  for (const auto& point : old) {
    if (point.type != "volume" || !isAnonymousVolume(point.name)) continue;
    const auto same = [&](const Mount& mount) { return mount.target == point.target; };
    const auto mount = std::find_if(mounts.begin(), mounts.end(), same);
    if (mount != mounts.end()) {
      if (mount->type == Mount::Type::kVolume && mount->source.empty()) mount->source = point.name;
      continue;
    }
    if (image == nullptr) continue;
    if (std::find(image->volumes.begin(), image->volumes.end(), point.target) == image->volumes.end()) continue;
    Mount carried;
    carried.source = point.name;
    carried.target = point.target;
    mounts.push_back(std::move(carried));
  }
}

void takeVolumesFrom(const model::Service& service, const ContainerInput& input, std::vector<Mount>& mounts) {
  for (const auto& from : service.volumesFrom) {
    const auto parts = split(from, ':');
    const bool foreign = parts[0] == "container" && parts.size() > 1;
    const auto found = input.partnerMounts.find(std::string(foreign ? parts[1] : parts[0]));
    if (found == input.partnerMounts.end()) continue;
    for (const auto& point : found->second) {
      if (point.type == "tmpfs" || hasTarget(mounts, point.target)) continue;
      Mount mount;
      mount.type = point.type == "bind" ? Mount::Type::kBind : Mount::Type::kVolume;
      mount.source = point.type == "bind" ? point.source : point.name;
      mount.target = point.target;
      mount.readOnly = parts.back() == "ro";
      mounts.push_back(std::move(mount));
    }
  }
}

Status grantFiles(const std::vector<model::FileObject>& objects, const std::vector<model::FileGrant>& grants,
                  const model::Service& service, const char* what, std::vector<Mount>& mounts) {
  for (const auto& grant : grants) {
    const model::FileObject* object = findObject(objects, grant.source);
    if (object == nullptr) continue;  // the plan has refused it
    if (object->from == model::FileObject::From::kExternal) {
      return Error{Code::kUnsupported,
                   std::string(what) + " " + grant.source + " of service " + service.name +
                       " is external, which only a Swarm cluster knows",
                   "give it a `file:` or `environment:`", object->at};
    }
    if (object->from != model::FileObject::From::kFile) {
      if (!service.container.readOnly) continue;
      return Error{Code::kInvalid,
                   std::string(what) + " " + grant.source +
                       " cannot be written into the read-only container of service " + service.name,
                   "give it as `file:`, or take out `read_only: true`", object->at};
    }
    if (hasTarget(mounts, grant.target)) continue;
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

void joinNetworks(const model::Plan& plan, const model::Service& service, const std::string& name,
                  std::vector<model::NetworkAttachment>& attachments) {
  for (auto& attachment : attachments) {
    for (const auto& network : plan.networks) {
      if (network.key == attachment.network) {
        attachment.network = network.name;
        break;
      }
    }
    std::vector<std::string> aliases{name, service.name};
    for (const auto& alias : attachment.aliases) {
      if (std::find(aliases.begin(), aliases.end(), alias) == aliases.end()) aliases.push_back(alias);
    }
    attachment.aliases = std::move(aliases);
  }
}

int numericId(const std::string& text) {
  int id = 0;
  std::from_chars(text.data(), text.data() + text.size(), id);
  return id;
}

void collect(const std::vector<model::FileObject>& objects, const std::vector<model::FileGrant>& grants,
             std::vector<GrantedFile>& files) {
  for (const auto& grant : grants) {
    const model::FileObject* object = findObject(objects, grant.source);
    if (object == nullptr) continue;
    if (object->from != model::FileObject::From::kContent && object->from != model::FileObject::From::kEnvironment) {
      continue;
    }
    files.push_back({grant.target, &object->content, grant.mode, numericId(grant.uid), numericId(grant.gid)});
  }
}

}  // namespace

Result<model::ContainerSpec> containerSpec(const model::Plan& plan, const model::Service& service,
                                           const ContainerInput& input) {
  model::ContainerSpec spec = service.container;
  spec.image = imageName(plan, service);
  spec.labels = containerLabels(plan, service, input.number, input.home, input.image == nullptr ? "" : input.image->id);
  for (auto* mode : {&spec.networkMode, &spec.ipcMode, &spec.pidMode}) *mode = sharedMode(*mode, input.partners);
  std::vector<std::string> shared;
  for (const auto& [partner, id] : input.partners) shared.push_back(id);
  if (!shared.empty()) spec.labels[kSharesLabel] = join(shared, ",");
  nameVolumes(plan, spec.mounts);
  inheritVolumes(input.inherit, input.image, spec.mounts);
  takeVolumesFrom(service, input, spec.mounts);
  ORBIT_TRY_STATUS(grantFiles(plan.configs, spec.configs, service, "config", spec.mounts));
  ORBIT_TRY_STATUS(grantFiles(plan.secrets, spec.secrets, service, "secret", spec.mounts));
  spec.configs.clear();
  spec.secrets.clear();
  if (spec.networkMode.empty()) {
    joinNetworks(plan, service, containerName(plan, service, input.number), spec.networks);
  } else {
    spec.networks.clear();
  }
  return spec;
}

std::vector<GrantedFile> grantedFiles(const model::Plan& plan, const model::Service& service) {
  std::vector<GrantedFile> files;
  collect(plan.configs, service.container.configs, files);
  collect(plan.secrets, service.container.secrets, files);
  return files;
}

}  // namespace orbit::stack
