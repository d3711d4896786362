// The names and labels of what stack creates: exactly Docker Compose v2's, so that either tool finds the other's
// containers, networks and volumes (decision 7), and `orbit.*` ones beside them. Meanings: docker/compose pkg/api/
// labels.go and pkg/compose/create.go. Thread rules: pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "model/plan.h"

namespace orbit::stack {

inline constexpr const char* kProjectLabel = "com.docker.compose.project";
inline constexpr const char* kServiceLabel = "com.docker.compose.service";
inline constexpr const char* kNumberLabel = "com.docker.compose.container-number";
inline constexpr const char* kOneOffLabel = "com.docker.compose.oneoff";  // "True" or "False"
inline constexpr const char* kSlugLabel = "com.docker.compose.slug";
inline constexpr const char* kConfigHashLabel = "com.docker.compose.config-hash";
inline constexpr const char* kVersionLabel = "com.docker.compose.version";
inline constexpr const char* kWorkingDirLabel = "com.docker.compose.project.working_dir";
inline constexpr const char* kConfigFilesLabel = "com.docker.compose.project.config_files";  // joined by ','
inline constexpr const char* kDependsOnLabel = "com.docker.compose.depends_on";  // "db:service_healthy:false,…"
inline constexpr const char* kImageLabel = "com.docker.compose.image";           // the image's id
inline constexpr const char* kReplaceLabel = "com.docker.compose.replace";       // what a recreated one stands for
inline constexpr const char* kNetworkLabel = "com.docker.compose.network";       // key under `networks:`
inline constexpr const char* kVolumeLabel = "com.docker.compose.volume";         // key under `volumes:`
inline constexpr const char* kHomeLabel = "orbit.home";                          // uuid of the home that made it
inline constexpr const char* kReplacesLabel = "orbit.replaces";  // id of the container it was made to replace
inline constexpr const char* kSharesLabel = "orbit.shares";  // ids whose namespaces or volumes it uses, joined by ','

// "<project>-<service>-<n>", or the service's own `container_name`.
std::string containerName(const model::Plan& plan, const model::Service& service, int number);
// The same as docker-compose 1.29 wrote it: "<project>_<service>_<n>".
std::string legacyContainerName(const model::Plan& plan, const model::Service& service, int number);
// What a replacement is called until the replaced container is gone: "<12 of its id>_<name>".
std::string replacementName(std::string_view replacedId, std::string_view name);
// The image a service runs: as written, or "<project>-<service>" for one that is only built.
std::string imageName(const model::Plan& plan, const model::Service& service);

engine::Labels containerLabels(const model::Plan& plan, const model::Service& service, int number,
                               const std::string& home, const std::string& imageId);
engine::Labels networkLabels(const model::Plan& plan, const model::Network& network, const std::string& home);
engine::Labels volumeLabels(const model::Plan& plan, const model::Volume& volume, const std::string& home);

std::string dependsOnText(const std::vector<model::Dependency>& dependsOn);
// Reads what dependsOnText or Compose wrote; what it cannot read is left out.
std::vector<model::Dependency> parseDependsOn(std::string_view text);

// The value of a label, or "".
const std::string& labelOf(const engine::Labels& labels, const char* name);
int numberOf(const engine::Labels& labels);  // 1 when absent or no number
bool isOneOff(const engine::Labels& labels);
// Whether an Orbit (this one or another home's) made it.
bool madeByOrbit(const engine::Labels& labels);
// An engine names anonymous volumes by 64 hex digits.
bool isAnonymousVolume(std::string_view name);

}  // namespace orbit::stack
