#include "traffic/in_flight.h"

#include "base/base.h"
#include "format/json.h"

namespace orbit::traffic {

InFlight inFlightAt(const std::string& status, const std::string& service, const std::string& release) {
  InFlight found;
  const auto parsed = format::parseJson(status, "the edge's status");
  if (!parsed.ok()) return found;
  found.known = true;
  found.swapping = (*parsed)["swapping"].asBool(false);
  for (const auto& instance : (*parsed)["instances"].items()) {
    const std::string& name = instance["service"].asString();
    const bool ours = name == service || startsWith(name, service + ":");
    if (!ours || instance["release"].asString() != release) continue;
    const auto active = static_cast<std::uint64_t>(instance["active"].asInt());
    (name == service ? found.requests : found.connections) += active;
  }
  return found;
}

bool edgeDrains(const std::string& status) {
  for (const auto line : split(status, '\n')) {
    if (startsWith(line, "edge draining ")) return true;
  }
  return false;
}

}  // namespace orbit::traffic
