// `run`: a container of its own beside the service's, as Compose makes it: no ports and no network aliases of the
// service unless asked for, no restart policy, labelled as a one-off so that `up` leaves it alone.
#include "stack/create.h"
#include "stack/failure.h"
#include "stack/images.h"
#include "stack/names.h"
#include "stack/observe.h"
#include "stack/resources.h"

namespace orbit::stack {
namespace {

using net::Task;

constexpr std::size_t kSlugShown = 12;

std::string newSlug() {
  Random random = Random::fromSystem();
  std::string slug;
  while (slug.size() < 64) slug += "0123456789abcdef"[random.below(16)];
  return slug;
}

// "[address:][host:]container[/protocol]".
Result<model::Port> parsePublish(const std::string& text) {
  model::Port port;
  std::string rest = text;
  if (const auto slash = rest.rfind('/'); slash != std::string::npos) {
    port.protocol = rest.substr(slash + 1);
    rest.resize(slash);
  }
  if (const auto colon = rest.rfind(':'); colon != std::string::npos) {
    const std::string host = rest.substr(0, colon);
    rest = rest.substr(colon + 1);
    const auto address = host.rfind(':');
    port.published = address == std::string::npos ? host : host.substr(address + 1);
    port.hostIp = address == std::string::npos ? "" : host.substr(0, address);
  }
  port.target = std::atoi(rest.c_str());
  if (port.target < 1 || port.target > 65535) {
    return Error{Code::kInvalid, "cannot read the port " + text, "write it as 8080:80"};
  }
  return port;
}

// "source:target[:ro]" or "target".
Result<model::Mount> parseVolume(const model::Plan& plan, const std::string& text) {
  const auto parts = split(text, ':');
  model::Mount mount;
  mount.target = parts.size() == 1 ? parts[0] : parts[1];
  if (parts.size() > 3 || !startsWith(mount.target, "/")) {
    return Error{Code::kInvalid, "cannot read the volume " + text, "write it as ./folder:/path or name:/path"};
  }
  mount.readOnly = parts.size() == 3 && parts[2] == "ro";
  if (parts.size() == 1) return mount;
  mount.source = parts[0];
  if (startsWith(mount.source, ".") || startsWith(mount.source, "/")) {
    mount.type = model::Mount::Type::kBind;
    if (startsWith(mount.source, ".")) mount.source = plan.workingDir + "/" + mount.source;
  }
  return mount;
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> all;
  for (const auto word : split(text, ' ')) {
    if (!word.empty()) all.emplace_back(word);
  }
  return all;
}

// The service as this one run wants it.
Result<model::Service> adapted(const model::Plan& plan, const Stack::RunOptions& options) {
  model::Service service = *plan.find(options.service);
  model::ContainerSpec& spec = service.container;
  service.containerName.clear();
  spec.restartPolicy.clear();
  spec.tty = options.tty;
  spec.stdinOpen = options.stdin;
  spec.stdinOnce = options.stdin;
  if (!options.entrypoint.empty()) {
    spec.entrypoint = words(options.entrypoint);
    spec.command = std::vector<std::string>{};
  }
  if (!options.command.empty()) spec.command = options.command;
  if (!options.user.empty()) spec.user = options.user;
  if (!options.workingDir.empty()) spec.workingDir = options.workingDir;
  for (const auto& [name, value] : options.environment) spec.environment[name] = value;
  if (!options.servicePorts) spec.ports.clear();
  for (const auto& text : options.publish) {
    ORBIT_TRY(auto port, parsePublish(text));
    spec.ports.push_back(std::move(port));
  }
  for (const auto& text : options.volumes) {
    ORBIT_TRY(auto mount, parseVolume(plan, text));
    std::erase_if(spec.mounts, [&](const model::Mount& old) { return old.target == mount.target; });
    spec.mounts.push_back(std::move(mount));
  }
  return service;
}

class OneOff {
 public:
  OneOff(Operation& operation, const model::Plan& plan, const Stack::RunOptions& options)
      : operation_(operation), plan_(plan), options_(options) {}

