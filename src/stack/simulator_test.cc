// The seeded simulator: random plans, random faults (lost requests, lost replies, an engine that goes away, a daemon
// that dies at any point), then an undisturbed `up`. Whatever happened before, the end must be the same as without
// disturbance. A failing seed replays exactly: ORBIT_SEED=17 stack_test --gtest_filter='Simulator.*'.
#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/fake.h"
#include "stack/names.h"
#include "stack/stack.h"

namespace orbit::stack {
namespace {

using namespace std::chrono_literals;
using Condition = model::Dependency::Condition;
using net::Task;

constexpr std::uint64_t kSeeds = 600;
constexpr const char* kHome = "0190-home";

struct World {
  explicit World(std::uint64_t seed) : loop(clock), engine(engine::FakeEngine::create(loop, seed)) {}
  FakeClock clock;
  net::Loop loop;
  std::unique_ptr<engine::FakeEngine> engine;
};

// How each image behaves; services choose one of these.
struct Kind {
  std::string image;
  engine::FakeBehaviour behaviour;
  bool check = false, job = false, ownVolume = false;
};

std::vector<Kind> kinds(Random& random) {
  std::vector<Kind> all;
  const auto span = [&random](std::uint64_t mostMs) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(random.below(mostMs)));
  };
  for (int i = 0; i < 4; ++i) {
    Kind kind;
    kind.image = "image" + std::to_string(i) + ":1";
    kind.check = random.chance(0.6);
    kind.ownVolume = random.chance(0.4);
    kind.behaviour.healthyAfter = span(4000);
    kind.behaviour.listensAfter = span(6000);
    kind.behaviour.ports = {8000};
    kind.behaviour.stopsOnTerm = random.chance(0.8);
    all.push_back(std::move(kind));
  }
  Kind job;
  job.image = "job:1";
  job.job = true;
  job.behaviour.exitsAfter = span(2000) + 1ms;
  all.push_back(std::move(job));
  return all;
}

void install(World& world, const std::vector<Kind>& kinds) {
  for (const auto& kind : kinds) {
    engine::ImageDetail detail;
    detail.id = "sha256:" + kind.image;
    if (kind.ownVolume) detail.volumes = {"/image-data"};
    world.engine->addImage(kind.image, detail);
    world.engine->setBehaviour(kind.image, kind.behaviour);
  }
}

const Kind& kindOf(const std::vector<Kind>& kinds, const model::Service& service) {
  return *std::find_if(kinds.begin(), kinds.end(),
                       [&](const Kind& kind) { return kind.image == service.container.image; });
}

void fill(model::Service& service, const Kind& kind, Random& random) {
  service.container.image = kind.image;
  service.container.healthCheck.reset();
  service.readyPorts.clear();
  if (kind.job) return;
  if (kind.check) {
    service.container.healthCheck.emplace();
    service.container.healthCheck->test = {"CMD", "check"};
    service.container.healthCheck->interval = 5s;
    service.container.healthCheck->retries = 5;
  }
  if (random.chance(0.5)) service.readyPorts = {8000};
}

model::Service randomService(const std::string& name, const std::vector<Kind>& kinds, Random& random) {
  model::Service service;
  service.name = name;
  fill(service, kinds[random.below(kinds.size())], random);
  service.configHash = name + "-1";
  service.scale = random.chance(0.3) ? 2 : 1;
  for (const char* key : {"default", "back"}) {
    if (key == std::string("back") && random.chance(0.6)) continue;
    model::NetworkAttachment attachment;
    attachment.network = key;
    service.container.networks.push_back(attachment);
  }
  if (random.chance(0.5)) {
    model::Mount named;
    named.source = "data";
    named.target = "/data";
    service.container.mounts.push_back(named);
  }
  if (random.chance(0.3)) {
    model::Mount anonymous;
    anonymous.target = "/scratch";
    service.container.mounts.push_back(anonymous);
  }
  return service;
}

