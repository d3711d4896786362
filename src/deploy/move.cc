#include "deploy/move.h"

#include <fmt/format.h>

#include "deploy/difference.h"
#include "deploy/limits.h"
#include "model/secret_mark.h"
#include "pack/pack.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;
using Shape = model::DeployService::Shape;

namespace {

std::string short12(const std::string& imageId) {
  const auto colon = imageId.find(':');
  return imageId.substr(colon == std::string::npos ? 0 : colon + 1, 12);
}

// A line without what must not be seen in it.
std::string hidden(std::string_view line, const std::set<std::string>& secrets) {
  std::string text(line);
  for (const auto& secret : secrets) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace

void Move::tell(Stage stage, const std::string& service, std::string text) {
  progress_->tell({.stage = stage, .service = service, .text = std::move(text)});
}

bool Move::selected(const std::string& service) const {
  const auto& names = request_.services;
  return names.empty() || std::find(names.begin(), names.end(), service) != names.end();
}

// Dependencies before those who need them; the files' order where nothing says more. Cycles (a pair of services that
// name each other's URL) end where they began.
std::vector<const model::DeployService*> Move::inOrder() const {
  std::vector<const model::DeployService*> order;
  std::set<std::string> placed;
  const std::function<void(const model::DeployService&)> place = [&](const model::DeployService& service) {
    if (!placed.insert(service.service.name).second) return;
    for (const auto& name : service.after) {
      if (const auto* other = plan_->find(name)) place(*other);
    }
    order.push_back(&service);
  };
  for (const auto& service : plan_->services) place(service);
  return order;
}

Task<Status> Move::begin() {
  Group group;
  group.number = number_;
  group.source = request_.source;
  for (const auto& service : plan_->services) {
    ReleasedService released;
    released.hash = service.hash;
    released.shape = service.shape;
    const EnvironmentState& state = environment_.state();
    const auto live = state.live.find(service.service.name);
    // What does not change keeps the port its gate saw.
    if (const Group* old = live == state.live.end() ? nullptr : state.find(live->second)) {
      const auto before = old->services.find(service.service.name);
      if (before != old->services.end()) released.port = before->second.port;
    }
    group.services[service.service.name] = std::move(released);
  }
  ORBIT_CO_TRY(group.pins,
               environment_.parts().secrets.variables(environment_.key().project, environment_.key().environment));
  group.allowDevelopmentSecrets = request_.allowDevelopmentSecrets;
  group.httpsPort = request_.httpsPort;
  Json body = deployBody(group);
  std::string files = project::writeSnapshot(request_.snapshot);
  co_return co_await environment_.record(number_, "deploy", std::move(body), std::move(files));
}

model::Plan buildPlan(const EnvironmentKey& key, const StartRequest& request, int number) {
  model::Plan plan;
  plan.project = request.plan.project;
  plan.workingDir = request.plan.workingDir;
  for (const auto& one : request.plan.services) {
    const auto& names = request.services;
    const bool named = names.empty() || std::find(names.begin(), names.end(), one.service.name) != names.end();
    if (!named || !one.service.build) continue;
    model::Service service = one.service;
    service.container.image = imageName(key, service.name, number);
    service.dependsOn.clear();
    plan.services.push_back(std::move(service));
  }
  return plan;
}

Task<Outcome> Move::neededContexts(Environment& environment, const StartRequest& request, Wait wait) {
  model::Plan plan = buildPlan(environment.key(), request, environment.state().newest + 1);
  const bool all = std::all_of(plan.services.begin(), plan.services.end(),
                               [&](const auto& service) { return request.contexts.contains(service.name); });
  Outcome outcome;
  if (all) co_return outcome;
  stack::Stack::BuildOptions options;
  options.contexts = request.contexts;
  stack::Observer nobody;
  auto asked = co_await environment.parts().stack.build(plan, std::move(options), std::move(nobody), wait);
  outcome.needContexts = std::move(asked.needContexts);
  outcome.failures = std::move(asked.failures);
  co_return outcome;
}

Task<Status> Move::imageOf(const model::DeployService& service, Wait wait) {
  engine::Engine& engine = environment_.engine();
  const std::string& name = service.service.name;
  const bool built = service.service.build.has_value();
  std::string reference = built ? imageName(environment_.key(), name, number_) : service.service.container.image;
  auto image = co_await engine.inspectImage(reference, wait);
  if (!image.ok() && image.error().code == Code::kNotFound && !built) {
    tell(Stage::kBuilding, name, "pulling " + reference);
    const stack::Observer observer = progress_->stackObserver();
    const engine::Sink<engine::Progress> sink = [&](engine::Progress step) -> Task<Status> {
      observer.step({stack::Step::Kind::kImage, reference, name, "pulling", step.text, step.current, step.total});
      co_return Status();
    };
    ORBIT_CO_TRY_STATUS(co_await engine.pullImage(reference, service.service.container.platform, sink, wait));
    image = co_await engine.inspectImage(reference, wait);
  }
  if (!image.ok()) co_return std::move(image).error().within("service " + name);
  Json body = Json::object({{"service", name}, {"image", reference}, {"id", image->id}});
  co_return co_await environment_.record(number_, "image", std::move(body));
}

// Build arguments and files that only this environment's build gets, with their secrets.
Status Move::fillBuild(model::Plan& plan) {
  const auto secret = environment_.secretsOf(number_);
  const auto value = [&](const std::string& name) -> Result<std::string> {
    ORBIT_TRY(std::string text, secret(name));
    if (text.size() >= kHiddenLeast) shown_.insert(text);
    return text;
  };
  for (auto& service : plan.services) {
    for (auto& [name, text] : service.build->args) {
      if (!text) continue;
      ORBIT_TRY(*text, model::fillSecrets(*text, value));
    }
    for (const auto& [path, text] : service.build->contextFiles) {
      ORBIT_TRY(const std::string filled, model::fillSecrets(text, value));
      const auto context = request_.contexts.find(service.name);
      ORBIT_CHECK(context != request_.contexts.end());  // neededContexts() was asked first
      ORBIT_TRY_STATUS(pack::addToArchive(context->second, path, filled));
    }
  }
  return {};
}

Task<Status> Move::images(Wait wait) {
  model::Plan plan = buildPlan(environment_.key(), request_, number_);
  ORBIT_CO_TRY_STATUS(fillBuild(plan));
  if (!plan.services.empty()) {
    tell(Stage::kBuilding, "",
         fmt::format("building {} {}", plan.services.size(), plan.services.size() == 1 ? "image" : "images"));
    stack::Stack::BuildOptions options;
    options.contexts = request_.contexts;
    options.composeLabels = false;
    options.light = true;
    stack::Observer observer = progress_->stackObserver();
    observer.buildOutput = [this, tellLine = observer.buildOutput](const std::string& service, std::string_view line) {
      tellLine(service, hidden(line, shown_));
    };
    const auto built = co_await environment_.parts().stack.build(plan, std::move(options), std::move(observer), wait);
    if (!built.failures.empty()) {
      failure_ = built.failures.front();
      co_return failure_.error;
    }
  }
  for (const auto& service : plan_->services) {
    if (!selected(service.service.name)) continue;
    ORBIT_CO_TRY_STATUS(co_await imageOf(service, wait));
  }
  co_return Status();
}

// What differs from what is live at this moment; asked again when that may have moved meanwhile.
Task<Status> Move::changes(Wait) {
  Group next = group();
  const Group before = next;
  next.changed.clear();
  next.before.clear();
  const EnvironmentState& state = environment_.state();
  for (const auto& service : plan_->services) {
    const std::string& name = service.service.name;
    if (!selected(name)) continue;
    const std::string& imageId = next.services[name].imageId;
    const auto live = state.live.find(name);
    if (live != state.live.end() && live->second == number_) {  // it serves already
      next.changed.push_back(name);
      next.before[name] = before.before.at(name);
      continue;
    }
    std::string why = differenceOf(environment_, service, imageId, next.pins);
    // A database stays what it is unless its own image or configuration changed, also when asked to do all again.
    if (why.empty() && request_.force && service.shape == Shape::kStateless) why = "asked for";
    if (why.empty()) continue;
    next.changed.push_back(name);
    next.before[name] = live == state.live.end() ? 0 : live->second;
    if (!before.didChange(name))
      tell(Stage::kChecking, name, why == "new" ? "new, image " + short12(imageId) : "changed: " + why);
  }
  if (next.changed == before.changed && next.before == before.before) co_return Status();
  Json body = changesBody(next);
  co_return co_await environment_.record(number_, "changes", std::move(body));
}

Task<Status> Move::runCommand(const model::DeployService& service, std::string task, std::vector<std::string> command,
                              Wait wait) {
  const std::string& name = service.service.name;
  tell(Stage::kChecking, name, fmt::format("{}: {}", task, join(command, " ")));
  InstanceInput input = environment_.inputFor(*plan_, service, group(), 0);
  const Wait limited = wait.until(environment_.loop().clock().now() + kCommandTime);
  std::vector<std::string> output;
  const auto code = co_await environment_.instances().runTask(std::move(input), task, command, output, limited);
  if (code.ok() && *code == 0) co_return Status();
  failure_.service = name;
  failure_.logTail = std::move(output);
  failure_.exitCode = code.ok() ? *code : 0;
  failure_.error = code.ok() ? Error{.code = Code::kInvalid,
                                     .message = fmt::format("{} of service {} ended with exit code {}: {}", task, name,
                                                            *code, join(command, " ")),
                                     .hint = "its output says why; nothing that is live has changed"}
                             : code.error();
  co_return failure_.error;
}

Task<Status> Move::checks(Wait wait) {
  for (const auto& service : plan_->services) {
    if (!group().didChange(service.service.name) || service.release.check.empty()) continue;
    ORBIT_CO_TRY_STATUS(co_await environment_.prepareNetwork(*plan_, wait));  // its container is in it
    ORBIT_CO_TRY_STATUS(co_await runCommand(service, "check", service.release.check, wait));
  }
  co_return Status();
}

Task<Status> Move::unchanged() {
  co_await environment_.recordAnyway(number_, "unchanged", Json::object());
  progress_->reach(Stage::kSettled, "nothing changed: what is live is what the files say");
  co_return Error{.code = Code::kCancelled, .message = "nothing changed"};
}

// An earlier group in its share is waited for (decision 23), and so is whoever moves something now.
Task<Status> Move::takeTurn(Turn& turn, Wait wait) {
  for (;;) {
    ORBIT_CO_TRY_STATUS(co_await waitForShare(wait));
    ORBIT_CO_TRY_STATUS(co_await turn.take(wait));
    const Group* watched = environment_.state().watchedGroup();
    if (watched == nullptr || watched->stage != Stage::kShare) co_return Status();
    turn.give();  // it went live while we waited
  }
}

Task<Status> Move::waitForShare(Wait wait) {
  bool told = false;
  while (true) {
    const Group* watched = environment_.state().watchedGroup();
    if (watched == nullptr || watched->stage != Stage::kShare) co_return Status();
    if (!told) tell(Stage::kGate, "", "waiting for " + releaseId(watched->number) + " to be promoted or taken back");
    told = true;
    ORBIT_CO_TRY_STATUS(co_await environment_.changed().wait(wait));
  }
}

Task<Status> Move::bringUpOne(const model::DeployService& service, Wait wait) {
  const std::string& name = service.service.name;
  int count = 0;
  for (const auto& command : service.preDeploy) {
    const std::string task = count++ == 0 ? "pre-deploy" : fmt::format("pre-deploy-{}", count);
    ORBIT_CO_TRY_STATUS(co_await runCommand(service, task, command, wait));
  }
  const int from = group().before.at(name);
  if (service.shape != Shape::kStateless) {
    tell(Stage::kGate, name, from == 0 ? "starting" : "replacing behind its paused route");
    co_return co_await environment_.replace(name, from, number_, failure_, wait);
  }
  tell(Stage::kGate, name,
       fmt::format("starting {} {}", service.replicas, service.replicas == 1 ? "instance" : "instances"));
  ORBIT_CO_TRY_STATUS(co_await environment_.bringUp(name, number_, false, failure_, wait));
  tell(Stage::kGate, name, "through the gate");
  // The first of its kind serves at once: others of this deploy may need it to get through their gate.
  if (from != 0) co_return Status();
  Json body = Json::object({{"service", name}});
  ORBIT_CO_TRY_STATUS(co_await environment_.record(number_, "replaced", std::move(body)));
  co_return co_await environment_.serve(wait);
}

Task<Status> Move::bringUpAll(Wait wait) {
  Json gate = Json::object({{"stage", "gate"}});
  ORBIT_CO_TRY_STATUS(co_await environment_.record(number_, "stage", std::move(gate)));
  progress_->reach(Stage::kGate, "");
  ORBIT_CO_TRY_STATUS(co_await environment_.prepareNetwork(*plan_, wait));
  for (;;) {
    for (const auto* service : inOrder()) {
      const std::string& name = service->service.name;
      if (!group().didChange(name) || up_.contains(name)) continue;
      ORBIT_CO_TRY_STATUS(co_await bringUpOne(*service, wait));
      up_.insert(name);
    }
    // What was live at the start may have been taken back meanwhile.
    ORBIT_CO_TRY_STATUS(co_await changes(wait));
    const auto& changed = group().changed;
    if (std::all_of(changed.begin(), changed.end(), [this](const auto& name) { return up_.contains(name); })) break;
  }
  co_return Status();
}

// That what answers is what was meant: the image of each instance that serves (Dokploy's users learn of it by chance).
Task<Status> Move::verify(Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await environment_.instances().look(wait));
  for (const auto& name : group().changed) {
    const std::string& meant = group().services.at(name).imageId;
    for (const auto& one : environment_.instances().of(name, number_)) {
      if (one.imageId == meant) continue;
      co_return Error{
          .code = Code::kInternal,
          .message = fmt::format("{} runs image {}, and {} was meant", one.name, short12(one.imageId), short12(meant)),
          .hint = "somebody changed the container; deploy again"};
    }
  }
  co_return Status();
}

Task<Status> Move::goLive(Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await verify(wait));
  // What an earlier group kept beside it is not needed any more.
  std::vector<ReleaseKey> leaving;
  for (const auto& name : group().changed) {
    const auto beside = environment_.state().previous.find(name);
    if (beside != environment_.state().previous.end() && beside->second != number_ &&
        beside->second != group().before.at(name)) {
      leaving.push_back({name, beside->second});
    }
  }
  // One that is still watched is not any more: it is this one's control and way back.
  std::vector<int> ended;
  for (const auto& [number, other] : environment_.state().groups) {
    if (!other.watched()) continue;
    ended.push_back(number);
    for (const auto& name : other.changed) {
      const auto beside = environment_.state().previous.find(name);
      if (group().didChange(name) || beside == environment_.state().previous.end()) continue;
      leaving.push_back({name, beside->second});
    }
  }
  ORBIT_CO_TRY_STATUS(co_await environment_.record(number_, "live"));
  for (const int number : ended) {  // a fact of its own: this group's may be forgotten before
    Json body = Json::object({{"text", "its watch ended when " + releaseId(number_) + " went live"}});
    co_await environment_.recordAnyway(number, "settled", std::move(body));
  }
  environment_.beginDrain(leaving);
  const Status served = co_await environment_.serve(wait);
  if (served.ok()) tell(Stage::kShare, "", "live");
  environment_.drain(std::move(leaving));
  // It is live from its fact on. Who ends us now, a newer deploy or a stop, is no reason to take it back; the edge is
  // told as soon as it is there.
  if (!served.ok() && served.error().code == Code::kCancelled) co_return Status();
  co_return served;
}

