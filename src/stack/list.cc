// `ps` and `ls`: what runs, from labels alone.
#include "stack/names.h"
#include "stack/observe.h"

namespace orbit::stack {
namespace {

using net::Task;

std::string portsText(const engine::ContainerSummary& container) {
  std::vector<std::string> parts;
  for (const auto& port : container.ports) {
    const std::string inside = std::to_string(port.target) + "/" + port.protocol;
    if (port.published.empty()) {
      parts.push_back(inside);
      continue;
    }
    std::string host = port.hostIp;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    parts.push_back((host.empty() ? "" : host + ":") + port.published + "->" + inside);
  }
  return join(parts, ", ");
}

Stack::Row rowOf(const engine::ContainerSummary& container) {
  Stack::Row row;
  row.service = labelOf(container.labels, kServiceLabel);
  row.container = container.name;
  row.id = container.id;
  row.image = container.image;
  row.state = engine::stateName(container.state);
  row.health = container.health;
  row.ports = portsText(container);
  row.number = numberOf(container.labels);
  row.oneOff = isOneOff(container.labels);
  row.createdUs = container.createdUs;
  return row;
}

// What only an inspect tells.
Task<void> complete(engine::Engine& engine, Stack::Row& row, net::Wait wait) {
  auto detail = co_await engine.inspectContainer(row.id, wait);
  if (!detail.ok()) co_return;  // gone meanwhile
  row.exitCode = detail->exitCode;
  row.startedUs = detail->startedUs;
  std::vector<std::string> command = detail->config["Entrypoint"].asStrings();
  for (auto& part : detail->config["Cmd"].asStrings()) command.push_back(std::move(part));
  row.command = join(command, " ");
}

}  // namespace

Task<Result<std::vector<Stack::Row>>> Stack::list(std::string project, bool all, net::Wait wait) {
  const engine::Labels labels{{kProjectLabel, project}};
  auto containers = co_await engine_.listContainers(labels, wait);
  if (!containers.ok()) co_return std::move(containers).error();
  std::vector<Row> rows;
  for (const auto& container : *containers) {
    const bool runs = container.state == engine::ContainerState::kRunning ||
                      container.state == engine::ContainerState::kPaused ||
                      container.state == engine::ContainerState::kRestarting;
    if (all || runs) rows.push_back(rowOf(container));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.service, a.oneOff, a.number, a.container) < std::tie(b.service, b.oneOff, b.number, b.container);
  });
  net::TaskGroup group(loop_);
  for (auto& row : rows) group.add(complete(engine_, row, wait));
  co_await group.join();
  co_return rows;
}

Task<Result<std::vector<Stack::ProjectRow>>> Stack::projects(net::Wait wait) {
  const engine::Labels labels{{kProjectLabel, ""}};
  auto containers = co_await engine_.listContainers(labels, wait);
  if (!containers.ok()) co_return std::move(containers).error();
  std::map<std::string, ProjectRow> byName;
  for (const auto& container : *containers) {
    if (isOneOff(container.labels)) continue;
    ProjectRow& row = byName[labelOf(container.labels, kProjectLabel)];
    row.project = labelOf(container.labels, kProjectLabel);
    row.workingDir = labelOf(container.labels, kWorkingDirLabel);
    row.files = labelOf(container.labels, kConfigFilesLabel);
    ++row.containers;
    if (container.state == engine::ContainerState::kRunning) ++row.running;
  }
  std::vector<ProjectRow> rows;
  for (auto& [name, row] : byName) rows.push_back(std::move(row));
  co_return rows;
}

}  // namespace orbit::stack