model::Plan randomPlan(const std::vector<Kind>& kinds, Random& random) {
  model::Plan plan;
  plan.project = "sim";
  plan.workingDir = "/src/sim";
  for (const char* key : {"default", "back"}) {
    model::Network network;
    network.key = key;
    network.name = std::string("sim_") + key;
    plan.networks.push_back(network);
  }
  model::Volume volume;
  volume.key = "data";
  volume.name = "sim_data";
  plan.volumes.push_back(volume);
  const std::uint64_t count = 1 + random.below(5);
  for (std::uint64_t i = 0; i < count; ++i) {
    model::Service service = randomService("s" + std::to_string(i), kinds, random);
    for (const auto& earlier : plan.services) {
      if (!random.chance(0.5)) continue;
      model::Dependency dependency;
      dependency.service = earlier.name;
      dependency.restart = random.chance(0.3);
      if (kindOf(kinds, earlier).job) {
        dependency.condition = random.chance(0.7) ? Condition::kCompleted : Condition::kStarted;
      } else {
        dependency.condition = random.chance(0.7) ? Condition::kHealthy : Condition::kStarted;
      }
      service.dependsOn.push_back(dependency);
    }
    // A sidecar in the network of an earlier service.
    if (!service.dependsOn.empty() && service.readyPorts.empty() && random.chance(0.2)) {
      service.container.networkMode = "service:" + service.dependsOn.front().service;
    }
    plan.services.push_back(std::move(service));
  }
  return plan;
}

// Some of what people change between two `up`s.
model::Plan changed(model::Plan plan, Random& random) {
  for (auto& service : plan.services) {
    if (random.chance(0.4)) service.configHash = service.name + "-2";
    if (service.configHash.ends_with("-2") && random.chance(0.3)) {
      model::Mount fresh;
      fresh.target = "/fresh";
      service.container.mounts.push_back(fresh);
    }
    if (random.chance(0.2)) service.scale = 3 - service.scale;
  }
  if (plan.services.size() > 1 && random.chance(0.2)) {
    const std::string gone = plan.services.back().name;
    plan.services.pop_back();  // nothing depends on the last one
  }
  return plan;
}

Task<void> upInto(Stack* stack, const model::Plan* plan, UpOptions options, std::optional<Outcome>* out,
                  net::Condition* done) {
  const Observer nobody;
  const net::Wait forever;
  out->emplace(co_await stack->up(*plan, std::move(options), nobody, forever));
  done->notifyAll();
}

Task<void> downInto(Stack* stack, const model::Plan* plan, Stack::DownOptions options, std::optional<Outcome>* out,
                    net::Condition* done) {
  const Observer nobody;
  const net::Wait forever;
  out->emplace(co_await stack->down(plan->project, plan, std::move(options), nobody, forever));
  done->notifyAll();
}

Task<bool> over(net::Condition* done, Instant deadline) {
  const net::Wait wait{deadline, nullptr};
  const Status woken = co_await done->wait(wait);
  co_return woken.ok();
}

Task<bool> rest(net::Loop* loop, Duration span) {
  const Status slept = co_await loop->sleep(span);
  co_return slept.ok();
}

// Runs one operation of a daemon that dies after `life`, if it has not ended by then.
template <class Start>
std::optional<Outcome> live(World& world, Duration life, Start start) {
  std::optional<Outcome> out;
  net::Condition done(world.loop);
  Stack stack(world.loop, *world.engine, kHome);
  {
    net::TaskGroup daemon(world.loop);
    daemon.add(start(&stack, &out, &done));
    if (!out) world.loop.runTask(over(&done, world.clock.now() + life));
  }
  return out;
}

constexpr Duration kLong = 1h;

Outcome undisturbedUp(World& world, const model::Plan& plan) {
  UpOptions options;
  options.removeOrphans = true;
  auto out = live(world, kLong, [&](Stack* stack, std::optional<Outcome>* result, net::Condition* done) {
    return upInto(stack, &plan, options, result, done);
  });
  EXPECT_TRUE(out.has_value()) << "it never ended";
  if (!out) return {};
  for (const auto& failure : out->failures) ADD_FAILURE() << failure.error.text();
  world.loop.runTask(rest(&world.loop, 60s));  // jobs end
  return std::move(*out);
}

// What the engine holds, in words; anonymous volumes by count, since their names are random.
struct State {
  std::vector<std::string> lines;
  std::map<std::string, std::string> anonymous;  // "name target" → volume
};

