#include "engine/fake.h"

#include "engine/fake_machine.h"
#include "engine/fake_stream.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

using net::Task;
using net::Wait;

Error unavailable(bool retrySafe) {
  return Error{Code::kUnavailable,
               "the Docker Engine went away",
               "start it again; Orbit goes on where it stopped",
               {},
               retrySafe};
}

class Fake final : public FakeEngine {
 public:
  Fake(net::Loop& loop, std::uint64_t seed, ApiVersion version)
      : loop_(loop),
        changed_(loop),
        machine_(loop.clock(), seed, version,
                 {[this](Duration span, std::function<void()> act) { timers_.add(timer(span, std::move(act))); },
                  [this] { changed_.notifyAll(); }}),
        timers_(loop) {}

  void setBehaviour(std::string image, FakeBehaviour behaviour) override {
    machine_.setBehaviour(std::move(image), std::move(behaviour));
  }
  void addImage(std::string reference, ImageDetail detail) override { machine_.addImage(reference, std::move(detail)); }
  void addRegistryImage(std::string reference) override { machine_.addRegistryImage(reference); }
  void setLatency(Duration max) override { latencyMax_ = max; }
  void setFaults(double lostRequests, double lostReplies) override {
    lostRequests_ = lostRequests;
    lostReplies_ = lostReplies;
  }
  void setDown(bool down) override {
    down_ = down;
    changed_.notifyAll();
  }
  void setDiskFull(bool full) override { machine_.setDiskFull(full); }
  void setDiskFree(std::uint64_t bytes, std::uint64_t ofBytes) override {
    diskFreeBytes_ = bytes;
    diskBytes_ = ofBytes;
  }
  void say(std::string container, LogRecord record) override {
    if (record.timeUs == 0) record.timeUs = loop_.clock().wallUs();
    machine_.find(container)->log.push_back(std::move(record));
    changed_.notifyAll();
  }
  void rotate(std::string container, std::size_t kept) override {
    FakeContainer& found = *machine_.find(container);
    for (; found.log.size() > kept; ++found.rotated) found.log.erase(found.log.begin());
  }
  void behave(std::string container, FakeBehaviour behaviour) override {
    machine_.find(container)->behaviour = std::move(behaviour);
  }
  void crash(std::string container, int exitCode, bool oom) override {
    FakeContainer* found = machine_.find(container);
    if (oom) machine_.containerEvent(*found, "oom");
    found->detail.oomKilled = oom;
    machine_.finish(*found, exitCode, false);
  }
  void createLate(std::string name, model::ContainerSpec spec, Duration span) override {
    const auto made = machine_.create(name, spec);
    ORBIT_CHECK(made.ok());
    machine_.find(*made)->thereFrom = loop_.clock().now() + span;
  }
  void spoil(std::string container, std::string answer) override {
    machine_.find(container)->spoilt = std::move(answer);
  }
  std::string imageAt(const std::string& address, int port) override {
    const FakeContainer* found = machine_.atAddress(address);
    return found != nullptr && machine_.accepts(*found, port) ? found->detail.summary.image : std::string();
  }
  void onChange(std::function<void(const std::string& entry)> watcher) override {
    machine_.onChange = std::move(watcher);
  }
  const std::vector<std::string>& journal() const override { return machine_.journal(); }

  Task<Result<EngineInfo>> info(Wait wait) override {
    return read<EngineInfo>(wait, [this]() -> Result<EngineInfo> {
      EngineInfo info;
      info.version = "fake";
      info.apiVersion = machine_.version().text();
      info.osType = "linux";
      info.architecture = "x86_64";
      info.storageDriver = "overlay2";
      info.rootDir = "/var/lib/docker";
      info.loggingDriver = "json-file";
      info.diskBytes = diskBytes_;
      info.diskFreeBytes = diskFreeBytes_;
      info.cgroupVersion = machine_.version() >= kApiManyNetworks ? 2 : 1;
      return info;
    });
  }

