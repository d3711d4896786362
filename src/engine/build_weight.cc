#include "engine/build_weight.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

namespace orbit::engine {
namespace {

struct Weight {
  const char* file;
  const char* least;
  const char* usual;
};

// Control groups of version 1 by controller, then version 2's. cpu.weight and io.weight: cgroup-v2.rst; cpu.shares:
// sched-design-CFS; blkio.bfq.weight: bfq-iosched.rst.
constexpr Weight kWeights[] = {
    {"cpu/docker/buildkit/cpu.shares", "2", "1024"},
    {"cpu,cpuacct/docker/buildkit/cpu.shares", "2", "1024"},
    {"blkio/docker/buildkit/blkio.bfq.weight", "1", "100"},
    {"blkio/docker/buildkit/blkio.weight", "10", "500"},
    {"docker/buildkit/cpu.weight", "1", "100"},
    {"docker/buildkit/io.weight", "default 1", "default 100"},
};

std::map<std::string, int>& running() {
  static std::map<std::string, int> byRoot;  // light builds under way
  return byRoot;
}

void write(const std::string& path, std::string_view value) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(!::write(file, value.data(), value.size()));  // a kernel that refuses leaves it as it is
  ::close(file);
}

// The group is made before its first build: the engine takes what is there.
void makeGroup(const std::string& path) {
  const std::string group = path.substr(0, path.rfind('/'));
  const std::string parent = group.substr(0, group.rfind('/'));
  if (::access(parent.c_str(), W_OK) == 0) ::mkdir(group.c_str(), 0755);
}

}  // namespace

LightBuild::LightBuild(std::string root) : root_(std::move(root)) {
  if (++running()[root_] > 1) return;
  for (const auto& weight : kWeights) {
    const std::string path = root_ + "/" + weight.file;
    makeGroup(path);
    write(path, weight.least);
  }
}

LightBuild::~LightBuild() {
  if (--running()[root_] > 0) return;
  for (const auto& weight : kWeights) write(root_ + "/" + weight.file, weight.usual);
}

}  // namespace orbit::engine
