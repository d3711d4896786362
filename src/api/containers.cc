#include "api/containers.h"

#include <fmt/format.h>

namespace orbit::api {
namespace {

int numberOf(const engine::ContainerSummary& container) {
  return std::atoi(labelOf(container, kNumberLabel).c_str());
}

Error noSuchService(const std::string& project, const std::string& service,
                    const std::vector<engine::ContainerSummary>& all) {
  std::vector<std::string> names;
  for (const auto& container : all) names.push_back(labelOf(container, kServiceLabel));
  std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto meant = nearest(service, candidates);
  return {.code = Code::kNotFound,
          .message = fmt::format("project {} has no container of a service {}", project, service),
          .hint = meant.empty() || meant == service ? "orbit ps -a lists what there is; orbit up -d starts it"
                                                    : fmt::format("did you mean {}?", meant)};
}

}  // namespace

std::string labelOf(const engine::ContainerSummary& container, std::string_view label) {
  const auto at = container.labels.find(std::string(label));
  return at == container.labels.end() ? "" : at->second;
}

bool isOneOff(const engine::ContainerSummary& container) {
  return lower(labelOf(container, kOneOffLabel)) == "true";
}

bool isLive(engine::ContainerState state) {
  return state == engine::ContainerState::kRunning || state == engine::ContainerState::kRestarting ||
         state == engine::ContainerState::kPaused;
}

net::Task<Result<std::vector<engine::ContainerSummary>>> containersOf(engine::Engine& engine, std::string project,
                                                                      std::vector<std::string> services,
                                                                      net::Wait wait) {
  engine::Labels labels;
  labels.emplace(kProjectLabel, project);
  auto listed = co_await engine.listContainers(labels, wait);
  if (!listed.ok()) co_return std::move(listed).error();
  std::erase_if(*listed, isOneOff);
  for (const auto& service : services) {
    const bool known = std::any_of(listed->begin(), listed->end(),
                                   [&](const auto& each) { return labelOf(each, kServiceLabel) == service; });
    if (!known) co_return noSuchService(project, service, *listed);
  }
  if (!services.empty()) {
    std::erase_if(*listed, [&](const auto& each) {
      return std::find(services.begin(), services.end(), labelOf(each, kServiceLabel)) == services.end();
    });
  }
  std::sort(listed->begin(), listed->end(), [](const auto& a, const auto& b) {
    return std::tuple(labelOf(a, kServiceLabel), numberOf(a)) < std::tuple(labelOf(b, kServiceLabel), numberOf(b));
  });
  co_return std::move(*listed);
}

}  // namespace orbit::api