Task<void> Move::undo(Error why, bool superseded) {
  const Wait wait{environment_.loop().clock().now() + kEngineTime, nullptr};
  const bool cancelled = why.code == Code::kCancelled;
  if (group().stage == Stage::kShare) {  // live, but the edge did not take it
    Environment::Back back{number_, undoing(environment_.state(), group()), "verdict", {why.message}, {}, false};
    static_cast<void>(co_await environment_.goBack(std::move(back), wait));
  }
  co_await environment_.restoreReplaced(number_, wait);
  const std::string kind = superseded ? "superseded" : cancelled ? "cancelled" : "failed";
  Json body = Json::object({{"reasons", Json::strings({why.message})}});
  co_await environment_.recordAnyway(number_, kind, std::move(body));
  if (failure_.error.message.empty()) failure_.error = why;
  if (!cancelled) progress_->fail(failure_);
  const Stage stage = superseded ? Stage::kSuperseded : cancelled ? Stage::kCancelled : Stage::kFailed;
  std::vector<std::string> live;
  for (const auto& [service, number] : environment_.state().live) {
    if (number != 0 && group().didChange(service)) live.push_back(service + " " + releaseId(number));
  }
  const std::string unchanged = live.empty() ? "nothing is live" : "live is still " + join(live, ", ");
  progress_->reach(stage, fmt::format("{} {}: {}; {}", releaseId(number_), stageName(stage), why.message, unchanged));
  co_await environment_.sweep(wait);
}

Task<Status> Move::run(net::Cancel& cancel, const bool& superseded) {
  const Wait wait{Instant::max(), &cancel};
  environment_.keepPlan(number_, plan_);
  Status done = co_await begin();
  if (!done.ok()) {  // nothing was written, so there is no group
    failure_.error = done.error();
    progress_->fail(failure_);
    progress_->reach(Stage::kFailed, done.error().message);
    co_return done;
  }
  progress_->reach(Stage::kBuilding, "");
  done = co_await images(wait);
  if (done.ok()) done = co_await changes(wait);
  if (done.ok() && group().changed.empty()) co_return co_await unchanged();
  if (done.ok()) progress_->reach(Stage::kChecking, "");
  if (done.ok()) done = co_await checks(wait);
  Turn turn(environment_.moves());
  if (done.ok()) done = co_await takeTurn(turn, wait);
  if (done.ok()) done = co_await changes(wait);
  if (done.ok() && group().changed.empty()) co_return co_await unchanged();
  if (done.ok()) done = co_await bringUpAll(wait);
  if (done.ok()) done = co_await goLive(wait);
  if (!done.ok()) co_await undo(done.error(), superseded);
  co_return done;
}

}  // namespace orbit::deploy
