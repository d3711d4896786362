// Names and labels of what deploy makes (decision 7). Private to deploy. Thread rules: pure.
#pragma once
#include <string>

#include "engine/engine.h"

namespace orbit::deploy {

inline constexpr const char* kHomeLabel = "orbit.home";
inline constexpr const char* kProjectLabel = "orbit.project";
inline constexpr const char* kEnvironmentLabel = "orbit.environment";
inline constexpr const char* kServiceLabel = "orbit.service";
inline constexpr const char* kReleaseLabel = "orbit.release";    // "r12"
inline constexpr const char* kInstanceLabel = "orbit.instance";  // "1"
inline constexpr const char* kAddressLabel = "orbit.address";    // "10.213.4.7": its own for as long as it is there
inline constexpr const char* kTaskLabel = "orbit.task";          // "check", "pre-deploy": no instance

struct EnvironmentKey {
  std::string project, environment;
  auto operator<=>(const EnvironmentKey&) const = default;
  std::string text() const { return project + " " + environment; }  // for people
};

std::string releaseId(int group);           // 12 → "r12"
int groupOf(const std::string& releaseId);  // 0 when it is none
std::string containerName(const EnvironmentKey& key, const std::string& service, int group, int number);
std::string taskName(const EnvironmentKey& key, const std::string& service, int group, const std::string& task);
std::string imageName(const EnvironmentKey& key, const std::string& service, int group);
std::string networkName(const EnvironmentKey& key);
// At most 15 letters, as the kernel wants it.
std::string bridgeName(const EnvironmentKey& key);
// The n-th choice of a subnet for an environment, "10.213.4"; by its name, so that choices rarely meet.
std::string subnetChoice(const EnvironmentKey& key, int attempt);

// kConflict unless `labels` are those of something that this home made. `what`: "the network shop".
Status madeHere(const std::string& what, const engine::Labels& labels, const std::string& home);
engine::Labels environmentLabels(const EnvironmentKey& key, const std::string& home);

}  // namespace orbit::deploy
