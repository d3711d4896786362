#include "collect/labels.h"

#include "base/base.h"

namespace orbit::collect {

std::string labelOf(const engine::Labels& labels, const char* label) {
  const auto at = labels.find(label);
  return at == labels.end() ? "" : at->second;
}

std::string projectOf(const engine::Labels& labels) {
  const std::string deployed = labelOf(labels, "orbit.project");
  return deployed.empty() ? labelOf(labels, "com.docker.compose.project") : deployed;
}

bool isOneOff(const engine::Labels& labels) {
  return lower(labelOf(labels, "com.docker.compose.oneoff")) == "true";
}

logs::Key keyOf(const engine::Labels& labels) {
  const std::string service = labelOf(labels, "orbit.service");
  if (!service.empty()) return {projectOf(labels), labelOf(labels, "orbit.environment"), service};
  return {projectOf(labels), "development", labelOf(labels, "com.docker.compose.service")};
}

std::string releaseOf(const engine::Labels& labels) {
  return labelOf(labels, "orbit.release");
}

}  // namespace orbit::collect
