#include "project/config_hash.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "format/yaml.h"
#include "project/config_text.h"

namespace orbit::project {
namespace {

std::string sha256(const std::string& text) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::array<char, crypto_hash_sha256_BYTES * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return hex.data();
}

template <class T>
const T* byKey(const std::vector<T>& all, const std::string& key) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.key == key; });
  return found == all.end() ? nullptr : &*found;
}

// What the names in a service stand for: another network under the same key is another container.
format::Node referents(const model::Plan& plan, const model::ContainerSpec& spec) {
  Writer writer(Part::kContainer);
  for (const auto& attachment : spec.networks) {
    if (const auto* network = byKey(plan.networks, attachment.network))
      writer.text("network " + network->key, network->name);
  }
  for (const auto& mount : spec.mounts) {
    if (mount.type != model::Mount::Type::kVolume) continue;
    if (const auto* volume = byKey(plan.volumes, mount.source)) writer.text("volume " + volume->key, volume->name);
  }
  const auto add = [&](const std::vector<model::FileGrant>& grants, const std::vector<model::FileObject>& objects,
                       const std::string& kind) {
    for (const auto& grant : grants) {
      const auto* object = byKey(objects, grant.source);
      if (object != nullptr)
        writer.text(kind + object->key, sha256(object->path + "\n" + object->name + "\n" + object->content));
    }
  };
  add(spec.configs, plan.configs, "config ");
  add(spec.secrets, plan.secrets, "secret ");
  return writer.take();
}

bool holds(const format::Node& node, const std::string& text) {
  if (node.isScalar()) return node.text.find(text) != std::string::npos;
  return std::any_of(node.items.begin(), node.items.end(), [&](const auto& item) { return holds(item, text); }) ||
         std::any_of(node.entries.begin(), node.entries.end(),
                     [&](const auto& entry) { return holds(entry.value, text); });
}

}  // namespace

void addConfigHashes(model::Plan& plan) {
  for (auto& service : plan.services) {
    service.configHash = sha256(format::dumpYaml(serviceNode(service, Part::kContainer)) + "---\n" +
                                format::dumpYaml(referents(plan, service.container)));
  }
}

void addDeployHashes(model::Deployment& deployment, const Production& production) {
  model::Plan plan;
  plan.volumes = deployment.volumes;
  plan.configs = deployment.configs;
  plan.secrets = deployment.secrets;
  for (auto& one : deployment.services) {
    model::Service service = one.service;
    service.container.image.clear();
    Writer given(Part::kContainer);
    given.number("port", one.port);
    given.flag("direct", one.direct);
    const format::Node node = serviceNode(service, Part::kContainer);
    std::string secrets;
    for (const auto& variable : production.variables) {
      if (!variable.secret) continue;
      if (variable.value.empty() || !holds(node, variable.value)) continue;
      secrets += variable.service + "/" + variable.name + "@" + std::to_string(variable.version) + "\n";
    }
    given.text("secrets", secrets);
    one.hash = sha256(format::dumpYaml(node) + "---\n" + format::dumpYaml(referents(plan, service.container)) +
                      "---\n" + format::dumpYaml(given.take()));
  }
}

}  // namespace orbit::project
