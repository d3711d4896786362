#include "traffic/scout.h"

#include <fmt/format.h>

#include "traffic/limits.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

constexpr const char* kProject = "com.docker.compose.project";
constexpr const char* kService = "com.docker.compose.service";
constexpr const char* kOneOff = "com.docker.compose.oneoff";
// A port that nobody named is taken only after those that were had this long to open.
constexpr Duration kNamedFirst = std::chrono::seconds(5);

std::string valueOf(const engine::Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

std::string firstAddress(const engine::ContainerSummary& container) {
  for (const auto& [network, address] : container.addresses) {
    if (!address.empty()) return address;
  }
  return {};
}

int numberOf(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Scout::Scout(net::Loop& loop, engine::Engine& engine, const Peers& peers, std::function<void()> changed)
    : loop_(loop),
      engine_(engine),
      peers_(peers),
      changed_(std::move(changed)),
      woken_(loop),
      moved_(loop),
      asking_(loop) {}

Task<void> Scout::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  net::TaskGroup group(loop_);
  group.add(watch(wait));
  group.add(lookForever(wait));
  co_await group.join();
  co_await asking_.join();
}

void Scout::wake(bool urgent) {
  dirty_ = true;
  urgent_ = urgent_ || urgent;
  woken_.notifyAll();
}

Task<void> Scout::watch(Wait wait) {
  engine::EventFilter filter;
  filter.actions = {"start", "die", "destroy", "rename", "connect", "disconnect"};
  const engine::Sink<engine::Event> sink = [this](engine::Event event) -> Task<Status> {
    const bool network = event.type == "network" && tracked_.contains(valueOf(event.attributes, "container"));
    const bool container = event.type == "container" && !valueOf(event.attributes, kProject).empty();
    if (container && event.action == "start") restarted_.insert(event.id);
    if (network || container) wake(false);
    co_return Status();
  };
  Duration pause = kEngineAgainMin;
  while (!wait.cancel->requested()) {
    const Instant began = loop_.clock().now();
    const std::int64_t sinceUs = loop_.clock().wallUs();
    const Status ended = co_await engine_.events(sinceUs, filter, sink, wait);
    if (wait.cancel->requested()) co_return;
    if (loop_.clock().now() - began > kEngineAgainMax) pause = kEngineAgainMin;
    log(Level::kDebug, "traffic", "the engine's events ended: " + (ended.ok() ? "in order" : ended.error().text()));
    static_cast<void>(co_await loop_.sleep(pause, wait));
    pause = std::min<Duration>(pause * 2, kEngineAgainMax);
    wake(false);  // what happened meanwhile nobody told
  }
}

// Several events come together: one look is enough for all of them.
Task<void> Scout::settleDown(Wait wait) {
  const Wait limited = wait.until(loop_.clock().now() + kDebounce);
  while (!urgent_) {
    const Status woken = co_await woken_.wait(limited);
    if (!woken.ok()) co_return;
  }
}

Task<void> Scout::lookForever(Wait wait) {
  Duration pause = kEngineAgainMin;
  while (!wait.cancel->requested()) {
    while (!dirty_) {
      const Status woken = co_await woken_.wait(wait);
      if (!woken.ok()) co_return;
    }
    co_await settleDown(wait);
    dirty_ = urgent_ = false;
    const std::uint64_t covered = wanted_;
    std::set<std::string> restarted = std::exchange(restarted_, {});
    engine::Labels labels;
    labels.emplace(kProject, "");
    const Wait limited = wait.until(loop_.clock().now() + kEngineTime);
    const auto listed = co_await engine_.listContainers(labels, limited);
    if (!listed.ok()) {
      restarted_.merge(restarted);
      dirty_ = true;
      static_cast<void>(co_await loop_.sleep(pause, wait));
      pause = std::min<Duration>(pause * 2, kEngineAgainMax);
      continue;
    }
    pause = kEngineAgainMin;
    apply(*listed, restarted, wait);
    looked_ = covered;
    tell();
  }
}

void Scout::apply(const std::vector<engine::ContainerSummary>& listed, const std::set<std::string>& restarted,
                  Wait wait) {
  std::set<std::string> seen;
  for (const auto& container : listed) {
    const bool oneOff = lower(valueOf(container.labels, kOneOff)) == "true";
    if (oneOff || valueOf(container.labels, kService).empty()) continue;
    seen.insert(container.id);
    update(container, restarted.contains(container.id), wait);
  }
  std::erase_if(tracked_, [&](const auto& entry) { return !seen.contains(entry.first); });
  remembered_.clear();
  listed_ = true;
}

void Scout::update(const engine::ContainerSummary& container, bool restarted, Wait wait) {
  const auto [at, fresh] = tracked_.try_emplace(container.id);
  Tracked& tracked = at->second;
  tracked.name = container.name;
  tracked.project = valueOf(container.labels, kProject);
  tracked.service = valueOf(container.labels, kService);
  tracked.published.clear();
  for (const auto& port : container.ports) {
    if (const int number = numberOf(port.published); number > 0) tracked.published.insert(number);
  }
  const bool running = container.state == engine::ContainerState::kRunning;
  const bool was = std::exchange(tracked.running, running);
  const std::string address = firstAddress(container);
  const bool moved = !address.empty() && address != tracked.address;
  if (!address.empty()) tracked.address = address;
  if (const auto known = remembered_.find(container.name); fresh && known != remembered_.end()) {
    const auto colon = known->second.rfind(':');
    if (known->second.substr(0, colon) == address) tracked.port = numberOf(known->second.substr(colon + 1));
  }
  if (!running) {
    ++tracked.round;
    tracked.asked = true;
    tracked.loopbackOnly.clear();
  } else if (!was || moved || restarted) {
    tracked.asked = false;
    asking_.add(ask(container.id, ++tracked.round, wait));
  }
}

Scout::Tracked* Scout::current(const std::string& id, int round) {
  const auto found = tracked_.find(id);
  return found == tracked_.end() || found->second.round != round ? nullptr : &found->second;
}

// Asks until one answers, with growing pauses: a server may open its port long after its container started.
Task<void> Scout::ask(std::string id, int round, Wait wait) {
  const Instant began = loop_.clock().now();
  Duration pause = kProbeAgainMin;
  while (!wait.cancel->requested()) {
    const bool patient = loop_.clock().now() - began < kNamedFirst;
    const Asked asked = co_await askOnce(id, round, patient, wait);
    if (asked.gone || asked.done) co_return;
    if (Tracked* tracked = current(id, round); tracked != nullptr && !std::exchange(tracked->tried, true)) tell();
    if (loop_.clock().now() - began > kProbingTime) break;
    static_cast<void>(co_await loop_.sleep(pause, wait));
    pause = std::min<Duration>(pause * 2, kProbeAgainMax);
  }
  if (Tracked* tracked = current(id, round)) tracked->asked = true;
  tell();
}

// `patient`: ports that the file or image names are waited for before another one is taken.
Task<Scout::Asked> Scout::askOnce(std::string id, int round, bool patient, Wait wait) {
  const Wait limited = wait.until(loop_.clock().now() + kEngineTime);
  auto detail = co_await engine_.inspectContainer(id, limited);
  if (!detail.ok()) co_return Asked{detail.error().code == Code::kNotFound, false};
  auto listening = co_await engine_.listening(id, limited);
  if (current(id, round) == nullptr) co_return Asked{true, false};
  if (!listening.ok()) co_return Asked{};
  const PortFacts facts = portFacts(*detail, std::move(*listening));
  const Candidates candidates = candidatesOf(facts);
  const std::string address = addressOf(*detail);
  std::vector<int> ports = candidates.ports;
  int found = 0;
  if (!address.empty()) found = co_await firstHttp(address, std::move(ports), wait);
  Tracked* tracked = current(id, round);
  if (tracked == nullptr) co_return Asked{true, false};
  tracked->address = address;
  tracked->loopbackOnly = candidates.loopbackOnly;
  const bool taken = found != 0 && (candidates.isNamed(found) || !candidates.waiting || !patient);
  if (taken) tracked->port = found;
  tracked->asked = taken || !candidates.waiting;
  tell();
  co_return Asked{false, taken};
}

Task<int> Scout::firstHttp(std::string address, std::vector<int> ports, Wait wait) {
  std::vector<char> answers(ports.size(), 0);
  net::TaskGroup group(loop_);
  const std::function<Task<void>(std::size_t)> one = [&](std::size_t i) -> Task<void> {
    const bool http = co_await peers_.speaksHttp(address, ports[i], wait);
    answers[i] = http ? 1 : 0;
  };
  for (std::size_t i = 0; i < ports.size(); ++i) group.add(one(i));
  co_await group.join();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (answers[i] != 0) co_return ports[i];
  }
  co_return 0;
}

