// A deployment for people: `orbit config -E production`, and what `orbit deploy --plan` prints of a service.
#include "format/yaml.h"
#include "model/secret_mark.h"
#include "project/config_text.h"
#include "project/project.h"

namespace orbit::project {
namespace {

using format::Node;
using model::DeployService;
using model::Probe;

std::string_view shapeName(DeployService::Shape shape) {
  switch (shape) {
    case DeployService::Shape::kStateless:
      return "stateless";
    case DeployService::Shape::kStateful:
      return "stateful";
    case DeployService::Shape::kDatabase:
      break;
  }
  return "database";
}

Node ports(const std::vector<int>& all) {
  Node list = Node::sequence();
  for (const int port : all) list.items.push_back(Node::string(std::to_string(port)));
  for (auto& item : list.items) item.kind = Node::Kind::kInt;
  return list;
}

Node probeNode(const Probe& probe) {
  Writer writer(Part::kContainer);
  constexpr std::string_view kKinds[] = {"stays up", "tcp", "http", "exec"};
  writer.text("by", std::string(kKinds[static_cast<std::size_t>(probe.kind)]));
  writer.text("path", probe.path);
  writer.text("host", probe.host);
  writer.number("port", probe.port);
  writer.list("command", probe.command);
  const Probe usual;
  if (probe.interval != usual.interval) writer.span("interval", probe.interval);
  if (probe.timeout != usual.timeout) writer.span("timeout", probe.timeout);
  if (probe.deadline != usual.deadline) writer.span("deadline", probe.deadline);
  if (probe.rise != usual.rise) writer.number("rise", probe.rise);
  if (probe.fall != usual.fall) writer.number("fall", probe.fall);
  if (probe.kind == Probe::Kind::kHttp) {
    const bool one = probe.statusMin == probe.statusMax;
    writer.text("status", std::to_string(probe.statusMin) + (one ? "" : "-" + std::to_string(probe.statusMax)));
  }
  return writer.take();
}

Node releaseNode(const model::ReleasePolicy& release) {
  Writer writer(Part::kContainer);
  const model::ReleasePolicy usual;
  if (release.sharePercent != usual.sharePercent) writer.number("share", release.sharePercent);
  if (release.shareMost != usual.shareMost) writer.span("pace", release.shareMost);
  if (release.watch != usual.watch) writer.span("watch", release.watch);
  if (release.warm != usual.warm) writer.span("warm", release.warm);
  if (release.overlap != usual.overlap) writer.span("overlap", release.overlap);
  if (release.drain != usual.drain) writer.span("drain", release.drain);
  writer.no("shield", !release.shield);
  writer.no("judge", !release.judge);
  writer.list("check", release.check);
  return writer.take();
}

Node orbitNode(const DeployService& service) {
  Writer writer(Part::kContainer);
  writer.text("shape", std::string(shapeName(service.shape)));
  if (service.replicas != 1) writer.count("replicas", service.replicas);
  if (service.routed) {
    writer.text("route", service.path);
    writer.list("hosts", service.hosts);
    if (service.port == 0) writer.text("port", "what it is seen listening on");
    writer.number("port", service.port);
    writer.text("port_from", service.port == 0 ? "" : service.portFrom);
  }
  writer.node("tcp", ports(service.tcpPorts));
  writer.node("expose_tcp", ports(service.exposeTcp));
  writer.node("health", probeNode(service.probe));
  writer.node("release", releaseNode(service.release));
  Node before = Node::sequence();
  for (const auto& words : service.preDeploy) {
    Writer one(Part::kContainer);
    one.list("run", words);
    before.items.push_back(one.take());
  }
  writer.node("pre_deploy", std::move(before));
  writer.flag("direct", service.direct);
  writer.flag("vitals", service.vitals);
  writer.list("after", service.after);
  writer.list("watch_patterns", service.watchPatterns);
  return writer.take();
}

void showMarks(Node& node) {
  if (node.isScalar()) node.text = model::showSecrets(node.text);
  for (auto& item : node.items) showMarks(item);
  for (auto& entry : node.entries) showMarks(entry.value);
}

Node serviceOf(const DeployService& service) {
  Node node = serviceNode(service.service, Part::kWhole);
  for (const auto* key : {"networks", "depends_on", "scale"}) node.erase(key);
  const auto& networks = service.service.container.networks;
  Writer names(Part::kContainer);
  if (!networks.empty()) names.list("aliases", networks.front().aliases);
  if (service.service.build && !service.service.build->contextFiles.empty()) {
    Writer files(Part::kContainer);
    files.map("context_files", service.service.build->contextFiles);
    Node all = files.take();
    if (Node* build = node.find("build")) build->set("x-context-files", std::move(all.entries.front().value));
  }
  Node orbit = orbitNode(service);
  Node more = names.take();
  for (auto& entry : more.entries) orbit.set(entry.key, std::move(entry.value));
  node.set("x-orbit", std::move(orbit));
  showMarks(node);
  return node;
}

std::string indented(const std::string& text, std::string_view by) {
  std::string out;
  for (const auto line : split(text, '\n')) {
    if (!line.empty()) out.append(by).append(line);
    out += '\n';
  }
  if (!out.empty() && endsWith(text, "\n")) out.pop_back();
  return out;
}

std::string shownPlace(const model::Deployment& deployment, const Location& at) {
  if (!at.known()) return "";
  std::string text = at.text();
  const std::string folder = deployment.workingDir + "/";
  if (startsWith(text, folder)) text.erase(0, folder.size());
  return " [" + text + "]";
}

std::string notesText(const model::Deployment& deployment, const std::string& service, std::string_view by) {
  std::string out;
  for (const auto& note : deployment.notes) {
    if (note.service != service) continue;
    out.append(by).append("# ").append(model::showSecrets(note.text));
    if (!note.why.empty()) out.append(": ").append(note.why);
    out += shownPlace(deployment, note.at) + "\n";
  }
  return out;
}

std::string neededText(const model::Deployment& deployment, bool optional) {
  std::string out;
  for (const auto& one : deployment.needed) {
    if (one.optional != optional) continue;
    out += "#   " + one.hint + "\n#     " + one.name + ", for " +
           (one.services.empty() ? "the project" : join(one.services, ", "));
    out += one.development ? ": has a value of development" : ": has no value";
    out += shownPlace(deployment, one.at) + "\n";
  }
  if (out.empty()) return out;
  return (optional ? "# may be set:\n" : "# has to be set before a deploy:\n") + out;
}

}  // namespace

std::string deploymentText(const model::Deployment& deployment) {
  std::string out = "name: " + deployment.project + "\nx-environment: " + deployment.environment + "\n";
  out += notesText(deployment, "", "");
  out += "services:\n";
  for (const auto& service : deployment.services) {
    out += notesText(deployment, service.service.name, "  ");
    Node one = Node::mapping();
    one.set(service.service.name, serviceOf(service));
    out += indented(format::dumpYaml(one), "  ");
  }
  if (!deployment.volumes.empty()) {
    Node volumes = Node::mapping();
    for (const auto& volume : deployment.volumes) volumes.set(volume.key, volumeNode(volume));
    Node section = Node::mapping();
    section.set("volumes", std::move(volumes));
    out += format::dumpYaml(section);
  }
  return out + neededText(deployment, false) + neededText(deployment, true);
}

}  // namespace orbit::project
