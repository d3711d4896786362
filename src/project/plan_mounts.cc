// `volumes`, `tmpfs` and `volumes_from` of a service, and the top-level `volumes`.
#include <set>

#include "format/quantity.h"
#include "project/plan.h"

namespace orbit::project {
namespace {

using model::Mount;

void planBind(const Fields& fields, Mount& mount) {
  const Fields bind = fields.in("bind");
  mount.type = Mount::Type::kBind;
  mount.bindPropagation = bind.word("propagation", {"private", "rprivate", "shared", "rshared", "slave", "rslave"});
  mount.bindCreateHostPath = bind.flag("create_host_path").value_or(true);
  mount.selinux = bind.word("selinux", {"z", "Z"});
  if (mount.source.empty()) {
    fields.findings().problem(fields.node()->at, fields.path() + " is a bind mount without `source`",
                              "say which path of the host it is: `source: ./data`");
  }
}

void planNamed(Planning& planning, const Fields& fields, Mount& mount) {
  const Fields volume = fields.in("volume");
  mount.type = Mount::Type::kVolume;
  mount.volumeNoCopy = volume.isSet("nocopy");
  mount.volumeSubpath = volume.text("subpath");
  if (mount.source.empty()) return;
  checkReference(planning, "volumes", mount.source, fields.at("source"), fields.path());
}

void planMount(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  Mount mount;
  mount.source = fields.text("source");
  mount.target = fields.text("target");
  mount.readOnly = fields.isSet("read_only");
  if (mount.target.empty()) {
    fields.findings().problem(fields.node()->at, fields.path() + " has no `target`",
                              "say where in the container it goes: `target: /data`");
    return;
  }
  if (!startsWith(mount.target, "/")) {
    fields.problem("target", "`" + mount.target + "` is no absolute path", "a path in the container starts with /");
    return;
  }
  const std::string type =
      fields.text("type", mount.source.empty() || !startsWith(mount.source, "/") ? "volume" : "bind");
  if (type == "bind") {
    planBind(fields, mount);
  } else if (type == "volume") {
    planNamed(planning, fields, mount);
  } else if (type == "tmpfs") {
    const Fields tmpfs = fields.in("tmpfs");
    mount.type = Mount::Type::kTmpfs;
    mount.tmpfsBytes = tmpfs.bytes("size").value_or(0);
    mount.tmpfsMode = tmpfs.mode("mode").value_or(0);
  } else if (type == "npipe" || type == "cluster" || type == "image") {
    fields.findings().warn(fields.at("type"),
                           fields.path() + ": a mount of type `" + type + "` is not done yet and left out",
                           "use a bind mount or a volume");
    return;
  } else {
    fields.word("type", {"bind", "volume", "tmpfs"});
    return;
  }
  container.mounts.push_back(std::move(mount));
}

// "/run:size=64m,mode=1777": what the engine's mount takes is taken, the rest named.
void planTmpfs(const Fields& fields, const format::Node& item, model::ContainerSpec& container) {
  Mount mount;
  mount.type = Mount::Type::kTmpfs;
  const auto colon = item.text.find(':');
  mount.target = item.text.substr(0, colon);
  if (!startsWith(mount.target, "/")) {
    fields.findings().problem(item, fields.pathOf("tmpfs") + ": `" + mount.target + "` is no absolute path",
                              "a path in the container starts with /, for example /run");
    return;
  }
  const std::string options = colon == std::string::npos ? "" : item.text.substr(colon + 1);
  for (const auto option : split(options, ',')) {
    const auto equals = option.find('=');
    const std::string_view key = option.substr(0, equals);
    const std::string value(equals == std::string_view::npos ? "" : option.substr(equals + 1));
    auto size = format::parseBytes(value);
    const auto mode = wholeNumber("0o" + value);
    if (key == "size" && size.ok()) {
      mount.tmpfsBytes = *size;
    } else if (key == "mode" && mode && *mode >= 0 && *mode <= 07777) {
      mount.tmpfsMode = static_cast<std::uint32_t>(*mode);
    } else if (key == "ro") {
      mount.readOnly = true;
    } else if (!key.empty() && key != "rw" && key != "noexec" && key != "nosuid" && key != "nodev") {
      fields.findings().warn(item.at,
                             fields.pathOf("tmpfs") + ": the option `" + std::string(option) + "` is not done yet",
                             "size and mode are; the mount is made without it");
    }
  }
  container.mounts.push_back(std::move(mount));
}

void planVolumesFrom(const Fields& fields, model::Service& service) {
  for (const auto& item : fields.items("volumes_from")) {
    const auto parts = split(item.text, ':');
    const bool container = parts.front() == "container";
    const std::size_t names = container ? 2 : 1;
    const bool access = parts.size() == names + 1 && (parts.back() == "ro" || parts.back() == "rw");
    if (parts.size() < names || (parts.size() > names && !access)) {
      fields.findings().problem(
          item, fields.pathOf("volumes_from") + ": `" + item.text + "` is neither a service nor a container",
          "write SERVICE, SERVICE:ro or container:NAME");
      continue;
    }
    service.volumesFrom.push_back(item.text);
  }
}

// Two mounts on one path: the engine would refuse it halfway through `up`.
void checkTargets(const Fields& fields, const model::ContainerSpec& container) {
  std::set<std::string> targets;
  for (const auto& mount : container.mounts) {
    if (targets.insert(mount.target).second) continue;
    fields.findings().problem(fields.at(fields.has("volumes") ? "volumes" : "tmpfs"),
                              fields.path() + " mounts two things on " + mount.target, "keep one of them");
  }
}

}  // namespace

void planMounts(Planning& planning, const Fields& fields, model::Service& service) {
  const auto& items = fields.items("volumes");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fields one(&items[i], fields.pathOf("volumes") + "[" + std::to_string(i) + "]", fields.findings());
    planMount(planning, one, service.container);
  }
  for (const auto& item : fields.items("tmpfs")) planTmpfs(fields, item, service.container);
  checkTargets(fields, service.container);
  planVolumesFrom(fields, service);
}

void planVolumes(Planning& planning, model::Plan& plan) {
  const auto used = [&](const std::string& key) {
    for (const auto& service : plan.services) {
      for (const auto& mount : service.container.mounts) {
        if (mount.type == Mount::Type::kVolume && mount.source == key) return true;
      }
    }
    return false;
  };
  const format::Node* section = planning.merged.root.find("volumes");
  if (section == nullptr) return;
  for (const auto& entry : section->entries) {
    if (!used(entry.key)) continue;
    const Fields fields(&entry.value, "volumes." + entry.key, planning.findings);
    model::Volume volume;
    volume.key = entry.key;
    volume.external = fields.isSet("external");
    volume.name = fields.text("name", volume.external ? entry.key : plan.project + "_" + entry.key);
    volume.driver = fields.text("driver");
    volume.driverOptions = fields.map("driver_opts");
    volume.labels = fields.map("labels");
    volume.at = entry.keyAt;
    if (volume.external && (!volume.driver.empty() || !volume.driverOptions.empty() || !volume.labels.empty())) {
      planning.findings.problem(entry.keyAt, fields.path() + " is external and says how to make it",
                                "an external volume exists already: keep `external` and `name` only");
    }
    plan.volumes.push_back(std::move(volume));
  }
}

}  // namespace orbit::project