Task<State> stateOf(engine::Engine* engine) {
  State state;
  const engine::Labels any;
  const net::Wait forever;
  auto containers = co_await engine->listContainers(any, forever);
  std::map<std::string, std::string> nameOf;
  for (const auto& container : *containers) nameOf[container.id] = container.name;
  for (const auto& container : *containers) {
    auto detail = co_await engine->inspectContainer(container.id, forever);
    std::string line = container.name + " " + std::string(engine::stateName(container.state)) + " " +
                       labelOf(container.labels, kConfigHashLabel) + " " + container.imageId;
    for (const auto& [network, address] : container.addresses) line += " +" + network;
    const std::string& partner = labelOf(container.labels, kSharesLabel);
    if (!partner.empty()) line += " shares " + nameOf[partner];
    for (const auto& mount : detail->mounts) {
      const bool anonymous = isAnonymousVolume(mount.name);
      line += " " + (anonymous ? std::string("*") : mount.name) + ":" + mount.target;
      if (anonymous) state.anonymous[container.name + " " + mount.target] = mount.name;
    }
    state.lines.push_back(std::move(line));
  }
  auto networks = co_await engine->listNetworks(any, forever);
  for (const auto& network : *networks) state.lines.push_back("network " + network.name);
  auto volumes = co_await engine->listVolumes(any, forever);
  int anonymous = 0;
  for (const auto& volume : *volumes) {
    if (isAnonymousVolume(volume.name)) {
      ++anonymous;
    } else {
      state.lines.push_back("volume " + volume.name);
    }
  }
  state.lines.push_back(std::to_string(anonymous) + " anonymous volumes");
  std::sort(state.lines.begin(), state.lines.end());
  co_return state;
}

Task<std::vector<engine::Event>> eventsOf(engine::Engine* engine, net::Loop* loop) {
  std::vector<engine::Event> all;
  const engine::Sink<engine::Event> sink = [&all](engine::Event event) -> Task<Status> {
    all.push_back(std::move(event));
    co_return Status();
  };
  const net::Wait wait{loop->clock().now() + 1s, nullptr};
  const engine::EventFilter any;
  const Status ended = co_await engine->events(1, any, sink, wait);
  static_cast<void>(ended);
  co_return all;
}

// Nothing starts before what it waits for holds. Looks at the starts after `fromUs`.
void checkOrder(World& world, const model::Plan& plan, const std::vector<Kind>& kinds, std::int64_t fromUs) {
  struct Life {
    std::int64_t startedUs = 0;
    bool running = false, completed = false;
  };
  std::map<std::string, std::map<std::string, Life>> services;  // service → container id → life
  for (const auto& event : world.loop.runTask(eventsOf(world.engine.get(), &world.loop))) {
    if (event.type != "container") continue;
    const std::string& name = labelOf(event.attributes, kServiceLabel);
    Life& life = services[name][event.id];
    const model::Service* service = plan.find(name);
    if (event.action == "start" && event.timeUs >= fromUs && service != nullptr) {
      for (const auto& dependency : service->dependsOn) {
        bool holds = false;
        const Kind& kind = kindOf(kinds, *plan.find(dependency.service));
        for (const auto& [id, other] : services[dependency.service]) {
          const auto age = std::chrono::microseconds(event.timeUs - other.startedUs);
          const bool checked = plan.find(dependency.service)->container.healthCheck.has_value();
          const bool ready = other.running && (!checked || age >= kind.behaviour.healthyAfter) &&
                             (plan.find(dependency.service)->readyPorts.empty() || age >= kind.behaviour.listensAfter);
          holds |= dependency.condition == Condition::kStarted   ? other.startedUs != 0
                   : dependency.condition == Condition::kHealthy ? ready
                                                                 : other.completed;
        }
        EXPECT_TRUE(holds) << name << " started before " << dependency.service << " was ready";
      }
    }
    if (event.action == "start") life = {event.timeUs, true, life.completed};
    if (event.action == "die") {
      life.running = false;
      life.completed |= labelOf(event.attributes, "exitCode") == "0";
    }
  }
}

