// `up`: look, decide (converge.h), then every service side by side (up_service.h).
#include "stack/create.h"
#include "stack/limits.h"
#include "stack/names.h"
#include "stack/resources.h"
#include "stack/up_service.h"

namespace orbit::stack {
namespace {

using net::Task;

class Up {
 public:
  Up(Operation& operation, const model::Plan& plan, const UpOptions& options,
     std::map<std::string, std::int64_t>& knownHealthy)
      : operation_(operation), plan_(plan), options_(options), knownHealthy_(knownHealthy) {}

  Task<Outcome> run() {
    const Instant start = operation_.loop.clock().now();
    auto order = schedule(plan_, {options_.services, !options_.noDeps, options_.scale});
    const Status valid = order.ok() ? checkScale(*order) : Status();
    if (!order.ok() || !valid.ok()) {
      operation_.fail(order.ok() ? valid.error() : order.error());
      co_return operation_.outcome();
    }
    for (const auto& warning : order->warnings) operation_.warn(warning);
    order_ = std::move(*order);
    Images images(operation_, plan_, services(), imageOptions());
    const bool seen = co_await look(images);
    if (!seen) co_return operation_.outcome();
    Outcome needs;
    needs.needContexts = images.neededContexts();
    if (!needs.needContexts.empty()) co_return needs;
    const bool fetched = co_await images.fetch();
    if (!fetched) co_return operation_.outcome();
    const bool decided = co_await decideAll(images);
    if (!decided) co_return operation_.outcome();
    const bool prepared = co_await prepare();
    if (!prepared) co_return operation_.outcome();
    if (options_.waitTimeout) deadline_ = start + *options_.waitTimeout;
    co_await bringUp(images);
    co_return operation_.outcome();
  }

 private:
  std::vector<const model::Service*> services() const {
    std::vector<const model::Service*> all;
    for (const auto& turn : order_.turns) all.push_back(turn.service);
    return all;
  }

  ImageOptions imageOptions() const {
    ImageOptions images;
    images.build = options_.build;
    images.noBuild = options_.noBuild;
    images.pull = options_.pull;
    images.contexts = options_.contexts;
    return images;
  }

  Status checkScale(const Schedule& order) const {
    for (const auto& [name, scale] : options_.scale) {
      if (plan_.find(name) == nullptr) return Error{Code::kNotFound, "--scale names no service of the file: " + name};
    }
    for (const auto& turn : order.turns) {
      const auto found = options_.scale.find(turn.service->name);
      const int scale = found == options_.scale.end() ? turn.service->scale : found->second;
      if (scale > kReplicasMost) {
        return Error{Code::kLimit,
                     "service " + turn.service->name + " asks for " + std::to_string(scale) + " containers; at most " +
                         std::to_string(kReplicasMost),
                     "", turn.service->at};
      }
      if (scale > 1 && !turn.service->containerName.empty()) {
        return Error{Code::kInvalid,
                     "service " + turn.service->name + " has a `container_name`, so it cannot have " +
                         std::to_string(scale) + " containers",
                     "take out `container_name` to scale it", turn.service->at};
      }
    }
    return {};
  }

  Task<void> observeInto(Result<Observed>* result) { *result = co_await observe(operation_, plan_.project); }

  // Containers, networks, volumes and images, all at once.
  Task<bool> look(Images& images) {
    Result<Observed> observed{Observed{}};
    net::TaskGroup group(operation_.loop);
    group.add(observeInto(&observed));
    const bool looked = co_await images.look();
    co_await group.join();
    if (looked && !observed.ok()) operation_.fail(std::move(observed).error());
    if (!looked || !observed.ok()) co_return false;
    const Status owner = checkOwner(plan_, *observed, operation_.home);
    if (!owner.ok()) {
      operation_.fail(owner.error());
      co_return false;
    }
    observed_ = std::move(*observed);
    co_return true;
  }

  // What differs in a container that another tool made.
  Task<void> compare(const engine::ContainerSummary& container, const Images& images) {
    const model::Service* service = plan_.find(labelOf(container.labels, kServiceLabel));
    const engine::ImageDetail* image = images.find(*service);
    auto detail = co_await operation_.engine.inspectContainer(container.id, operation_.wait);
    if (!detail.ok() && detail.error().code != Code::kNotFound) operation_.fail(std::move(detail).error());
    if (!detail.ok() || image == nullptr) co_return;
    ContainerInput input;
    input.number = numberOf(container.labels);
    input.home = operation_.home;
    input.image = image;
    input.inherit = detail->mounts;
    const auto first = firstContainers(observed_);
    const Status found = co_await findPartners(operation_, *service, first, input);
    if (!found.ok()) co_return;
    auto spec = containerSpec(plan_, *service, input);
    if (!spec.ok()) co_return;
    // Ours and the other tool's bookkeeping is no difference.
    spec->labels = service->container.labels;
    const std::string name = containerName(plan_, *service, input.number);
    for (auto& attachment : spec->networks) std::erase(attachment.aliases, name);
    converge_.differences[container.id] = engine::differences(*spec, *detail, *image);
  }