  Task<std::string> create(const model::Service& service, const Images& images, const Observed& observed) {
    ContainerInput input;
    input.home = operation_.home;
    input.image = images.find(service);
    const auto first = firstContainers(observed);
    Status found = co_await findPartners(operation_, service, first, input);
    if (!found.ok()) co_return refuse(std::move(found).error(), "");
    auto spec = containerSpec(plan_, service, input);
    if (!spec.ok()) co_return refuse(std::move(spec).error(), "");
    const std::string slug = newSlug();
    std::string name = options_.name;
    if (name.empty()) name = plan_.project + "-" + service.name + "-run-" + slug.substr(0, kSlugShown);
    spec->labels[kOneOffLabel] = "True";
    spec->labels[kSlugLabel] = slug;
    spec->labels.erase(kNumberLabel);
    for (auto& attachment : spec->networks) {
      attachment.aliases.clear();
      attachment.ipv4Address.clear();
      attachment.ipv6Address.clear();
    }
    operation_.containerStep(name, service.name, "creating");
    auto id = co_await operation_.engine.createContainer(name, std::move(*spec), operation_.wait);
    if (!id.ok()) {
      Failure failure = co_await explainRefusal(operation_, service, name, std::move(id).error());
      operation_.failures.push_back(std::move(failure));
      co_return std::string();
    }
    Status put = co_await putFiles(operation_, plan_, service, *id);
    if (!put.ok()) co_return refuse(std::move(put).error(), name);
    operation_.containerStep(name, service.name, "created");
    co_return std::move(*id);
  }

 private:
  std::string refuse(Error error, const std::string& container) {
    operation_.fail(std::move(error), options_.service, container);
    return {};
  }

  Operation& operation_;
  const model::Plan& plan_;
  const Stack::RunOptions& options_;
};

}  // namespace

Task<Stack::RunCreated> Stack::createOneOff(const model::Plan& plan, RunOptions options, Observer observer,
                                            net::Wait wait) {
  Operation operation{loop_, engine_, home_, observer, wait};
  RunCreated result;
  Selection selection{{options.service}, false, {}};
  auto order = schedule(plan, selection);
  auto service = order.ok() ? adapted(plan, options) : Result<model::Service>(order.error());
  if (!service.ok()) {
    operation.fail(std::move(service).error(), options.service);
    result.outcome = operation.outcome();
    co_return result;
  }
  ImageOptions imageOptions;
  imageOptions.contexts = options.contexts;
  const model::Service& original = *plan.find(options.service);
  Images images(operation, plan, {&original}, imageOptions);
  const bool looked = co_await images.look();
  if (looked) result.outcome.needContexts = images.neededContexts();
  if (!looked || !result.outcome.needContexts.empty()) {
    if (!looked) result.outcome = operation.outcome();
    co_return result;
  }
  UpOptions dependencies;
  for (const auto& dependency : original.dependsOn) {
    if (plan.find(dependency.service) != nullptr) dependencies.services.push_back(dependency.service);
  }
  if (!options.noDeps && !dependencies.services.empty()) {
    dependencies.contexts = options.contexts;
    dependencies.noRecreate = true;
    result.outcome = co_await up(plan, dependencies, observer, wait);
    if (!result.outcome.ok()) co_return result;
  }
  bool ready = co_await images.fetch();
  auto observed = co_await observe(operation, plan.project);
  if (ready && !observed.ok()) operation.fail(std::move(observed).error());
  if (ready && observed.ok()) {
    ready = co_await ensureResources(operation, plan, *order, *observed);
    OneOff oneOff(operation, plan, options);
    if (ready) result.container = co_await oneOff.create(*service, images, *observed);
  }
  result.outcome = operation.outcome();
  co_return result;
}

}  // namespace orbit::stack
