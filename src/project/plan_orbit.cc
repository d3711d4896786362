// `x-orbit`: what the specification has no word for (decision 18).
#include "model/domain.h"
#include "project/plan.h"
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

constexpr int kPortMax = 65535;
constexpr const char* kPortLabel = "orbit.port";  // traffic reads it from the container
constexpr std::string_view kNotDone[] = {"external"};

void warnNotDone(const Fields& orbit) {
  if (orbit.node() == nullptr) return;
  for (const auto& entry : orbit.node()->entries) {
    if (std::find(std::begin(kNotDone), std::end(kNotDone), entry.key) == std::end(kNotDone)) continue;
    orbit.findings().warn(entry.keyAt, orbit.pathOf(entry.key) + " is not done yet", "it changes nothing for now");
  }
}

}  // namespace

void planOrbit(const Fields& fields, model::Service& service) {
  const Fields orbit = fields.in(kOrbitKey);
  warnNotDone(orbit);
  const auto port = orbit.integer("port", 1, kPortMax);
  if (port) service.container.labels[kPortLabel] = std::to_string(*port);
}

void planDomains(Planning& planning, model::Plan& plan) {
  const Fields root(&planning.merged.root, "the file", planning.findings);
  const Fields orbit(root.find(kOrbitKey), std::string(kOrbitKey), planning.findings);
  warnNotDone(orbit);
  const format::Node* domains = orbit.find("domains");
  if (domains == nullptr) return;
  for (const auto& entry : domains->entries) {
    const Location at = entry.keyAt.known() ? entry.keyAt : entry.value.at;
    const std::string where = "x-orbit.domains." + entry.key;
    const auto host = model::normalHost(entry.key);
    if (!host.ok()) {
      planning.findings.problem(at, where + ": " + host.error().message, host.error().hint);
      continue;
    }
    if (!checkReference(planning, "services", entry.value.text, entry.value.at, where)) continue;
    const auto same =
        std::find_if(plan.domains.begin(), plan.domains.end(), [&](const auto& other) { return other.host == *host; });
    if (same != plan.domains.end()) {
      planning.findings.problem(at, where + ": " + *host + " is given to `" + same->service + "` already",
                                "a host belongs to one service; keep one of the two");
      continue;
    }
    plan.domains.push_back({*host, entry.value.text, at});
  }
}

}  // namespace orbit::project
