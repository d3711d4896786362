#include "stack/images.h"

#include "stack/build.h"
#include "stack/limits.h"
#include "stack/names.h"

namespace orbit::stack {

using net::Task;

Images::Images(Operation& operation, const model::Plan& plan, std::vector<const model::Service*> services,
               ImageOptions options)
    : operation_(operation),
      plan_(plan),
      services_(std::move(services)),
      options_(std::move(options)),
      builds_(operation.loop, kBuildsAtOnce),
      pulls_(operation.loop, kPullsAtOnce) {}

const engine::ImageDetail* Images::find(const model::Service& service) const {
  const auto found = present_.find(imageName(plan_, service));
  return found == present_.end() ? nullptr : &found->second;
}

Task<bool> Images::look() {
  std::set<std::string> references;
  for (const auto* service : services_) references.insert(imageName(plan_, *service));
  net::TaskGroup group(operation_.loop);
  for (const auto& reference : references) group.add(lookAt(reference));
  co_await group.join();
  co_return ok_;
}

Task<void> Images::lookAt(std::string reference) {
  auto detail = co_await operation_.engine.inspectImage(reference, operation_.wait);
  if (detail.ok()) {
    present_[reference] = std::move(*detail);
  } else if (detail.error().code != Code::kNotFound) {
    // Whichever image was asked for, the engine is what failed: one failure is enough.
    if (ok_) operation_.fail(std::move(detail).error());
    ok_ = false;
  }
}

// Compose's rules: a service with `build:` is built when its image is missing; `pull_policy` and --pull say when a
// registry is asked. daily, weekly and every_… need to know when an image was last pulled, which the engine does not
// tell before API 1.44: they count as `missing`, and the plan's warnings say so.
Images::Source Images::sourceOf(const model::Service& service, bool present) const {
  const std::string& policy = options_.pull.empty() ? service.pullPolicy : options_.pull;
  if (service.build) {
    if (options_.build || service.pullPolicy == "build") return options_.noBuild ? Source::kPresent : Source::kBuild;
    if (present) return Source::kPresent;
    return options_.noBuild ? Source::kAbsent : Source::kBuild;
  }
  if (policy == "always") return Source::kPull;
  if (present) return Source::kPresent;
  return policy == "never" ? Source::kAbsent : Source::kPull;
}

std::map<std::string, Images::Need> Images::needs() const {
  std::map<std::string, Need> needs;
  for (const auto* service : services_) {
    const std::string reference = imageName(plan_, *service);
    Need& need = needs[reference];
    // Several services may run one image: the one with `build:` makes it for all.
    if (need.service != nullptr && (need.service->build || !service->build)) continue;
    need = {service, sourceOf(*service, present_.contains(reference))};
  }
  return needs;
}

std::vector<NeededContext> Images::neededContexts() const {
  std::vector<NeededContext> needed;
  for (const auto& [reference, need] : needs()) {
    if (need.source != Source::kBuild || options_.contexts.contains(need.service->name)) continue;
    // A URL is refused by buildRequest(); nobody can pack it.
    if (startsWith(need.service->build->context, "/")) needed.push_back(contextOf(*need.service));
  }
  return needed;
}

Task<bool> Images::fetch() {
  const auto all = needs();
  net::TaskGroup group(operation_.loop);
  for (const auto& [reference, need] : all) {
    if (need.source == Source::kPull) group.add(pullOne(reference, *need.service, present_.contains(reference)));
    if (need.source == Source::kBuild) group.add(buildOne(reference, *need.service));
    if (need.source == Source::kAbsent) {
      const bool build = need.service->build.has_value();
      fail(
          Error{Code::kNotFound, "image " + reference + " of service " + need.service->name + " is not on this machine",
                build ? "build it with `orbit build`, or leave out --no-build"
                      : "pull it with `orbit pull`, or change `pull_policy`"},
          *need.service);
    }
  }
  co_await group.join();
  co_return ok_;
}

Task<bool> Images::pullAll(bool ignoreFailures) {
  const auto all = needs();
  net::TaskGroup group(operation_.loop);
  for (const auto& [reference, need] : all) {
    if (need.service->pullPolicy == "never" || need.service->pullPolicy == "build") continue;
    if (need.service->build && need.service->container.image.empty()) continue;
    // What can be built need not be in a registry.
    group.add(pullOne(reference, *need.service, ignoreFailures || need.service->build.has_value()));
  }
  co_await group.join();
  co_return ok_;
}

Task<void> Images::pullOne(std::string reference, const model::Service& service, bool warnOnly) {
  const Status entered = co_await pulls_.enter(operation_.wait);
  if (!entered.ok()) {
    ok_ = false;
    co_return;
  }
  operation_.step(Step::Kind::kImage, reference, service.name, "pulling");
  const Operation& operation = operation_;
  const engine::Sink<engine::Progress> progress = [&operation, &reference,
                                                   &service](engine::Progress piece) -> Task<Status> {
    operation.observer.step(Step{Step::Kind::kImage, reference, service.name, "pulling",
                                 piece.step.empty() ? piece.text : piece.step + " " + piece.text, piece.current,
                                 piece.total});
    co_return Status();
  };
  auto pulled = co_await operation_.engine.pullImage(reference, service.container.platform, progress, operation_.wait);
  pulls_.leave();
  if (pulled.ok()) {
    operation_.step(Step::Kind::kImage, reference, service.name, "pulled");
    co_await lookAt(reference);
  } else if (warnOnly && pulled.error().code != Code::kCancelled) {
    operation_.step(Step::Kind::kImage, reference, service.name, "skipped", pulled.error().message);
    operation_.warn({"could not pull " + reference + ": " + pulled.error().message, pulled.error().hint, {}});
  } else {
    fail(std::move(pulled).error().within("image " + reference), service);
  }
}

Task<void> Images::buildOne(std::string reference, const model::Service& service) {
  auto request = buildRequest(plan_, service, reference, options_);
  if (!request.ok()) co_return fail(std::move(request).error(), service);
  const Status entered = co_await builds_.enter(operation_.wait);
  if (!entered.ok()) {
    ok_ = false;
    co_return;
  }
  operation_.step(Step::Kind::kImage, reference, service.name, "building");
  const Operation& operation = operation_;
  const engine::Sink<engine::Progress> progress = [&operation, &service](engine::Progress piece) -> Task<Status> {
    operation.observer.buildOutput(service.name, piece.text);
    co_return Status();
  };
  auto built = co_await operation_.engine.buildImage(*request, progress, operation_.wait);
  builds_.leave();
  if (!built.ok()) {
    Error error = std::move(built).error();
    if (!error.at.known()) error.at = service.build->at;
    co_return fail(std::move(error).within("building service " + service.name), service);
  }
  operation_.step(Step::Kind::kImage, reference, service.name, "built");
  co_await lookAt(reference);
}

void Images::fail(Error error, const model::Service& service) {
  ok_ = false;
  operation_.step(Step::Kind::kImage, imageName(plan_, service), service.name, "failed", error.message);
  if (!error.at.known()) {
    const auto at = service.attributeAt.find("image");
    error.at = at == service.attributeAt.end() ? service.at : at->second;
  }
  operation_.fail(std::move(error), service.name);
}

}  // namespace orbit::stack