  Task<Result<std::vector<ContainerSummary>>> listContainers(Labels labels, Wait wait) override {
    return read<std::vector<ContainerSummary>>(
        wait, [this, labels]() -> Result<std::vector<ContainerSummary>> { return machine_.listContainers(labels); });
  }
  Task<Result<ContainerDetail>> inspectContainer(std::string idOrName, Wait wait) override {
    return read<ContainerDetail>(wait, [this, idOrName] { return machine_.inspect(idOrName); });
  }
  Task<Result<std::string>> createContainer(std::string name, model::ContainerSpec spec, Wait wait) override {
    return change<std::string>(wait, [this, name, spec = std::move(spec)] { return machine_.create(name, spec); });
  }
  Task<Status> startContainer(std::string id, Wait wait) override {
    return change<void>(wait, [this, id] { return machine_.start(id); });
  }
  Task<Status> stopContainer(std::string id, std::optional<Duration> grace, Wait wait) override {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    auto found = machine_.container(id);
    if (!found.ok()) co_return std::move(found).error();
    machine_.note("stop " + (*found)->detail.summary.name);
    if ((*found)->running() && !(*found)->behaviour.stopsOnTerm) {
      const Duration span = grace.value_or((*found)->spec.stopGrace.value_or(kStopGraceDefault));
      ORBIT_CO_TRY_STATUS(co_await loop_.sleep(span, wait));
    }
    if (FakeContainer* still = machine_.find(id)) machine_.finish(*still, still->behaviour.stopsOnTerm ? 0 : 137, true);
    co_return leave();
  }
  Task<Status> killContainer(std::string id, std::string signal, Wait wait) override {
    return change<void>(wait, [this, id, signal]() -> Status {
      ORBIT_TRY(FakeContainer * found, machine_.container(id));
      if (!found->active()) {
        return Error{Code::kConflict, "container " + found->detail.summary.name + " is not running"};
      }
      machine_.note("kill " + found->detail.summary.name);
      const bool ends = signal == "KILL" || signal == "SIGKILL" ||
                        (found->behaviour.stopsOnTerm && signal != "HUP" && signal != "SIGHUP");
      if (ends) machine_.finish(*found, signal.ends_with("KILL") ? 137 : 0, true);
      return {};
    });
  }
  Task<Status> renameContainer(std::string id, std::string name, Wait wait) override {
    return change<void>(wait, [this, id, name] { return machine_.rename(id, name); });
  }
  Task<Status> removeContainer(std::string id, bool force, bool withVolumes, Wait wait) override {
    if (beforeRemove_) co_await beforeRemove_(id, wait);
    const auto act = [this, id, force, withVolumes] { return machine_.remove(id, force, withVolumes); };
    co_return co_await change<void>(wait, act);
  }
  Task<Result<int>> waitContainer(std::string id, Wait wait) override {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    for (;;) {
      if (down_) co_return unavailable(true);
      auto found = machine_.container(id);
      if (!found.ok()) co_return std::move(found).error();
      if (!(*found)->active()) co_return (*found)->detail.exitCode;
      ORBIT_CO_TRY_STATUS(co_await changed_.wait(wait));
    }
  }
  Task<Status> putArchive(std::string id, std::string path, std::string, Wait wait) override {
    return change<void>(wait, [this, id, path] { return machine_.putArchive(id, path); });
  }

  Task<Result<ImageDetail>> inspectImage(std::string reference, Wait wait) override {
    return read<ImageDetail>(wait, [this, reference] { return machine_.inspectImage(reference); });
  }
  Task<Status> pullImage(std::string reference, std::string, Sink<Progress> progress, Wait wait) override {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    Progress line{"layer", "Downloading", 1, 2};
    if (progress) {
      ORBIT_CO_TRY_STATUS(co_await progress(line));
    }
    Status done = machine_.pull(reference);
    if (!done.ok()) co_return done;
    co_return leave();
  }
  Task<Result<std::string>> buildImage(BuildRequest request, Sink<Progress> progress, Wait wait) override {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    Progress line{"1/1", "FROM scratch", 0, 0};
    if (progress) {
      ORBIT_CO_TRY_STATUS(co_await progress(line));
    }
    auto built = machine_.build(request);
    if (built.ok()) {
      ORBIT_CO_TRY_STATUS(leave());
    }
    co_return built;
  }
  Task<Status> removeImage(std::string reference, Wait wait) override {
    return change<void>(wait, [this, reference] { return machine_.removeImage(reference); });
  }
  Task<Status> tagImage(std::string reference, std::string tag, Wait wait) override {
    return change<void>(wait, [this, reference, tag] { return machine_.tag(reference, tag); });
  }

