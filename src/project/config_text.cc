// The normal form of a plan: `orbit config`.
#include "project/config_text.h"

#include <algorithm>

#include "format/yaml.h"
#include "project/project.h"

namespace orbit::project {
namespace {

using format::Node;

Node fileObjectNode(const model::FileObject& object, bool secret) {
  using From = model::FileObject::From;
  Writer writer(Part::kWhole);
  switch (object.from) {
    case From::kFile:
      writer.text("file", object.path);
      break;
    case From::kEnvironment:
      writer.text("environment", object.variable);
      break;
    case From::kContent:
      writer.text("content", secret ? "" : object.content);
      break;
    case From::kExternal:
      writer.flag("external", true);
      writer.text("name", object.name);
      break;
  }
  return writer.take();
}

Node fileObjects(const std::vector<model::FileObject>& objects, bool secret) {
  Writer all(Part::kWhole);
  for (const auto& object : objects) all.node(object.key, fileObjectNode(object, secret));
  return all.take();
}

// A section whose entries may be empty mappings.
template <class T, class F>
Node section(const std::vector<T>& all, F&& nodeOf) {
  Node out = Node::mapping();
  for (const auto& one : all) out.set(one.key, nodeOf(one));
  std::sort(out.entries.begin(), out.entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return out;
}

}  // namespace

Node networkNode(const model::Network& network) {
  Writer writer(Part::kWhole);
  writer.text("name", network.name);
  writer.flag("external", network.external);
  writer.text("driver", network.driver);
  writer.map("driver_opts", network.driverOptions);
  writer.map("labels", network.labels);
  writer.flag("internal", network.internal);
  writer.flag("attachable", network.attachable);
  writer.choice("enable_ipv4", network.enableIpv4);
  writer.choice("enable_ipv6", network.enableIpv6);
  Writer ipam(Part::kWhole);
  ipam.text("driver", network.ipamDriver);
  ipam.map("options", network.ipamOptions);
  Node pools = Node::sequence();
  for (const auto& pool : network.pools) {
    Writer one(Part::kWhole);
    one.text("subnet", pool.subnet);
    one.text("gateway", pool.gateway);
    one.text("ip_range", pool.ipRange);
    one.map("aux_addresses", pool.auxAddresses);
    pools.items.push_back(one.take());
  }
  ipam.node("config", std::move(pools));
  writer.node("ipam", ipam.take());
  return writer.take();
}

Node volumeNode(const model::Volume& volume) {
  Writer writer(Part::kWhole);
  writer.text("name", volume.name);
  writer.flag("external", volume.external);
  writer.text("driver", volume.driver);
  writer.map("driver_opts", volume.driverOptions);
  writer.map("labels", volume.labels);
  return writer.take();
}

Node buildNode(const model::Build& build) {
  Writer writer(Part::kWhole);
  writer.text("context", build.context);
  writer.text("dockerfile", build.dockerfile);
  writer.text("dockerfile_inline", build.dockerfileInline);
  writer.map("args", build.args);
  writer.map("labels", build.labels);
  writer.map("additional_contexts", build.additionalContexts);
  writer.text("target", build.target);
  writer.text("network", build.network);
  writer.text("isolation", build.isolation);
  writer.list("platforms", build.platforms);
  writer.list("tags", build.tags);
  writer.list("cache_from", build.cacheFrom);
  writer.list("cache_to", build.cacheTo);
  writer.list("extra_hosts", build.extraHosts);
  writer.list("ssh", build.ssh);
  writer.list("entitlements", build.entitlements);
  writer.number("shm_size", build.shmBytes);
  writer.flag("no_cache", build.noCache);
  writer.flag("pull", build.pull);
  writer.flag("privileged", build.privileged);
  Node secrets = Node::sequence();
  for (const auto& secret : build.secrets) {
    Writer one(Part::kWhole);
    one.text("source", secret);
    secrets.items.push_back(one.take());
  }
  writer.node("secrets", std::move(secrets));
  return writer.take();
}

std::string composeText(const model::Plan& plan) {
  Node root = Node::mapping();
  root.set("name", Node::string(plan.project));
  Writer services(Part::kWhole);
  for (const auto& service : plan.services) services.node(service.name, serviceNode(service, Part::kWhole));
  root.set("services", services.take());
  if (!plan.networks.empty()) root.set("networks", section(plan.networks, networkNode));
  if (!plan.volumes.empty()) root.set("volumes", section(plan.volumes, volumeNode));
  if (!plan.configs.empty()) root.set("configs", fileObjects(plan.configs, false));
  if (!plan.secrets.empty()) root.set("secrets", fileObjects(plan.secrets, true));
  if (!plan.domains.empty()) {
    Writer domains(Part::kWhole), orbit(Part::kWhole);
    for (const auto& domain : plan.domains) domains.text(domain.host, domain.service);
    orbit.node("domains", domains.take());
    root.set("x-orbit", orbit.take());
  }
  return format::dumpYaml(root);
}

}  // namespace orbit::project