std::string Scout::addressOf(const engine::ContainerDetail& detail) const {
  constexpr std::string_view kOther = "container:";
  const std::string& mode = detail.hostConfig["NetworkMode"].asString();
  if (mode == "host") return "127.0.0.1";
  if (startsWith(mode, kOther)) {
    const auto other = tracked_.find(mode.substr(kOther.size()));
    return other == tracked_.end() ? std::string() : other->second.address;
  }
  return firstAddress(detail.summary);
}

bool Scout::allAsked(const std::string& project) const {
  return std::all_of(tracked_.begin(), tracked_.end(),
                     [&](const auto& entry) { return entry.second.project != project || entry.second.asked; });
}

void Scout::tell() {
  // The first round is whole when each was asked once; a table made before it would take routes away.
  const bool tried = std::all_of(tracked_.begin(), tracked_.end(), [](const auto& entry) {
    return entry.second.tried || entry.second.asked || entry.second.port != 0;
  });
  ready_ = ready_ || (listed_ && tried);
  moved_.notifyAll();
  if (ready_) changed_();
}

std::vector<HttpContainer> Scout::containers() const {
  std::vector<HttpContainer> all;
  for (const auto& [id, tracked] : tracked_) {
    if (tracked.port == 0) continue;
    all.push_back(
        {tracked.project, tracked.service, tracked.name, tracked.running ? tracked.address : "", tracked.port});
  }
  return all;
}

std::set<int> Scout::publishedPorts() const {
  std::set<int> all;
  for (const auto& [id, tracked] : tracked_) all.insert(tracked.published.begin(), tracked.published.end());
  return all;
}

std::vector<model::Warning> Scout::warnings(const std::string& project) const {
  std::vector<model::Warning> all;
  for (const auto& [id, tracked] : tracked_) {
    if (tracked.project != project || tracked.port != 0 || tracked.loopbackOnly.empty()) continue;
    all.push_back({fmt::format("service {} listens on 127.0.0.1:{} inside its container, where nothing else reaches it",
                               tracked.service, tracked.loopbackOnly.front()),
                   "let it listen on 0.0.0.0 (a flag such as --host 0.0.0.0)",
                   {}});
  }
  return all;
}

Task<void> Scout::look(std::string project, Wait wait) {
  const std::uint64_t ticket = ++wanted_;
  wake(true);
  while (looked_ < ticket || !allAsked(project)) {
    const Status moved = co_await moved_.wait(wait);
    if (!moved.ok()) co_return;
  }
}

}  // namespace orbit::traffic