  Task<Result<std::vector<NetworkSummary>>> listNetworks(Labels labels, Wait wait) override {
    return read<std::vector<NetworkSummary>>(
        wait, [this, labels]() -> Result<std::vector<NetworkSummary>> { return machine_.listNetworks(labels); });
  }
  Task<Result<NetworkSummary>> inspectNetwork(std::string idOrName, Wait wait) override {
    return read<NetworkSummary>(wait, [this, idOrName] { return machine_.inspectNetwork(idOrName); });
  }
  Task<Result<std::string>> createNetwork(model::Network network, Wait wait) override {
    return change<std::string>(wait, [this, network] { return machine_.createNetwork(network); });
  }
  Task<Status> removeNetwork(std::string idOrName, Wait wait) override {
    return change<void>(wait, [this, idOrName] { return machine_.removeNetwork(idOrName); });
  }
  Task<Status> connectNetwork(std::string network, std::string container, model::NetworkAttachment as,
                              Wait wait) override {
    return change<void>(wait, [this, network, container, as] { return machine_.connect(network, container, as); });
  }
  Task<Status> disconnectNetwork(std::string network, std::string container, Wait wait) override {
    return change<void>(wait, [this, network, container] { return machine_.disconnect(network, container); });
  }

  Task<Result<std::vector<VolumeSummary>>> listVolumes(Labels labels, Wait wait) override {
    return read<std::vector<VolumeSummary>>(
        wait, [this, labels]() -> Result<std::vector<VolumeSummary>> { return machine_.listVolumes(labels); });
  }
  Task<Result<VolumeSummary>> inspectVolume(std::string name, Wait wait) override {
    return read<VolumeSummary>(wait, [this, name] { return machine_.inspectVolume(name); });
  }
  Task<Status> createVolume(model::Volume volume, Wait wait) override {
    return change<void>(wait, [this, volume] { return machine_.createVolume(volume); });
  }
  Task<Status> removeVolume(std::string name, Wait wait) override {
    return change<void>(wait, [this, name] { return machine_.removeVolume(name); });
  }

  Task<Result<ExecResult>> exec(std::string id, ExecOptions, Wait wait) override {
    return read<ExecResult>(wait, [this, id]() -> Result<ExecResult> {
      ORBIT_TRY(FakeContainer * found, runningContainer(id));
      ExecResult result;
      if (machine_.healthTestPasses(*found)) return result;
      result.exitCode = 1;
      result.output = "not ready\n";
      return result;
    });
  }
  Task<Result<Session>> startExec(std::string id, ExecOptions options, Wait wait) override {
    return change<Session>(wait, [this, id, options]() -> Result<Session> {
      ORBIT_TRY(FakeContainer * found, runningContainer(id));
      execs_[std::to_string(execs_.size() + 1)] = machine_.healthTestPasses(*found) ? 0 : 1;
      return Session{std::to_string(execs_.size()), std::make_unique<CannedStream>("")};
    });
  }
  Task<Status> resizeExec(std::string execId, int, int, Wait wait) override {
    return change<void>(wait, [this, execId] { return execKnown(execId); });
  }
  Task<Result<int>> execExitCode(std::string execId, Wait wait) override {
    return read<int>(wait, [this, execId]() -> Result<int> {
      ORBIT_TRY_STATUS(execKnown(execId));
      return execs_[execId];
    });
  }
  Task<Result<Session>> attach(std::string id, Wait wait) override {
    return read<Session>(wait, [this, id]() -> Result<Session> {
      ORBIT_TRY(FakeContainer * found, machine_.container(id));
      // Attached before its start, as `run` does: what it will print is there to read.
      auto log = found->log;
      if (!found->active()) {
        for (const auto& line : found->behaviour.log) log.push_back({false, 0, line, false});
      }
      return Session{"", std::make_unique<CannedStream>(framed(log, found->detail.tty))};
    });
  }
  Task<Status> resizeContainer(std::string id, int, int, Wait wait) override {
    return change<void>(wait, [this, id]() -> Status {
      ORBIT_TRY_STATUS(runningContainer(id));
      return {};
    });
  }

