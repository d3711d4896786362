#include "api/containers.h"

#include <fmt/format.h>

namespace orbit::api {
namespace {

Error noSuchService(const ContainerScope& scope, const std::string& service,
                    const std::vector<engine::ContainerSummary>& all) {
  std::vector<std::string> names;
  for (const auto& container : all) names.push_back(serviceOf(container));
  std::vector<std::string_view> candidates(names.begin(), names.end());
  const auto meant = nearest(service, candidates);
  return {.code = Code::kNotFound,
          .message = fmt::format("project {} has no container of a service {}{}", scope.project, service,
                                 scope.development() ? "" : " in " + scope.environment),
          .hint = !meant.empty() && meant != service ? fmt::format("did you mean {}?", meant)
                  : scope.development()              ? "orbit ps -a lists what there is; orbit up -d starts it"
                                                     : "orbit status shows what is deployed; orbit deploy deploys"};
}

// A later release has a higher number: "r12" after "r9".
int groupOf(const engine::ContainerSummary& container) {
  const std::string release = labelOf(container, kReleaseLabel);
  return release.empty() ? 0 : std::atoi(release.c_str() + 1);
}

auto orderOf(const engine::ContainerSummary& container) {
  const bool deployed = environmentOf(container) != "development";
  return std::tuple(deployed, environmentOf(container), serviceOf(container), -groupOf(container), numberOf(container));
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

std::string serviceOf(const engine::ContainerSummary& container) {
  const std::string deployed = labelOf(container, kDeployedServiceLabel);
  return deployed.empty() ? labelOf(container, kServiceLabel) : deployed;
}

std::string environmentOf(const engine::ContainerSummary& container) {
  const std::string environment = labelOf(container, kEnvironmentLabel);
  return environment.empty() ? "development" : environment;
}

int numberOf(const engine::ContainerSummary& container) {
  const std::string instance = labelOf(container, kInstanceLabel);
  return std::atoi((instance.empty() ? labelOf(container, kNumberLabel) : instance).c_str());
}

bool ContainerScope::has(const std::string& service) const {
  return services.empty() || std::find(services.begin(), services.end(), service) != services.end();
}

net::Task<Result<std::vector<engine::ContainerSummary>>> deployedContainers(engine::Engine& engine,
                                                                            ContainerScope scope, net::Wait wait) {
  engine::Labels labels;
  labels.emplace(kDeployedProjectLabel, scope.project);
  labels.emplace(kEnvironmentLabel, scope.environment);
  auto listed = co_await engine.listContainers(labels, wait);
  if (!listed.ok()) co_return std::move(listed).error();
  std::sort(listed->begin(), listed->end(), [](const auto& a, const auto& b) { return orderOf(a) < orderOf(b); });
  co_return std::move(*listed);
}

net::Task<Result<std::vector<engine::ContainerSummary>>> containersOf(engine::Engine& engine, ContainerScope scope,
                                                                      net::Wait wait) {
  std::vector<engine::ContainerSummary> all;
  if (scope.development()) {
    engine::Labels labels;
    labels.emplace(kProjectLabel, scope.project);
    ORBIT_CO_TRY(all, co_await engine.listContainers(labels, wait));
    std::erase_if(all, isOneOff);
  }
  if (scope.deployed()) {
    ORBIT_CO_TRY(const auto deployed, co_await deployedContainers(engine, scope, wait));
    all.insert(all.end(), deployed.begin(), deployed.end());
  }
  for (const auto& service : scope.services) {
    const bool known =
        std::any_of(all.begin(), all.end(), [&](const auto& each) { return serviceOf(each) == service; });
    if (!known) co_return noSuchService(scope, service, all);
  }
  std::erase_if(all, [&](const auto& each) { return !scope.has(serviceOf(each)); });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return orderOf(a) < orderOf(b); });
  co_return all;
}

}  // namespace orbit::api