  Task<bool> decideAll(const Images& images) {
    const std::size_t before = operation_.failures.size();
    net::TaskGroup group(operation_.loop);
    for (const auto* container : adopted(order_, observed_)) group.add(compare(*container, images));
    co_await group.join();
    if (operation_.failures.size() != before) co_return false;
    converge_.forceRecreate = options_.forceRecreate;
    converge_.noRecreate = options_.noRecreate;
    converge_.alwaysRecreateDeps = options_.alwaysRecreateDeps;
    converge_.scale = options_.scale;
    for (const auto& turn : order_.turns) {
      const engine::ImageDetail* image = images.find(*turn.service);
      if (image != nullptr) converge_.imageIds[turn.service->name] = image->id;
    }
    decision_ = decide(plan_, order_, observed_, converge_);
    co_return true;
  }

  Task<void> removeOrphan(Removal what) {
    const bool removed = co_await stopAndRemove(operation_, std::move(what), options_.stopTimeout, false);
    orphansGone_ &= removed;
  }

  // Networks and volumes, and orphans out of the way: they may hold ports.
  Task<bool> prepare() {
    net::TaskGroup group(operation_.loop);
    std::vector<std::string> names;
    for (const auto& orphan : decision_.orphans) {
      names.push_back(orphan.name);
      if (options_.removeOrphans) group.add(removeOrphan(orphan));
    }
    if (!names.empty() && !options_.removeOrphans) {
      operation_.warn({"containers of services that are not in the file any more: " + join(names, ", "),
                       "remove them with --remove-orphans",
                       {}});
    }
    const bool ready = co_await ensureResources(operation_, plan_, order_, observed_);
    co_await group.join();
    co_return ready&& orphansGone_;
  }

  Task<void> bringUp(const Images& images) {
    UpState state{operation_, plan_,     options_,
                  images,     observed_, knownHealthy_,
                  order_,     deadline_, net::Condition(operation_.loop)};
    // Services that do not take part may still be shared with.
    for (const auto& [service, id] : firstContainers(observed_)) {
      if (!decision_.services.contains(service)) state.first[service] = id;
    }
    for (const auto& [service, decision] : decision_.services) state.unsettled.insert(service);
    std::vector<std::unique_ptr<UpService>> all;
    for (const auto& turn : state.order.turns) {
      all.push_back(std::make_unique<UpService>(state, turn, decision_.services[turn.service->name]));
    }
    net::TaskGroup group(operation_.loop);
    for (const auto& service : all) group.add(service->run());
    co_await group.join();
    if (!options_.noStart) co_await restartOthers(state);
  }

  // `orbit up db` with a db that was recreated: running dependants with `restart: true` that were not named.
  Task<void> restartOthers(const UpState& state) {
    for (const auto& [name, service] : decision_.services) {
      const auto progress = state.progress.find(name);
      if (!service.recreates() || progress == state.progress.end() || progress->second.failed) continue;
      for (const auto& dependant : restartsWith(plan_, name)) {
        if (decision_.services.contains(dependant)) continue;
        for (const auto& container : observed_.containers) {
          if (labelOf(container.labels, kServiceLabel) == dependant && !isOneOff(container.labels) &&
              container.state == engine::ContainerState::kRunning) {
            co_await restart(container, dependant);
          }
        }
      }
    }
  }

  Task<void> restart(const engine::ContainerSummary& container, const std::string& service) {
    operation_.containerStep(container.name, service, "stopping", "a service it depends on was recreated");
    Status done = co_await operation_.engine.stopContainer(container.id, options_.stopTimeout, operation_.wait);
    if (done.ok()) done = co_await operation_.engine.startContainer(container.id, operation_.wait);
    if (done.ok()) {
      operation_.containerStep(container.name, service, "started");
    } else {
      operation_.fail(std::move(done).error(), service, container.name);
    }
  }

  Operation& operation_;
  const model::Plan& plan_;
  const UpOptions& options_;
  std::map<std::string, std::int64_t>& knownHealthy_;
  Schedule order_;
  Observed observed_;
  ConvergeOptions converge_;
  Decision decision_;
  Instant deadline_ = Instant::max();
  bool orphansGone_ = true;
};

}  // namespace

Task<Outcome> Stack::up(const model::Plan& plan, UpOptions options, Observer observer, net::Wait wait) {
  Operation operation{loop_, engine_, home_, std::move(observer), wait};
  Up up(operation, plan, options, knownHealthy_);
  co_return co_await up.run();
}

}  // namespace orbit::stack
