// `networks` and `network_mode` of a service, `links`, and the top-level `networks`.
#include <algorithm>

#include "project/plan.h"

namespace orbit::project {
namespace {

constexpr std::string_view kDefaultNetwork = "default";

model::NetworkAttachment planAttachment(const Fields& fields, const std::string& network) {
  model::NetworkAttachment attachment;
  attachment.network = network;
  attachment.aliases = fields.strings("aliases");
  attachment.ipv4Address = fields.text("ipv4_address");
  attachment.ipv6Address = fields.text("ipv6_address");
  attachment.linkLocalIps = fields.strings("link_local_ips");
  attachment.macAddress = fields.text("mac_address");
  attachment.driverOptions = fields.map("driver_opts");
  attachment.priority = static_cast<int>(fields.integer("priority", -1'000'000, 1'000'000).value_or(0));
  if (!attachment.ipv4Address.empty() && attachment.ipv4Address.find(':') != std::string::npos) {
    fields.problem("ipv4_address", "`" + attachment.ipv4Address + "` is no IPv4 address", "for example 172.16.238.10");
  }
  if (!attachment.ipv6Address.empty() && attachment.ipv6Address.find(':') == std::string::npos) {
    fields.problem("ipv6_address", "`" + attachment.ipv6Address + "` is no IPv6 address", "for example 2001:db8::10");
  }
  return attachment;
}

void planNetworkMode(const Fields& fields, model::ContainerSpec& container) {
  container.networkMode = fields.text("network_mode");
  const std::string& mode = container.networkMode;
  if (mode.empty()) return;
  const bool shared = startsWith(mode, "service:") || startsWith(mode, "container:");
  if (fields.has("networks")) {
    fields.problem("network_mode", "a service has either `network_mode` or `networks`",
                   "take out one of them: network_mode `" + mode + "` leaves no room for networks");
  }
  if (!container.ports.empty() && (shared || mode == "none")) {
    fields.problem("ports", "ports cannot be published with `network_mode: " + mode + "`",
                   shared ? "publish them on the service or container whose network it uses"
                          : "take out `ports` or `network_mode`");
  } else if (!container.ports.empty() && mode == "host") {
    fields.findings().warn(fields.at("ports"), fields.path() + ": `ports` say nothing with `network_mode: host`",
                           "the container uses the host's ports as they are; take out `ports`");
  }
}

// The engine takes static addresses only in networks with a subnet of their own.
void checkAddress(Planning& planning, const Fields& fields, const model::NetworkAttachment& attachment) {
  if (attachment.ipv4Address.empty() && attachment.ipv6Address.empty()) return;
  const format::Node* section = planning.merged.root.find("networks");
  const format::Node* network = section == nullptr ? nullptr : section->find(attachment.network);
  const Fields named(network, "networks." + attachment.network, planning.findings);
  if (named.isSet("external") || !named.in("ipam").items("config").empty()) return;
  const std::string key = attachment.ipv4Address.empty() ? "ipv6_address" : "ipv4_address";
  planning.findings.problem(fields.at(key),
                            fields.pathOf(key) + ": the network `" + attachment.network + "` has no subnet of its own",
                            "give it one: networks." + attachment.network + ".ipam.config: [{subnet: 172.28.0.0/16}]");
}

void planPools(const Fields& ipam, model::Network& network) {
  const auto& items = ipam.items("config");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fields fields(&items[i], ipam.pathOf("config") + "[" + std::to_string(i) + "]", ipam.findings());
    model::IpamPool pool;
    pool.subnet = fields.text("subnet");
    pool.gateway = fields.text("gateway");
    pool.ipRange = fields.text("ip_range");
    pool.auxAddresses = fields.map("aux_addresses");
    if (!pool.subnet.empty() && pool.subnet.find('/') == std::string::npos) {
      fields.problem("subnet", "`" + pool.subnet + "` has no prefix length", "for example 172.28.0.0/16");
    }
    network.pools.push_back(std::move(pool));
  }
}

model::Network planNetwork(const model::Plan& plan, const Fields& fields, const std::string& key) {
  model::Network network;
  network.key = key;
  network.external = fields.isSet("external");
  network.name = fields.text("name", network.external ? key : plan.project + "_" + key);
  network.driver = fields.text("driver");
  network.driverOptions = fields.map("driver_opts");
  network.labels = fields.map("labels");
  network.internal = fields.isSet("internal");
  network.attachable = fields.isSet("attachable");
  network.enableIpv4 = fields.flag("enable_ipv4");
  network.enableIpv6 = fields.flag("enable_ipv6");
  const Fields ipam = fields.in("ipam");
  network.ipamDriver = ipam.text("driver");
  network.ipamOptions = ipam.map("options");
  planPools(ipam, network);
  if (network.external && (!network.driver.empty() || fields.has("ipam") || fields.has("internal"))) {
    fields.findings().problem(fields.at("external"), fields.path() + " is external and says how to make it",
                              "an external network exists already: keep `external` and `name` only");
  }
  return network;
}

}  // namespace

