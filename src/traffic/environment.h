// From what one environment serves to its rows of the edge's table: services, and the listeners of its own. Private to
// traffic. Thread rules: pure.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "model/live.h"
#include "model/route_table.h"

namespace orbit::traffic {

// What an environment's service is in the table. The HTTP one has the service's plain name (model/live.h); there is one
// where something speaks HTTP, or where a route must lead somewhere. Each other port is a TCP service of its own.
struct ServiceRows {
  std::vector<model::TableService> services;
  std::vector<model::TableListener> listeners;  // at the virtual address, and on the host where it is exposed
  bool http = false;
};
// `pinKey`: for the pins of releases that stand side by side; "": none.
ServiceRows rowsOf(const model::LiveEnvironment& environment, const model::LiveService& service,
                   const std::string& pinKey);

// Ports at which a service's HTTP answers at its virtual address: of all its releases, so that a dependant that was
// started with the old number reaches the new release, and the other way round.
std::set<int> httpPorts(const model::LiveService& service);

// Listeners that traffic asks hold for, besides those for the world: by their names.
bool isOwnListener(std::string_view name);

}  // namespace orbit::traffic
