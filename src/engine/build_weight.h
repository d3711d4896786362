// How much of the machine a build may have beside what serves: the least share of processor and disk that the builder
// at hand lets us choose (docs/deploy.md lists which). BuildKit inside dockerd runs its containers in one control group
// of its own, docker/buildkit, which has no setting of the engine; as root on the engine's machine its weight is
// lowered for as long as a light build runs. The classic builder takes a weight by request. Private to engine. Thread
// rules: the thread of the Loop; writes to the kernel's files do not wait.
#pragma once
#include <string>
#include <vector>

namespace orbit::engine {

inline constexpr int kLeastCpuShares = 2;  // of 1024, the kernel's least

class LightBuild {
 public:
  // `root`: "/sys/fs/cgroup". Does nothing where there is no such group or no right to change it.
  explicit LightBuild(std::string root);
  ~LightBuild();  // the last one that ends gives the usual weight back
  LightBuild(const LightBuild&) = delete;
  LightBuild& operator=(const LightBuild&) = delete;

 private:
  std::string root_;
};

}  // namespace orbit::engine