void planAttachments(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  planNetworkMode(fields, container);
  if (!container.networkMode.empty()) return;
  const format::Node* networks = fields.find("networks");
  if (networks == nullptr || networks->entries.empty()) {
    container.networks.push_back(planAttachment(Fields(nullptr, "", planning.findings), std::string(kDefaultNetwork)));
    return;
  }
  for (const auto& entry : networks->entries) {
    const Fields one(&entry.value, fields.pathOf("networks") + "." + entry.key, planning.findings);
    if (entry.key != kDefaultNetwork &&
        !checkReference(planning, "networks", entry.key, entry.keyAt, fields.pathOf("networks"))) {
      continue;
    }
    container.networks.push_back(planAttachment(one, entry.key));
    checkAddress(planning, one, container.networks.back());
  }
  std::stable_sort(container.networks.begin(), container.networks.end(),
                   [](const auto& a, const auto& b) { return a.priority > b.priority; });
}

void planLinks(Planning& planning, model::Plan& plan) {
  const format::Node* services = planning.merged.root.find("services");
  for (const auto& service : plan.services) {
    const Fields fields(services->find(service.name), "services." + service.name, planning.findings);
    for (const auto& link : fields.strings("links")) {
      const auto colon = link.find(':');
      const auto target = std::find_if(plan.services.begin(), plan.services.end(),
                                       [&](const auto& other) { return other.name == link.substr(0, colon); });
      if (colon == std::string::npos || target == plan.services.end()) continue;
      const std::string alias = link.substr(colon + 1);
      for (auto& theirs : target->container.networks) {
        const bool common = std::any_of(service.container.networks.begin(), service.container.networks.end(),
                                        [&](const auto& ours) { return ours.network == theirs.network; });
        const bool known = std::find(theirs.aliases.begin(), theirs.aliases.end(), alias) != theirs.aliases.end();
        if (common && !known && alias != target->name) theirs.aliases.push_back(alias);
      }
    }
  }
}

void planNetworks(Planning& planning, model::Plan& plan) {
  const auto used = [&](const std::string& key) {
    for (const auto& service : plan.services) {
      for (const auto& attachment : service.container.networks) {
        if (attachment.network == key) return true;
      }
    }
    return false;
  };
  const format::Node* section = planning.merged.root.find("networks");
  if (section != nullptr) {
    for (const auto& entry : section->entries) {
      if (!used(entry.key)) continue;
      const Fields fields(&entry.value, "networks." + entry.key, planning.findings);
      plan.networks.push_back(planNetwork(plan, fields, entry.key));
      plan.networks.back().at = entry.keyAt;
    }
  }
  const std::string fallback(kDefaultNetwork);
  if (used(fallback) && (section == nullptr || section->find(fallback) == nullptr)) {
    plan.networks.push_back(planNetwork(plan, Fields(nullptr, "", planning.findings), fallback));
  }
}

}  // namespace orbit::project
