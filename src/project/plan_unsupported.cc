// What the specification allows and Orbit does not act on yet: named, never silently dropped. One line a key; a key
// that is done is taken out of the table.
#include <array>

#include "project/plan.h"

namespace orbit::project {
namespace {

struct Missing {
  std::string_view key;   // dots lead into mappings
  std::string_view what;  // what happens instead
};

constexpr std::array<Missing, 36> kServiceKeys = {{
    {"develop", "files are not watched; a bind mount shows changes at once"},
    {"models", "models are not run"},
    {"use_api_socket", "mount /var/run/docker.sock yourself"},
    {"credential_spec", "it is for Windows containers"},
    {"pre_start", "start it by hand (`orbit exec`) or from the entrypoint"},
    {"post_start", "run it by hand (`orbit exec`) or from the entrypoint"},
    {"pre_stop", "handle the stop signal in the program"},
    {"external_links", "join the other project's network instead: networks with `external: true`"},
    {"cpu_count", "use `cpus`"},
    {"cpu_percent", "use `cpus`"},
    {"pull_refresh_after", "use `pull_policy: always`, or `orbit pull` when you want a new one"},
    {"blkio_config.weight_device", "only `weight` is done"},
    {"blkio_config.device_read_bps", "only `weight` is done"},
    {"blkio_config.device_read_iops", "only `weight` is done"},
    {"blkio_config.device_write_bps", "only `weight` is done"},
    {"blkio_config.device_write_iops", "only `weight` is done"},
    {"deploy.update_config", "development replaces containers in place"},
    {"deploy.rollback_config", "development replaces containers in place"},
    {"deploy.endpoint_mode", "names resolve to every container of the service"},
    {"deploy.placement", "there is one machine"},
    {"deploy.restart_policy.delay", "the engine waits by its own rule (100 ms, doubling)"},
    {"deploy.restart_policy.window", "the engine decides by its own rule"},
    {"deploy.resources.reservations.cpus", "the engine cannot reserve processors; use limits"},
    {"deploy.resources.reservations.generic_resources", "use `devices`"},
    {"build.additional_contexts", "copy what is needed into the context"},
    {"build.secrets", "pass what the build needs as `args`, or run that step in the container"},
    {"build.ssh", "fetch what needs ssh before the build"},
    {"build.cache_to", "the engine keeps its own cache"},
    {"build.platforms", "the image is built for `platform`, or for this machine"},
    {"build.entitlements", "the build runs without them"},
    {"build.no_cache_filter", "use `no_cache`"},
    {"build.privileged", "the build runs without privileges"},
    {"build.isolation", "it is for Windows containers"},
    {"build.provenance", "no attestation is made"},
    {"build.sbom", "no attestation is made"},
    {"build.ulimits", "the engine's defaults hold during the build"},
}};

constexpr std::array<std::string_view, 2> kAttachmentKeys = {"interface_name", "gw_priority"};
constexpr std::array<std::string_view, 4> kFileObjectKeys = {"labels", "driver", "driver_opts", "template_driver"};

void warnAbout(const Fields& fields, std::string_view key, std::string_view what) {
  const auto dot = key.find('.');
  if (dot != std::string_view::npos) {
    const Fields inner = fields.in(key.substr(0, dot));
    if (inner.node() != nullptr) warnAbout(inner, key.substr(dot + 1), what);
    return;
  }
  if (!fields.has(key)) return;
  fields.findings().warn(fields.at(key), fields.pathOf(key) + " is not done yet", std::string(what));
}

void warnMounts(const Fields& fields) {
  const auto& items = fields.items("volumes");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fields one(&items[i], fields.pathOf("volumes") + "[" + std::to_string(i) + "]", fields.findings());
    warnAbout(one, "bind.recursive", "the engine's default holds");
    warnAbout(one, "volume.labels", "label the volume under the top-level `volumes:`");
  }
}

}  // namespace

void warnUnsupportedService(const Fields& fields) {
  for (const auto& missing : kServiceKeys) warnAbout(fields, missing.key, missing.what);
  warnMounts(fields);
  const std::string pull = fields.text("pull_policy");
  if (pull == "daily" || pull == "weekly" || startsWith(pull, "every_")) {
    fields.findings().warn(fields.at("pull_policy"), fields.pathOf("pull_policy") + ": `" + pull + "` is not done yet",
                           "the image is pulled when it is missing; `orbit pull` fetches a new one");
  }
  if (fields.has("attach") && !fields.isSet("attach")) {
    fields.findings().warn(fields.at("attach"), fields.pathOf("attach") + ": `false` is not done yet",
                           "leave its logs out with `orbit up --no-attach`");
  }
  if (fields.in("deploy").text("mode") == "global") {
    fields.findings().warn(fields.in("deploy").at("mode"),
                           fields.pathOf("deploy.mode") + ": `global` is one container on one machine",
                           "use `replicas` for more");
  }
  const format::Node* networks = fields.find("networks");
  if (networks == nullptr) return;
  for (const auto& entry : networks->entries) {
    const Fields one(&entry.value, fields.pathOf("networks") + "." + entry.key, fields.findings());
    for (const auto key : kAttachmentKeys) warnAbout(one, key, "the engine chooses");
  }
}

void warnUnsupported(const Fields& root) {
  if (root.has("models")) root.findings().warn(root.at("models"), "models are not done yet", "models are not run");
  for (const auto section : {"configs", "secrets"}) {
    const format::Node* all = root.find(section);
    if (all == nullptr) continue;
    for (const auto& entry : all->entries) {
      const Fields one(&entry.value, std::string(section) + "." + entry.key, root.findings());
      for (const auto key : kFileObjectKeys) warnAbout(one, key, "the file is mounted as it is");
    }
  }
}

}  // namespace orbit::project
