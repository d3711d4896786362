#include "stack/observe.h"

#include "stack/names.h"

namespace orbit::stack {
namespace {

using net::Task;

// `results` outlives the tasks; each fills its own part.
template <class T>
Task<void> into(Task<Result<T>> call, std::optional<Result<T>>* result) {
  result->emplace(co_await call);
}

}  // namespace

Task<Result<Observed>> observe(Operation& operation, std::string project) {
  const engine::Labels labels{{kProjectLabel, project}};
  std::optional<Result<std::vector<engine::ContainerSummary>>> containers;
  std::optional<Result<std::vector<engine::NetworkSummary>>> networks;
  std::optional<Result<std::vector<engine::VolumeSummary>>> volumes;
  net::TaskGroup group(operation.loop);
  group.add(into(operation.engine.listContainers(labels, operation.wait), &containers));
  group.add(into(operation.engine.listNetworks(labels, operation.wait), &networks));
  group.add(into(operation.engine.listVolumes(labels, operation.wait), &volumes));
  co_await group.join();
  if (!containers->ok()) co_return std::move(*containers).error();
  if (!networks->ok()) co_return std::move(*networks).error();
  if (!volumes->ok()) co_return std::move(*volumes).error();
  Observed observed;
  observed.containers = std::move(**containers);
  observed.networks = std::move(**networks);
  observed.volumes = std::move(**volumes);
  co_return observed;
}

model::Plan planFromLabels(const std::string& project, const Observed& observed) {
  model::Plan plan;
  plan.project = project;
  std::map<std::string, model::Service> services;
  for (const auto& container : observed.containers) {
    const std::string& name = labelOf(container.labels, kServiceLabel);
    if (name.empty() || isOneOff(container.labels)) continue;
    if (plan.workingDir.empty()) plan.workingDir = labelOf(container.labels, kWorkingDirLabel);
    model::Service& service = services[name];
    service.name = name;
    service.container.image = container.image;
    service.dependsOn = parseDependsOn(labelOf(container.labels, kDependsOnLabel));
    // What is gone already is no reason to refuse the rest.
    for (auto& dependency : service.dependsOn) dependency.required = false;
  }
  for (auto& [name, service] : services) plan.services.push_back(std::move(service));
  for (const auto& network : observed.networks) {
    model::Network known;
    known.key = labelOf(network.labels, kNetworkLabel);
    known.name = network.name;
    plan.networks.push_back(std::move(known));
  }
  for (const auto& volume : observed.volumes) {
    if (isAnonymousVolume(volume.name)) continue;
    model::Volume known;
    known.key = labelOf(volume.labels, kVolumeLabel);
    known.name = volume.name;
    plan.volumes.push_back(std::move(known));
  }
  return plan;
}

Status checkOwner(const model::Plan& plan, const Observed& observed, const std::string& home) {
  for (const auto& container : observed.containers) {
    const std::string& owner = labelOf(container.labels, kHomeLabel);
    const std::string& folder = labelOf(container.labels, kWorkingDirLabel);
    if (owner.empty() || owner == home || folder == plan.workingDir) continue;
    return Error{
        Code::kConflict,
        "a project named " + plan.project + " already runs on this engine, from " + folder + " by another Orbit home",
        "give this one another name with -p NAME or `name:` in the file"};
  }
  return {};
}

}  // namespace orbit::stack
