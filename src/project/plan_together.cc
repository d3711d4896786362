// What only shows when services are looked at side by side: host ports, container names, waits that cannot end.
#include "project/plan.h"

namespace orbit::project {
namespace {

Location placeOf(const model::Service& service, const std::string& key) {
  const auto found = service.attributeAt.find(key);
  return found == service.attributeAt.end() ? service.at : found->second;
}

bool isFixed(const model::Port& port) {
  return !port.published.empty() && port.published.find('-') == std::string::npos;
}

bool sameAddress(const std::string& a, const std::string& b) {
  const auto any = [](const std::string& ip) { return ip.empty() || ip == "0.0.0.0" || ip == "::"; };
  return any(a) || any(b) || a == b;
}

void checkReplicaPorts(Planning& planning, const model::Service& service) {
  for (const auto& port : service.container.ports) {
    if (service.scale <= 1 || !isFixed(port)) continue;
    const std::string target = std::to_string(port.target);
    planning.findings.problem(
        placeOf(service, "ports"),
        "services." + service.name + ": " + std::to_string(service.scale) + " containers cannot all publish port " +
            port.published + " of the host",
        "publish a range of ports for " + target + ", or only \"" + target + "\" for any free one");
  }
}

void checkHostPorts(Planning& planning, const model::Plan& plan) {
  struct Holder {
    const model::Service* service;
    std::string address;
  };
  std::map<std::string, Holder> holders;  // by port and protocol: the first that publishes it
  for (const auto& service : plan.services) {
    checkReplicaPorts(planning, service);
    for (const auto& port : service.container.ports) {
      if (!isFixed(port)) continue;
      const auto [holder, fresh] = holders.emplace(port.published + "/" + port.protocol, Holder{&service, port.hostIp});
      const model::Service& other = *holder->second.service;
      if (fresh || other.name == service.name || !sameAddress(holder->second.address, port.hostIp)) continue;
      planning.findings.warn(placeOf(service, "ports"),
                             "services." + service.name + " and services." + other.name + " both publish port " +
                                 port.published + " of the host: only the first to start will get it",
                             "publish one of them on another port");
    }
  }
}

void checkContainerNames(Planning& planning, const model::Plan& plan) {
  std::map<std::string, std::string> holders;
  for (const auto& service : plan.services) {
    if (service.containerName.empty()) continue;
    const auto [holder, fresh] = holders.emplace(service.containerName, service.name);
    if (fresh) continue;
    planning.findings.problem(placeOf(service, "container_name"),
                              "services." + service.name + ": the container name `" + service.containerName +
                                  "` is taken by `" + holder->second + "`",
                              "give each service its own, or leave `container_name` out");
  }
}

// A service whose probe is switched off never becomes healthy.
void checkHealthWaits(Planning& planning, const model::Plan& plan) {
  for (const auto& service : plan.services) {
    for (const auto& dependency : service.dependsOn) {
      const auto* other = plan.find(dependency.service);
      if (other == nullptr || dependency.condition != model::Dependency::Condition::kHealthy) continue;
      if (!other->container.healthCheck || !other->container.healthCheck->disabled) continue;
      planning.findings.problem(
          dependency.at,
          "services." + service.name + " waits until `" + other->name + "` is healthy, but its healthcheck is disabled",
          "enable the healthcheck, or wait for `service_started`");
    }
  }
}

}  // namespace

void checkTogether(Planning& planning, const model::Plan& plan) {
  checkHostPorts(planning, plan);
  checkContainerNames(planning, plan);
  checkHealthWaits(planning, plan);
}

}  // namespace orbit::project