  Task<Status> logs(std::string id, LogOptions options, Sink<LogRecord> sink, Wait wait) override {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    auto first = machine_.container(id);
    if (!first.ok()) co_return std::move(first).error();
    const std::size_t tail = options.tail < 0 ? (*first)->log.size() : static_cast<std::size_t>(options.tail);
    std::size_t next = (*first)->rotated + (*first)->log.size() - std::min(tail, (*first)->log.size());
    for (;;) {
      if (down_) co_return unavailable(true);
      const FakeContainer* found = machine_.find(id);
      if (found == nullptr) co_return Status();
      while (found != nullptr && next < found->rotated + found->log.size()) {
        next = std::max(next, found->rotated);
        if (down_) co_return unavailable(true);
        LogRecord record = found->log[next++ - found->rotated];
        if (record.timeUs < options.sinceUs || (options.untilUs != 0 && record.timeUs > options.untilUs)) continue;
        ORBIT_CO_TRY_STATUS(co_await sink(std::move(record)));
        found = machine_.find(id);
      }
      if (found == nullptr || !options.follow || !found->active()) co_return Status();
      ORBIT_CO_TRY_STATUS(co_await changed_.wait(wait));
    }
  }
  Task<Status> events(std::int64_t sinceUs, EventFilter filter, Sink<Event> sink, Wait wait) override {
    std::size_t next = sinceUs == 0 ? machine_.events().size() : 0;
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    const std::size_t past = machine_.events().size();  // like the engine's, `since` chooses of these only
    for (;;) {
      if (down_) co_return unavailable(true);
      while (next < machine_.events().size()) {
        const bool old = next < past;
        Event event = machine_.events()[next++];
        if ((old && event.timeUs < sinceUs) || !FakeMachine::carries(event.attributes, filter.labels)) continue;
        const auto& actions = filter.actions;
        if (!actions.empty() && std::find(actions.begin(), actions.end(), event.action) == actions.end()) continue;
        ORBIT_CO_TRY_STATUS(co_await sink(std::move(event)));
      }
      ORBIT_CO_TRY_STATUS(co_await changed_.wait(wait));
    }
  }
  Task<Result<StatsSample>> stats(std::string id, Wait wait) override {
    return read<StatsSample>(wait, [this, id]() -> Result<StatsSample> {
      ORBIT_TRY_STATUS(runningContainer(id));
      StatsSample sample;
      sample.timeUs = loop_.clock().wallUs();
      sample.cpus = 2;
      sample.memoryBytes = 16u << 20;
      sample.pids = 1;
      return sample;
    });
  }

