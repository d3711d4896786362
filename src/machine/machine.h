// The door of machine: what this machine and its containers use, read from files of the kernel: cgroup v1 and v2,
// /proc. Texts in, values out; whoever reads the files passes a function for it, so tests have files of their own.
// Sources: proc(5), the kernel's cgroup-v2.rst, cgroup-v1/memory.rst, cgroup-v1/blkio-controller.rst. Thread rules:
// pure functions of what `read` gives; systemRead() is safe from every thread and blocks for as long as the kernel
// takes.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "machine/forecast.h"  // IWYU pragma: export

namespace orbit::machine {

// The text of a file, "" when it is missing or may not be read.
using Read = std::function<std::string(const std::string& path)>;
std::string systemRead(const std::string& path);

// Counters are cumulative since the container started.
struct ContainerUse {
  std::uint64_t cpuUs = 0;
  std::uint64_t memoryBytes = 0;       // without the page cache that can be taken back, as `docker stats` counts
  std::uint64_t memoryLimitBytes = 0;  // 0: none but the machine's
  std::uint64_t oomKills = 0;
  std::uint64_t periods = 0, throttledPeriods = 0, throttledUs = 0;  // of the processor's quota
  std::uint64_t readBytes = 0, writtenBytes = 0;                     // block devices
  std::uint64_t receivedBytes = 0, sentBytes = 0;                    // network, without its own loopback
};
// Of the container whose first process this is. Errors: kNotFound (it is gone), kUnsupported (no cgroup to be seen).
Result<ContainerUse> containerUse(int pid, const Read& read);

struct HostUse {
  double load1 = 0;
  unsigned processors = 1;
  std::uint64_t busyUs = 0, stolenUs = 0;  // of all processors, cumulative
  std::uint64_t memoryBytes = 0, availableBytes = 0, swapBytes = 0, swapFreeBytes = 0;
};
HostUse hostUse(const Read& read);

struct DiskUse {
  std::uint64_t bytes = 0, usedBytes = 0;  // of what users may fill
  std::uint64_t inodes = 0, usedInodes = 0;
};
// Of the file system that holds `path`.
std::optional<DiskUse> diskUse(const std::string& path);

}  // namespace orbit::machine
