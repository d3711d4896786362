#include "stack/stack.h"

#include "stack/images.h"
#include "stack/schedule.h"

namespace orbit::stack {
namespace {

using net::Task;

std::vector<const model::Service*> servicesOf(const Schedule& order) {
  std::vector<const model::Service*> all;
  for (const auto& turn : order.turns) all.push_back(turn.service);
  return all;
}

}  // namespace

Stack::Stack(net::Loop& loop, engine::Engine& engine, std::string home)
    : loop_(loop), engine_(engine), home_(std::move(home)) {}

Task<Outcome> Stack::build(const model::Plan& plan, BuildOptions options, Observer observer, net::Wait wait) {
  Operation operation{loop_, engine_, home_, std::move(observer), wait};
  Selection selection{options.services, false, {}};
  auto order = schedule(plan, selection);
  if (!order.ok()) {
    operation.fail(std::move(order).error());
    co_return operation.outcome();
  }
  std::vector<const model::Service*> services = servicesOf(*order);
  std::erase_if(services, [](const model::Service* service) { return !service->build; });
  if (services.empty()) operation.warn({"nothing to build: no service has a `build:`", "", {}});
  ImageOptions images;
  images.build = true;
  images.buildNoCache = options.noCache;
  images.buildPull = options.pull;
  images.buildComposeLabels = options.composeLabels;
  images.buildLight = options.light;
  images.buildArgs = options.args;
  images.contexts = options.contexts;
  Images all(operation, plan, services, images);
  Outcome needs;
  needs.needContexts = all.neededContexts();
  if (!needs.needContexts.empty()) co_return needs;
  const bool built = co_await all.fetch();
  static_cast<void>(built);  // the failures stand in the operation
  co_return operation.outcome();
}

Task<Outcome> Stack::pull(const model::Plan& plan, std::vector<std::string> services, bool ignoreFailures,
                          bool includeDeps, Observer observer, net::Wait wait) {
  Operation operation{loop_, engine_, home_, std::move(observer), wait};
  Selection selection{std::move(services), includeDeps, {}};
  auto order = schedule(plan, selection);
  if (!order.ok()) {
    operation.fail(std::move(order).error());
    co_return operation.outcome();
  }
  Images images(operation, plan, servicesOf(*order), ImageOptions{});
  const bool pulled = co_await images.pullAll(ignoreFailures);
  static_cast<void>(pulled);  // the failures stand in the operation
  co_return operation.outcome();
}

}  // namespace orbit::stack