  Task<Status> probeTcp(std::string address, int port, Wait wait) override {
    return dial<void>(wait, [this, address, port]() -> Status {
      const FakeContainer* found = machine_.atAddress(address);
      if (found != nullptr && machine_.accepts(*found, port)) return {};
      return Error{Code::kUnavailable, address + ":" + std::to_string(port) + " refuses connections"};
    });
  }
  Task<Result<HttpAnswer>> probeHttp(std::string address, int port, std::string, std::string, Wait wait) override {
    return dial<HttpAnswer>(wait, [this, address, port]() -> Result<HttpAnswer> {
      const FakeContainer* found = machine_.atAddress(address);
      if (found == nullptr || !machine_.accepts(*found, port)) {
        return Error{Code::kUnavailable, address + ":" + std::to_string(port) + " refuses connections"};
      }
      if (found->behaviour.httpStatus == 0) return Error{Code::kProtocol, "no HTTP answer"};
      if (!machine_.healthTestPasses(*found)) return HttpAnswer{503, "not ready"};
      return HttpAnswer{found->behaviour.httpStatus, found->behaviour.httpBody};
    });
  }
  Task<Result<std::vector<Listening>>> listening(std::string id, Wait wait) override {
    return read<std::vector<Listening>>(wait, [this, id]() -> Result<std::vector<Listening>> {
      ORBIT_TRY(FakeContainer * found, runningContainer(id));
      std::vector<Listening> all;
      if (loop_.clock().now() - found->started < found->behaviour.listensAfter) return all;
      for (int port : found->behaviour.ports) {
        all.push_back({found->behaviour.localhostOnly ? "127.0.0.1" : "0.0.0.0", port});
      }
      return all;
    });
  }

 private:
  Task<void> timer(Duration span, std::function<void()> act) {
    const Status slept = co_await loop_.sleep(span);
    if (slept.ok()) act();
  }

  // The way to the engine: latency, an engine that is away, a request that is lost.
  Task<Status> enter(Wait wait) {
    ORBIT_CO_TRY_STATUS(co_await travel(wait));
    if (down_ || machine_.random().chance(lostRequests_)) co_return unavailable(true);
    co_return Status();
  }
  Task<Status> travel(Wait wait) {
    if (latencyMax_ > Duration::zero()) {
      const auto most = static_cast<std::uint64_t>(latencyMax_.count());
      const Duration span(static_cast<std::int64_t>(machine_.random().below(most)));
      ORBIT_CO_TRY_STATUS(co_await loop_.sleep(span, wait));
    }
    if (wait.cancel != nullptr && wait.cancel->requested()) co_return Error{Code::kCancelled, "cancelled"};
    if (loop_.clock().now() >= wait.deadline) co_return Error{Code::kTimeout, "the engine did not answer in time"};
    co_return Status();
  }
  // The way back, for what changed something.
  Status leave() {
    if (machine_.random().chance(lostReplies_)) return unavailable(false);
    return {};
  }

  template <class T>
  Task<Result<T>> read(Wait wait, std::function<Result<T>()> act) {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    co_return act();
  }
  // Straight to a container, past the engine.
  template <class T>
  Task<Result<T>> dial(Wait wait, std::function<Result<T>()> act) {
    ORBIT_CO_TRY_STATUS(co_await travel(wait));
    co_return act();
  }
  template <class T>
  Task<Result<T>> change(Wait wait, std::function<Result<T>()> act) {
    ORBIT_CO_TRY_STATUS(co_await enter(wait));
    Result<T> result = act();
    if (result.ok()) {
      ORBIT_CO_TRY_STATUS(leave());
    }
    co_return result;
  }

  Result<FakeContainer*> runningContainer(const std::string& id) {
    ORBIT_TRY(FakeContainer * found, machine_.container(id));
    if (found->running()) return found;
    return Error{Code::kConflict, "container " + found->detail.summary.name + " is not running"};
  }
  Status execKnown(const std::string& execId) const {
    if (execs_.contains(execId)) return {};
    return Error{Code::kNotFound, "no such exec: " + execId};
  }

  net::Loop& loop_;
  Duration latencyMax_{};
  double lostRequests_ = 0, lostReplies_ = 0;
  bool down_ = false;
  std::uint64_t diskBytes_ = 0, diskFreeBytes_ = 0;
  std::map<std::string, int> execs_;  // id → exit code
  net::Condition changed_;
  FakeMachine machine_;
  net::TaskGroup timers_;  // after machine_: its timers refer to it
};

}  // namespace

std::unique_ptr<FakeEngine> FakeEngine::create(net::Loop& loop, std::uint64_t seed, std::string apiVersion) {
  const auto version = parseApiVersion(apiVersion);
  ORBIT_CHECK(version.ok());
  return std::make_unique<Fake>(loop, seed, *version);
}

}  // namespace orbit::engine
