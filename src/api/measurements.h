// What was measured, as api asks for it; the daemon's meter answers. Part of api's door. Thread rules: the thread of
// the Loop.
#pragma once
#include <string>
#include <vector>

#include "net/net.h"
#include "series/series.h"

namespace orbit::api {

// What a container uses now; rates are those of the last look.
struct ContainerNow {
  std::string project, environment, service, release, name;
  double cores = 0;  // of processor time
  std::uint64_t memoryBytes = 0, memoryLimitBytes = 0;
  double receivedPerSecond = 0, sentPerSecond = 0, readPerSecond = 0, writtenPerSecond = 0;
  double throttled = 0;  // share of the periods in which its quota was used up
  std::uint64_t oomKills = 0, restarts = 0;
  double cpuSeconds = 0;                           // since it started
  std::uint64_t receivedBytes = 0, sentBytes = 0;  // since it started
};

struct DiskNow {
  std::string path;
  std::uint64_t bytes = 0, usedBytes = 0;
  std::string outlook;             // "full in about 3 days", "not filling", "not enough yet"
  std::int64_t fullInSeconds = 0;  // 0: not foreseen
  double confidence = 0;
};

struct HostNow {
  double load1 = 0, cores = 0;  // used
  unsigned processors = 0;
  std::uint64_t memoryBytes = 0, usedBytes = 0, swapUsedBytes = 0;
  std::vector<DiskNow> disks;
};

class Measurements {
 public:
  virtual ~Measurements() = default;
  virtual net::Task<series::Answer> ask(series::Question question) = 0;
  // For people: what was damaged or cannot be written.
  virtual std::vector<std::string> problems() const = 0;
  virtual std::vector<ContainerNow> containers() const = 0;
  virtual HostNow host() const = 0;
  // In Prometheus' text format 0.0.4.
  virtual std::string exposition() const = 0;
};

}  // namespace orbit::api