// Daemons and engines that misbehave, some times over.
template <class Start>
void disturb(World& world, Random& random, Start start) {
  const std::uint64_t times = random.below(4);
  for (std::uint64_t i = 0; i < times; ++i) {
    world.engine->setLatency(std::chrono::milliseconds(static_cast<std::int64_t>(1 + random.below(80))));
    if (random.chance(0.6)) world.engine->setFaults(random.chance(0.5) ? 0.05 : 0, random.chance(0.5) ? 0.05 : 0);
    const Duration life =
        random.chance(0.7)
            ? std::chrono::milliseconds(static_cast<std::int64_t>(random.below(random.chance(0.5) ? 600 : 6000)))
            : kLong;
    if (random.chance(0.2)) {
      world.loop.spawn([](World* w, Duration at,
                          Duration away) -> Task<void> {
        static_cast<void>(co_await w->loop.sleep(at));
        w->engine->setDown(true);
        static_cast<void>(co_await w->loop.sleep(away));
        w->engine->setDown(false);
      }(&world, std::chrono::milliseconds(static_cast<std::int64_t>(random.below(3000))),
                                         std::chrono::milliseconds(static_cast<std::int64_t>(random.below(2000)))));
    }
    live(world, life, start);
    world.engine->setFaults(0, 0);
  }
  world.loop.runTask(rest(&world.loop, 10s));  // the engine is back
}

void expectSame(const State& expected, const State& actual, const char* when) {
  EXPECT_EQ(join(expected.lines, "\n"), join(actual.lines, "\n")) << when;
}

void expectCarriedOver(const State& before, const State& after) {
  for (const auto& [place, volume] : before.anonymous) {
    const auto found = after.anonymous.find(place);
    if (found == after.anonymous.end()) continue;
    EXPECT_EQ(found->second, volume) << "the anonymous volume of " << place;
  }
}

void expectVolumesKept(const World& world) {
  for (const auto& entry : world.engine->journal()) EXPECT_FALSE(startsWith(entry, "remove volume")) << entry;
}

void simulate(std::uint64_t seed) {
  Random random(seed);
  const std::vector<Kind> all = kinds(random);
  const model::Plan first = randomPlan(all, random);
  const model::Plan second = changed(first, random);
  World calm(seed);
  World rough(seed + 1);
  for (World* world : {&calm, &rough}) install(*world, all);

  State before;
  for (const model::Plan* plan : {&first, &second}) {
    undisturbedUp(calm, *plan);
    const std::int64_t from = rough.clock.wallUs();
    UpOptions options;
    options.removeOrphans = true;
    disturb(rough, random, [&](Stack* stack, std::optional<Outcome>* out, net::Condition* done) {
      return upInto(stack, plan, options, out, done);
    });
    undisturbedUp(rough, *plan);
    checkOrder(rough, *plan, all, from);
    expectSame(calm.loop.runTask(stateOf(calm.engine.get())), rough.loop.runTask(stateOf(rough.engine.get())),
               plan == &first ? "after the first up" : "after the second up");
    State now = rough.loop.runTask(stateOf(rough.engine.get()));
    if (plan == &second) expectCarriedOver(before, now);
    before = std::move(now);
    // Once more: nothing is left to do.
    const auto journal = rough.engine->journal().size();
    undisturbedUp(rough, *plan);
    for (std::size_t i = journal; i < rough.engine->journal().size(); ++i) {
      EXPECT_TRUE(startsWith(rough.engine->journal()[i], "start ")) << rough.engine->journal()[i];
    }
    expectVolumesKept(rough);
  }

  Stack::DownOptions options;
  options.volumes = random.chance(0.5);
  const auto down = [&](Stack* stack, std::optional<Outcome>* out, net::Condition* done) {
    return downInto(stack, &second, options, out, done);
  };
  disturb(rough, random, down);
  const auto out = live(rough, kLong, down);
  ASSERT_TRUE(out.has_value());
  for (const auto& failure : out->failures) ADD_FAILURE() << failure.error.text();
  const State end = rough.loop.runTask(stateOf(rough.engine.get()));
  for (const auto& line : end.lines) {
    const bool kept = line == "network bridge" || line.find("anonymous") != std::string::npos ||
                      (!options.volumes && startsWith(line, "volume "));
    EXPECT_TRUE(kept) << line << " is left after down";
  }
}

TEST(Simulator, EndsTheSameWhateverHappens) {
  if (const char* only = std::getenv("ORBIT_SEED")) return simulate(std::strtoull(only, nullptr, 10));
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    simulate(seed);
    if (HasFailure()) {
      ADD_FAILURE() << "replay with ORBIT_SEED=" << seed;
      return;
    }
  }
}

}  // namespace
}  // namespace orbit::stack
