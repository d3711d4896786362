// One service, and the plan as a whole.
#include <algorithm>

#include "project/plan.h"

namespace orbit::project {
namespace {

constexpr std::size_t kServicesMax = 1000;

void planIdentity(const Fields& fields, model::ContainerSpec& container) {
  container.init = fields.flag("init");
  container.user = fields.text("user");
  container.workingDir = fields.text("working_dir");
  container.hostname = fields.text("hostname");
  container.domainName = fields.text("domainname");
  container.macAddress = fields.text("mac_address");
  container.stdinOpen = fields.isSet("stdin_open");
  container.tty = fields.isSet("tty");
  container.stopSignal = fields.text("stop_signal");
  container.stopGrace = fields.duration("stop_grace_period");
  const Fields logging = fields.in("logging");
  container.logDriver = logging.text("driver");
  container.logOptions = logging.map("options");
  container.runtime = fields.text("runtime");
}

void planNames(const Fields& fields, model::ContainerSpec& container) {
  container.dns = fields.strings("dns");
  container.dnsSearch = fields.strings("dns_search");
  container.dnsOptions = fields.strings("dns_opt");
  for (auto host : fields.strings("extra_hosts")) {
    const auto equals = host.find_first_of("=:");
    if (equals == std::string::npos || equals == 0 || equals + 1 == host.size()) {
      fields.problem("extra_hosts", "`" + host + "` is no name and address", "for example \"api.local=10.0.0.5\"");
      continue;
    }
    host[equals] = ':';
    container.extraHosts.push_back(std::move(host));
  }
}

// `seccomp:./profile.json` names a file of this machine; the engine takes its text.
std::string securityOption(Planning& planning, const Fields& fields, std::string option) {
  if (option.find('=') == std::string::npos) {
    if (const auto colon = option.find(':'); colon != std::string::npos) option[colon] = '=';
  }
  constexpr std::string_view kSeccomp = "seccomp=";
  const std::string value = startsWith(option, kSeccomp) ? option.substr(kSeccomp.size()) : "";
  if (value.empty() || value == "unconfined" || value == "builtin" || value.front() == '{') return option;
  const std::string path = resolvePath(planning.merged.workingDir, value);
  const File* file = fileOf(planning.snapshot, path, planning.needs);
  if (file == nullptr) return option;
  if (file->kind == File::Kind::kText) return std::string(kSeccomp) + file->text;
  fields.problem("security_opt", "the seccomp profile " + planning.shown(path) + " cannot be read",
                 "mend the path, or write `seccomp=unconfined`");
  return option;
}

void planIsolation(Planning& planning, const Fields& fields, model::ContainerSpec& container) {
  container.capAdd = fields.strings("cap_add");
  container.capDrop = fields.strings("cap_drop");
  for (auto& option : fields.strings("security_opt")) {
    container.securityOptions.push_back(securityOption(planning, fields, std::move(option)));
  }
  container.groupAdd = fields.strings("group_add");
  container.deviceCgroupRules = fields.strings("device_cgroup_rules");
  container.privileged = fields.isSet("privileged");
  container.readOnly = fields.isSet("read_only");
  container.sysctls = fields.map("sysctls");
  container.storageOptions = fields.map("storage_opt");
  container.shmBytes = fields.bytes("shm_size").value_or(0);
  container.ipcMode = fields.text("ipc");
  container.pidMode = fields.text("pid");
  container.utsMode = fields.text("uts");
  container.cgroupMode = fields.word("cgroup", {"host", "private"});
  container.cgroupParent = fields.text("cgroup_parent");
  container.usernsMode = fields.text("userns_mode");
  container.isolation = fields.text("isolation");
}

void rememberPlaces(const Fields& fields, model::Service& service) {
  for (const auto& entry : fields.node()->entries) {
    if (!startsWith(entry.key, "x-"))
      service.attributeAt[entry.key] = entry.keyAt.known() ? entry.keyAt : entry.value.at;
  }
  const format::Node* build = fields.find("build");
  if (build == nullptr) return;
  for (const auto& entry : build->entries) {
    service.attributeAt["build." + entry.key] = entry.value.at.known() ? entry.value.at : entry.keyAt;
  }
}

model::Service planService(Planning& planning, const format::Entry& entry) {
  const Fields fields(&entry.value, "services." + entry.key, planning.findings);
  model::Service service;
  service.name = entry.key;
  service.at = entry.keyAt;
  rememberPlaces(fields, service);
  service.containerName = fields.text("container_name");
  service.profiles = fields.strings("profiles");
  service.attach = fields.flag("attach").value_or(true);
  planImageAndBuild(planning, fields, service);
  planCommand(fields, service.container);
  planEnvironment(planning, fields, service.container);
  planPorts(fields, service.container);
  planMounts(planning, fields, service);
  planAttachments(planning, fields, service.container);
  planFileGrants(planning, fields, service.container);
  planHealth(fields, service.container);
  planResources(fields, service);
  planDevices(fields, service.container);
  planDependencies(planning, fields, service);
  planIdentity(fields, service.container);
  planNames(fields, service.container);
  planIsolation(planning, fields, service.container);
  planOrbit(fields, service);
  warnUnsupportedService(fields);
  return service;
}

bool goodName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

void planServices(Planning& planning, model::Plan& plan) {
  const format::Node* services = planning.merged.root.find("services");
  if (services == nullptr || services->entries.empty()) {
    planning.findings.problem(Location{.file = plan.files.empty() ? "" : plan.files.front()},
                              "the file has no services", "add one: `services: {web: {image: \"nginx:alpine\"}}`");
    return;
  }
  if (services->entries.size() > kServicesMax) {
    planning.findings.problem(services->at, "more than " + std::to_string(kServicesMax) + " services",
                              "split the project");
    return;
  }
  for (const auto& entry : services->entries) {
    if (startsWith(entry.key, "x-")) continue;
    if (!goodName(entry.key)) {
      planning.findings.problem(entry.keyAt, "`" + entry.key + "` is no name for a service",
                                "letters, digits, `-`, `_` and `.`");
      continue;
    }
    if (std::find(plan.disabled.begin(), plan.disabled.end(), entry.key) != plan.disabled.end()) continue;
    plan.services.push_back(planService(planning, entry));
  }
}

}  // namespace

std::string Planning::shown(const std::string& path) const {
  const std::string folder = merged.workingDir + "/";
  if (path == merged.workingDir) return ".";
  return startsWith(path, folder) ? "./" + path.substr(folder.size()) : path;
}

bool checkReference(Planning& planning, std::string_view section, const std::string& name, const Location& at,
                    const std::string& user) {
  const format::Node* all = planning.merged.root.find(section);
  std::vector<std::string_view> names;
  if (all != nullptr) {
    for (const auto& entry : all->entries) {
      if (entry.key == name) return true;
      if (!startsWith(entry.key, "x-")) names.push_back(entry.key);
    }
  }
  const std::string one(section.substr(0, section.size() - 1));
  const auto near = nearest(name, names);
  std::string hint = "did you mean `" + std::string(near) + "`?";
  if (near.empty() && section == "services") {
    std::vector<std::string> shown(names.begin(), names.end());
    hint = "the services are " + join(shown, ", ");
  } else if (near.empty()) {
    hint = "define it: `" + std::string(section) + ": {" + name + ": " +
           (section == "configs" || section == "secrets" ? "{file: ./" + name + "}" : "{}") + "}`";
    if (section == "volumes") hint += ", or write ./" + name + " for a folder of the project";
  }
  planning.findings.problem(at, user + ": there is no " + one + " `" + name + "`", std::move(hint));
  return false;
}

model::Plan makePlan(Planning& planning) {
  model::Plan plan;
  plan.project = planning.merged.projectName;
  plan.workingDir = planning.merged.workingDir;
  plan.files = planning.merged.files;
  plan.disabled = planning.merged.disabled;
  planServices(planning, plan);
  planLinks(planning, plan);
  checkCycles(planning, plan);
  checkTogether(planning, plan);
  planNetworks(planning, plan);
  planVolumes(planning, plan);
  planFileObjects(planning, plan);
  planDomains(planning, plan);
  planReadyPorts(plan);
  checkPrograms(planning, plan);
  warnUnsupported(Fields(&planning.merged.root, "the file", planning.findings));
  return plan;
}

}  // namespace orbit::project
