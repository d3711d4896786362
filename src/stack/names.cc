#include "stack/names.h"

#include <charconv>

namespace orbit::stack {
namespace {

constexpr std::size_t kShortId = 12;

std::string_view conditionName(model::Dependency::Condition condition) {
  switch (condition) {
    case model::Dependency::Condition::kHealthy:
      return "service_healthy";
    case model::Dependency::Condition::kCompleted:
      return "service_completed_successfully";
    case model::Dependency::Condition::kStarted:
      break;
  }
  return "service_started";
}

bool isHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string containerName(const model::Plan& plan, const model::Service& service, int number) {
  if (!service.containerName.empty()) return service.containerName;
  return plan.project + "-" + service.name + "-" + std::to_string(number);
}

std::string legacyContainerName(const model::Plan& plan, const model::Service& service, int number) {
  return plan.project + "_" + service.name + "_" + std::to_string(number);
}

std::string replacementName(std::string_view replacedId, std::string_view name) {
  return std::string(replacedId.substr(0, kShortId)) + "_" + std::string(name);
}

std::string imageName(const model::Plan& plan, const model::Service& service) {
  return service.container.image.empty() ? plan.project + "-" + service.name : service.container.image;
}

engine::Labels containerLabels(const model::Plan& plan, const model::Service& service, int number,
                               const std::string& home, const std::string& imageId) {
  engine::Labels labels = service.container.labels;
  labels[kProjectLabel] = plan.project;
  labels[kServiceLabel] = service.name;
  labels[kNumberLabel] = std::to_string(number);
  labels[kOneOffLabel] = "False";
  labels[kConfigHashLabel] = service.configHash;
  labels[kVersionLabel] = ORBIT_VERSION;
  labels[kWorkingDirLabel] = plan.workingDir;
  labels[kConfigFilesLabel] = join(plan.files, ",");
  labels[kDependsOnLabel] = dependsOnText(service.dependsOn);
  labels[kImageLabel] = imageId;
  labels[kHomeLabel] = home;
  return labels;
}

engine::Labels networkLabels(const model::Plan& plan, const model::Network& network, const std::string& home) {
  engine::Labels labels = network.labels;
  labels[kProjectLabel] = plan.project;
  labels[kNetworkLabel] = network.key;
  labels[kVersionLabel] = ORBIT_VERSION;
  labels[kHomeLabel] = home;
  return labels;
}

engine::Labels volumeLabels(const model::Plan& plan, const model::Volume& volume, const std::string& home) {
  engine::Labels labels = volume.labels;
  labels[kProjectLabel] = plan.project;
  labels[kVolumeLabel] = volume.key;
  labels[kVersionLabel] = ORBIT_VERSION;
  labels[kHomeLabel] = home;
  return labels;
}

std::string dependsOnText(const std::vector<model::Dependency>& dependsOn) {
  std::vector<std::string> parts;
  for (const auto& dependency : dependsOn) {
    parts.push_back(dependency.service + ":" + std::string(conditionName(dependency.condition)) +
                    (dependency.restart ? ":true" : ":false"));
  }
  return join(parts, ",");
}

std::vector<model::Dependency> parseDependsOn(std::string_view text) {
  std::vector<model::Dependency> all;
  for (const auto entry : split(text, ',')) {
    const auto parts = split(trim(entry), ':');
    if (parts.empty() || parts[0].empty()) continue;
    model::Dependency dependency;
    dependency.service = parts[0];
    for (const auto condition : {model::Dependency::Condition::kHealthy, model::Dependency::Condition::kCompleted}) {
      if (parts.size() > 1 && parts[1] == conditionName(condition)) dependency.condition = condition;
    }
    dependency.restart = parts.size() > 2 && parts[2] == "true";
    all.push_back(std::move(dependency));
  }
  return all;
}

const std::string& labelOf(const engine::Labels& labels, const char* name) {
  static const std::string kNone;
  const auto found = labels.find(name);
  return found == labels.end() ? kNone : found->second;
}

int numberOf(const engine::Labels& labels) {
  const std::string& text = labelOf(labels, kNumberLabel);
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && number > 0 ? number : 1;
}

bool isOneOff(const engine::Labels& labels) {
  return lower(labelOf(labels, kOneOffLabel)) == "true";
}

bool madeByOrbit(const engine::Labels& labels) {
  return !labelOf(labels, kHomeLabel).empty();
}

bool isAnonymousVolume(std::string_view name) {
  return name.size() == 64 && isHex(name);
}

}  // namespace orbit::stack
