// What containers and the machine use, as alerting hears of it: numbers for own rules, disks that fill up, requests
// that could not be counted. Private to daemon. Thread rules: plain values.
#pragma once
#include <string>
#include <vector>

#include "alert/alert.h"
#include "api/measurements.h"

namespace orbit::daemon {

// Each service's containers summed up: "cpu_percent" (100 is one core), "memory_bytes".
void tellUse(const std::vector<api::ContainerNow>& containers, std::int64_t nowUs, alert::Alerts& alerts);
// A disk with little left, or full within a day by what it grew; of this machine.
void tellDisks(const std::vector<api::DiskNow>& disks, std::int64_t nowUs, alert::Alerts& alerts);
// What the edge could not count since the last call, so that numbers show less than there was; of this machine.
class DropWatch {
 public:
  void tell(std::uint64_t droppedEver, std::int64_t nowUs, alert::Alerts& alerts);

 private:
  std::uint64_t known_ = 0;
};

}  // namespace orbit::daemon
