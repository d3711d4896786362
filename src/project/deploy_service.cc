// The services of a deployment, from the typed plan: shape, names, network, volumes, order.
#include <algorithm>

#include "project/deploying.h"

namespace orbit::project {
namespace {

using model::DeployService;
using Shape = DeployService::Shape;

Location placeOf(const model::Service& service, const std::string& key) {
  const auto found = service.attributeAt.find(key);
  return found == service.attributeAt.end() ? service.at : found->second;
}

void learnImage(const model::Service& service, ServiceFacts& facts) {
  const std::string target = service.build ? service.build->target : "";
  facts.exposed = exposedPorts(facts.dockerfile, target);
  for (const Stage* stage : stageChain(facts.dockerfile, target)) facts.base.push_back(stage->image);
}

void planShape(Deploying& deploying, DeployService& service) {
  const auto& spec = service.service.container;
  const ServiceFacts& facts = deploying.facts[service.service.name];
  const std::string image = service.service.build ? (facts.base.empty() ? "" : facts.base.back()) : spec.image;
  const std::string_view database = databaseOf(image);
  const auto volume = std::find_if(spec.mounts.begin(), spec.mounts.end(), [](const model::Mount& mount) {
    return mount.type == model::Mount::Type::kVolume && !mount.source.empty();
  });
  const std::string& name = service.service.name;
  if (!database.empty()) {
    service.shape = Shape::kDatabase;
    const std::string what = "is a database (" + std::string(database) +
                             "), replaced only when its own image or "
                             "configuration changed, and never moved by a rollback";
    const bool keeps = volume != spec.mounts.end();
    deploying.note(name, "stateful", what,
                   keeps ? "its data is in the volume " + volume->source
                         : "it has no named volume and is empty after that; give it one if its data matters",
                   placeOf(service.service, keeps ? "volumes" : "image"));
  } else if (volume != spec.mounts.end()) {
    service.shape = Shape::kStateful;
    deploying.note(
        name, "stateful",
        "is stateful, one instance replaced behind a paused route, only when its own image or configuration changed",
        "two instances would write to the volume " + volume->source + " at once", placeOf(service.service, "volumes"));
  }
}

// One network for the environment: what else the file says of networks is told and left.
void joinNetwork(Deploying& deploying, DeployService& service) {
  auto& spec = service.service.container;
  std::vector<std::string> aliases = deploying.facts[service.service.name].aliases;
  std::vector<std::string> fixed;
  for (const auto& network : spec.networks) {
    aliases.insert(aliases.end(), network.aliases.begin(), network.aliases.end());
    for (const auto* address : {&network.ipv4Address, &network.ipv6Address, &network.macAddress}) {
      if (!address->empty()) fixed.push_back(*address);
    }
  }
  std::sort(aliases.begin(), aliases.end());
  aliases.erase(std::unique(aliases.begin(), aliases.end()), aliases.end());
  std::erase(aliases, service.service.name);
  if (!fixed.empty()) {
    deploying.note(service.service.name, "network", "does not keep the address " + join(fixed, ", "),
                   "an environment gives addresses itself; use the service's name",
                   placeOf(service.service, "networks"));
  }
  if (spec.networkMode == "bridge") spec.networkMode.clear();
  spec.macAddress.clear();
  spec.networks.clear();
  if (!spec.networkMode.empty()) return;
  model::NetworkAttachment only;
  only.network = "default";
  only.aliases = std::move(aliases);
  spec.networks.push_back(std::move(only));
}

void tellNetworks(Deploying& deploying, const model::Plan& plan) {
  std::vector<std::string> names;
  for (const auto& network : plan.networks) {
    if (network.key != "default") names.push_back(network.key);
    if (network.internal) {
      deploying.note("", "network", "network " + network.key + " is not `internal` here",
                     "an environment has one network, and its services reach the internet", network.at);
    }
    if (network.external) {
      deploying.note("", "network", "does not join the external network " + network.name,
                     "an environment has a network of its own", network.at);
    }
  }
  if (names.empty()) return;
  deploying.note("", "network", "the networks " + join(names, ", ") + " are one here",
                 "an environment has one network: services that the file keeps apart can reach each other",
                 plan.networks.front().at);
}

// A volume of an environment is never development's, whatever the file calls it.
void nameVolumes(Deploying& deploying, std::vector<model::Volume>& volumes) {
  const auto& deployment = deploying.deployment;
  const format::Node* all = deploying.merged.root.find("volumes");
  for (auto& volume : volumes) {
    if (volume.external) continue;
    const format::Node* written = all == nullptr ? nullptr : all->find(volume.key);
    const format::Node* name = written == nullptr ? nullptr : written->find("name");
    if (name != nullptr && deploying.isOfEnvironmentFile(name->at)) continue;
    if (name != nullptr) {
      deploying.note("", "volume", "volume " + volume.key + " is not the `" + volume.name + "` of development",
                     "each environment has data of its own", name->at);
    }
    volume.name = "orbit." + deployment.project + "." + deployment.environment + "." + volume.key;
  }
}

// The files may be on another machine than the one that runs them.
void takeContents(Deploying& deploying, std::vector<model::FileObject>& objects) {
  for (auto& object : objects) {
    if (object.from != model::FileObject::From::kFile) continue;
    const File* file = fileOf(deploying.planning.snapshot, object.path, deploying.planning.needs);
    if (file == nullptr || file->kind != File::Kind::kText) continue;
    object.from = model::FileObject::From::kContent;
    object.content = file->text;
  }
}

bool sameImage(const model::Service& a, const model::Service& b) {
  if (a.build && b.build) {
    return a.build->context == b.build->context && a.build->dockerfile == b.build->dockerfile &&
           a.build->target == b.build->target && a.build->dockerfileInline == b.build->dockerfileInline;
  }
  return !a.build && !b.build && a.container.image == b.container.image;
}

std::vector<std::string> wholeCommand(const model::Service& service) {
  std::vector<std::string> words = service.container.entrypoint.value_or(std::vector<std::string>{});
  const auto command = service.container.command.value_or(std::vector<std::string>{});
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

// A service that others wait for until it has completed becomes a command before the first of them.
void placeJob(Deploying& deploying, const model::Service& job, std::vector<DeployService>& services) {
  DeployService* first = nullptr;
  const auto words = wholeCommand(job);
  for (auto& service : services) {
    for (const auto& dependency : service.service.dependsOn) {
      if (dependency.service != job.name || dependency.condition != model::Dependency::Condition::kCompleted) continue;
      if (first == nullptr && sameImage(service.service, job)) first = &service;
    }
  }
  if (first == nullptr || words.empty()) {
    deploying.findings().problems.push_back(
        {Code::kUnsupported,
         "services." + job.name +
             " runs once before others, from an image of its own: that is not done yet outside of development",
         "let it be built from the same `build:` as a service that waits for it, with a `command:`; or write the "
         "command as preDeployCommand in that service's railway.json",
         job.at});
    return;
  }
  first->preDeploy.push_back(words);
  deploying.note(first->service.name, "pre-deploy", "runs `" + join(words, " ") + "` before each release",
                 "the file's service " + job.name + " has to complete before it", job.at);
  for (auto& service : services) {
    std::erase_if(service.service.dependsOn, [&](const auto& one) { return one.service == job.name; });
    const bool waits = std::find(service.after.begin(), service.after.end(), job.name) != service.after.end();
    std::erase(service.after, job.name);
    if (waits && &service != first) service.after.push_back(first->service.name);
  }
  for (const auto& dependency : job.dependsOn) {
    if (std::find(first->after.begin(), first->after.end(), dependency.service) == first->after.end()) {
      first->after.push_back(dependency.service);
    }
  }
}

DeployService makeService(Deploying& deploying, model::Service planned, const model::Plan& plan) {
  DeployService service;
  service.service = std::move(planned);
  ServiceFacts& facts = deploying.facts[service.service.name];
  learnImage(service.service, facts);
  giveVariables(deploying.target, service.service);
  for (const auto& domain : plan.domains) {
    if (domain.service == service.service.name) service.hosts.push_back(domain.host);
  }
  for (const auto& dependency : service.service.dependsOn) service.after.push_back(dependency.service);
  planShape(deploying, service);
  planPortsOfDeploy(deploying, service);
  planRelease(deploying, service);
  joinNetwork(deploying, service);
  auto& spec = service.service.container;
  service.service.containerName.clear();
  service.service.scale = service.replicas;
  spec.labels.erase("orbit.port");
  const Fields orbit = deploying.fieldsOf(service.service.name).in(kOrbitKey);
  if (facts.site || orbit.isSet("site")) {
    deploying.note(service.service.name, "site", "is deployed as the container its Dockerfile makes",
                   "sites are not done yet: headers, rewrites and redirects of a vercel.json change nothing so far",
                   service.service.at);
  }
  return service;
}

}  // namespace

void makeServices(Deploying& deploying, model::Plan plan) {
  auto& deployment = deploying.deployment;
  std::vector<model::Service> jobs;
  for (auto& planned : plan.services) {
    if (deploying.facts[planned.name].job) {
      jobs.push_back(std::move(planned));
    } else {
      deployment.services.push_back(makeService(deploying, std::move(planned), plan));
    }
  }
  for (const auto& job : jobs) placeJob(deploying, job, deployment.services);
  for (const auto& name : plan.disabled) {
    deploying.note("", "profile", "leaves out " + name, "no profile enables it; `--profile NAME` does");
  }
  tellNetworks(deploying, plan);
  nameVolumes(deploying, plan.volumes);
  takeContents(deploying, plan.configs);
  takeContents(deploying, plan.secrets);
  deployment.volumes = std::move(plan.volumes);
  deployment.configs = std::move(plan.configs);
  deployment.secrets = std::move(plan.secrets);
}

}  // namespace orbit::project
