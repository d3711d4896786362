#include "stack/create.h"

#include "pack/pack.h"
#include "stack/names.h"

namespace orbit::stack {

using net::Task;

Task<Status> findPartners(Operation& operation, const model::Service& service,
                          const std::map<std::string, std::string>& ids, ContainerInput& input) {
  for (const auto& name : sharesWith(service)) {
    const auto found = ids.find(name);
    if (found == ids.end()) {
      co_return Error{Code::kNotFound,
                      "service " + service.name + " shares parts of " + name + ", which has no container",
                      "start it first: `orbit up " + name + "`", service.at};
    }
    input.partners[name] = found->second;
  }
  for (const auto& from : service.volumesFrom) {
    const auto parts = split(from, ':');
    const bool foreign = parts[0] == "container" && parts.size() > 1;
    const std::string name(foreign ? parts[1] : parts[0]);
    const std::string id = foreign ? name : input.partners[name];
    auto detail = co_await operation.engine.inspectContainer(id, operation.wait);
    if (!detail.ok()) co_return std::move(detail).error().within("volumes_from " + name);
    input.partnerMounts[name] = std::move(detail->mounts);
  }
  co_return Status();
}

namespace {

// Made by a caller of ours for the same place, and never started: nothing is lost with it.
bool isRemains(const engine::ContainerSummary& holder, const engine::Labels& wanted) {
  if (holder.state != engine::ContainerState::kCreated) return false;
  const auto same = [&](const char* label) { return labelOf(holder.labels, label) == labelOf(wanted, label); };
  return same(kHomeLabel) && same(kProjectLabel) && same(kServiceLabel);
}

}  // namespace

Task<Result<std::string>> createInPlace(Operation& operation, std::string name, model::ContainerSpec spec) {
  model::ContainerSpec first = spec;
  auto made = co_await engine::createNamed(operation.loop, operation.engine, name, std::move(first), operation.wait);
  if (made.ok() || !engine::isNameTaken(made.error())) co_return made;
  const auto holder = co_await operation.engine.inspectContainer(name, operation.wait);
  if (!holder.ok() || !isRemains(holder->summary, spec.labels)) co_return made;
  static_cast<void>(co_await operation.engine.removeContainer(holder->summary.id, false, false, operation.wait));
  co_return co_await engine::createNamed(operation.loop, operation.engine, name, std::move(spec), operation.wait);
}

Task<Status> putFiles(Operation& operation, const model::Plan& plan, const model::Service& service, std::string id) {
  for (const auto& file : grantedFiles(plan, service)) {
    auto archive = pack::packFile(file.target.substr(1), *file.content, file.mode, file.uid, file.gid);
    if (!archive.ok()) co_return std::move(archive).error();
    const std::string root = "/";
    ORBIT_CO_TRY_STATUS(co_await operation.engine.putArchive(id, root, std::move(*archive), operation.wait));
  }
  co_return Status();
}

std::map<std::string, std::string> firstContainers(const Observed& observed) {
  std::map<std::string, const engine::ContainerSummary*> first;
  for (const auto& container : observed.containers) {
    if (isOneOff(container.labels)) continue;
    auto& slot = first[labelOf(container.labels, kServiceLabel)];
    if (slot == nullptr || numberOf(container.labels) < numberOf(slot->labels)) slot = &container;
  }
  std::map<std::string, std::string> ids;
  for (const auto& [service, container] : first) ids[service] = container->id;
  return ids;
}

Task<bool> stopAndRemove(Operation& operation, Removal what, std::optional<Duration> grace, bool withVolumes) {
  if (what.running) {
    operation.containerStep(what.name, what.service, "stopping", what.reason);
    Status stopped = co_await operation.engine.stopContainer(what.id, grace, operation.wait);
    if (!stopped.ok() && stopped.error().code != Code::kNotFound) {
      operation.fail(std::move(stopped).error().within("stopping " + what.name), what.service, what.name);
      co_return false;
    }
    operation.containerStep(what.name, what.service, "stopped");
  }
  operation.containerStep(what.name, what.service, "removing", what.reason);
  // Forced: a restart policy may have brought it back meanwhile.
  Status removed = co_await operation.engine.removeContainer(what.id, true, withVolumes, operation.wait);
  // kConflict: another caller is removing it already.
  if (!removed.ok() && removed.error().code != Code::kNotFound && removed.error().code != Code::kConflict) {
    operation.fail(std::move(removed).error().within("removing " + what.name), what.service, what.name);
    co_return false;
  }
  operation.containerStep(what.name, what.service, "removed");
  co_return true;
}

}  // namespace orbit::stack
