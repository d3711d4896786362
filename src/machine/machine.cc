#include "machine/machine.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "base/base.h"

namespace orbit::machine {
namespace {

constexpr std::size_t kFileBytesMax = 256 * 1024;
constexpr std::uint64_t kNoLimit = std::uint64_t{1} << 60;  // cgroup v1 says so with a number near 2^63

std::uint64_t number(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    at = std::min(line.find_first_of(" \t", begin), line.size());
    all.push_back(line.substr(begin, at - begin));
  }
  return all;
}

// Of lines such as "usage_usec 12345" or "MemTotal:   16307 kB" the number of one name; 0 when there is none.
std::uint64_t field(std::string_view text, std::string_view name) {
  for (const auto line : split(text, '\n')) {
    const auto parts = words(line);
    if (parts.size() < 2) continue;
    const std::string_view key = endsWith(parts[0], ":") ? parts[0].substr(0, parts[0].size() - 1) : parts[0];
    if (key == name) return number(parts[1]);
  }
  return 0;
}

// The path of a controller's group ("" as controller: the unified one), or nullopt.
std::optional<std::string> groupOf(std::string_view cgroups, std::string_view controller) {
  for (const auto line : split(cgroups, '\n')) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view names = line.substr(first + 1, second - first - 1);
    bool has = names.empty() && controller.empty();
    for (const auto name : split(names, ',')) has = has || (!name.empty() && name == controller);
    if (has) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

std::uint64_t less(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

// "8:0 rbytes=1 wbytes=2 …", a line a device.
void addUnifiedIo(std::string_view text, ContainerUse& use) {
  for (const auto line : split(text, '\n')) {
    for (const auto word : words(line)) {
      if (startsWith(word, "rbytes=")) use.readBytes += number(word.substr(7));
      if (startsWith(word, "wbytes=")) use.writtenBytes += number(word.substr(7));
    }
  }
}

ContainerUse unifiedUse(const std::string& folder, const Read& read) {
  ContainerUse use;
  const std::string cpu = read(folder + "/cpu.stat");
  use.cpuUs = field(cpu, "usage_usec");
  use.periods = field(cpu, "nr_periods");
  use.throttledPeriods = field(cpu, "nr_throttled");
  use.throttledUs = field(cpu, "throttled_usec");
  use.memoryBytes =
      less(number(read(folder + "/memory.current")), field(read(folder + "/memory.stat"), "inactive_file"));
  use.memoryLimitBytes = number(read(folder + "/memory.max"));  // "max" reads as 0
  use.oomKills = field(read(folder + "/memory.events"), "oom_kill");
  addUnifiedIo(read(folder + "/io.stat"), use);
  return use;
}

// "8:0 Read 4096", a line a device and direction.
void addOldIo(std::string_view text, ContainerUse& use) {
  for (const auto line : split(text, '\n')) {
    const auto parts = words(line);
    if (parts.size() != 3) continue;
    if (parts[1] == "Read") use.readBytes += number(parts[2]);
    if (parts[1] == "Write") use.writtenBytes += number(parts[2]);
  }
}

ContainerUse oldUse(const std::string& root, std::string_view cgroups, const Read& read) {
  const auto folder = [&](std::string_view controller) {
    return root + "/" + std::string(controller) + groupOf(cgroups, controller).value_or("");
  };
  ContainerUse use;
  use.cpuUs = number(read(folder("cpuacct") + "/cpuacct.usage")) / 1000;
  const std::string cpu = read(folder("cpu") + "/cpu.stat");
  use.periods = field(cpu, "nr_periods");
  use.throttledPeriods = field(cpu, "nr_throttled");
  use.throttledUs = field(cpu, "throttled_time") / 1000;
  const std::string memory = folder("memory");
  use.memoryBytes = less(number(read(memory + "/memory.usage_in_bytes")),
                         field(read(memory + "/memory.stat"), "total_inactive_file"));
  use.memoryLimitBytes = number(read(memory + "/memory.limit_in_bytes"));
  if (use.memoryLimitBytes >= kNoLimit) use.memoryLimitBytes = 0;
  use.oomKills = field(read(memory + "/memory.oom_control"), "oom_kill");
  const std::string io = read(folder("blkio") + "/blkio.throttle.io_service_bytes_recursive");
  addOldIo(io.empty() ? read(folder("blkio") + "/blkio.throttle.io_service_bytes") : io, use);
  return use;
}

// "  eth0: received packets … sent packets …": the first and the ninth number.
void addNetwork(std::string_view text, ContainerUse& use) {
  for (const auto line : split(text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || trim(line.substr(0, colon)) == "lo") continue;
    const auto numbers = words(line.substr(colon + 1));
    if (numbers.size() < 9) continue;
    use.receivedBytes += number(numbers[0]);
    use.sentBytes += number(numbers[8]);
  }
}

}  // namespace

std::string systemRead(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return "";
  std::string text;
  char buffer[16 * 1024];
  ssize_t got = 0;
  while (text.size() < kFileBytesMax && (got = ::read(file, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(file);
  return text;
}

Result<ContainerUse> containerUse(int pid, const Read& read) {
  const std::string process = "/proc/" + std::to_string(pid);
  const std::string cgroups = read(process + "/cgroup");
  if (cgroups.empty()) return Error{Code::kNotFound, "process " + std::to_string(pid) + " is gone", "", {}, true};
  const std::string root = "/sys/fs/cgroup";
  ContainerUse use;
  if (groupOf(cgroups, "memory")) {
    use = oldUse(root, cgroups, read);
  } else if (const auto unified = groupOf(cgroups, "")) {
    use = unifiedUse(root + *unified, read);
  } else {
    return Error{.code = Code::kUnsupported,
                 .message = "the container's cgroup is not to be seen in " + process + "/cgroup",
                 .hint = "Orbit reads cgroup v1 and v2 as the kernel mounts them at /sys/fs/cgroup"};
  }
  addNetwork(read(process + "/net/dev"), use);
  return use;
}

HostUse hostUse(const Read& read) {
  HostUse use;
  const std::string load = read("/proc/loadavg");
  use.load1 = std::strtod(load.c_str(), nullptr);
  const std::string stat = read("/proc/stat");
  const auto lines = split(stat, '\n');
  const double tickUs = 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  unsigned processors = 0;
  for (const auto line : lines) {
    const auto parts = words(line);
    if (parts.empty() || !startsWith(parts[0], "cpu")) continue;
    if (parts[0] != "cpu") {
      ++processors;
      continue;
    }
    // user nice system idle iowait irq softirq steal
    std::uint64_t busy = 0;
    for (const std::size_t at : {1U, 2U, 3U, 6U, 7U}) busy += at < parts.size() ? number(parts[at]) : 0;
    use.busyUs = static_cast<std::uint64_t>(static_cast<double>(busy) * tickUs);
    if (parts.size() > 8) use.stolenUs = static_cast<std::uint64_t>(static_cast<double>(number(parts[8])) * tickUs);
  }
  use.processors = std::max(processors, 1U);
  const std::string memory = read("/proc/meminfo");
  use.memoryBytes = field(memory, "MemTotal") * 1024;
  use.availableBytes = field(memory, "MemAvailable") * 1024;
  use.swapBytes = field(memory, "SwapTotal") * 1024;
  use.swapFreeBytes = field(memory, "SwapFree") * 1024;
  return use;
}

std::optional<DiskUse> diskUse(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return std::nullopt;
  DiskUse use;
  const std::uint64_t block = info.f_frsize;
  use.usedBytes = (info.f_blocks - info.f_bfree) * block;
  use.bytes = use.usedBytes + info.f_bavail * block;
  use.inodes = info.f_files;
  use.usedInodes = info.f_files - info.f_ffree;
  return use;
}

}  // namespace orbit::machine
