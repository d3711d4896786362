// What is measured in Prometheus' text format 0.0.4 (exposition_formats.md): base units, counters that end in _total,
// labels of few values only: never a path, a client or a release. Private to daemon. Thread rules: pure functions.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "api/measurements.h"

namespace orbit::daemon {

struct Exposed {
  std::map<series::Key, series::Value> services;  // kRequests by project, environment, service; cumulative
  std::vector<api::ContainerNow> containers;
  api::HostNow host;
  std::uint64_t samplesDropped = 0;
  bool written = true;  // the series are on disk
};
std::string expositionText(const Exposed& exposed);

}  // namespace orbit::daemon
