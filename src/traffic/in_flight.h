// What is in flight at a release, as the edge and hold tell. Private to traffic. Thread rules: pure.
#pragma once
#include <cstdint>
#include <string>

namespace orbit::traffic {

struct InFlight {
  bool known = false;
  std::uint64_t requests = 0, connections = 0;  // connections: of TCP ports
  bool swapping = false;                        // a thread of the edge may still go by the table before
};
// From GET /v1/status. `service` is its name in the table; its TCP ports are services of their own, and count as well.
InFlight inFlightAt(const std::string& status, const std::string& service, const std::string& release);
// From hold's `status`: an older generation of the edge finishes what it has, and does not say at whom.
bool edgeDrains(const std::string& status);

}  // namespace orbit::traffic
