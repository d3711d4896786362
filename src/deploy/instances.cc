#include "deploy/instances.h"

#include <charconv>
#include <deque>
#include <set>

#include "deploy/limits.h"
#include "model/secret_mark.h"
#include "pack/pack.h"

namespace orbit::deploy {
namespace {

using net::Task;
using net::Wait;

std::string label(const engine::Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

int numberIn(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Instance instanceOf(const engine::ContainerSummary& summary) {
  Instance one;
  one.id = summary.id;
  one.name = summary.name;
  one.service = label(summary.labels, kServiceLabel);
  one.imageId = summary.imageId;
  one.group = groupOf(label(summary.labels, kReleaseLabel));
  one.number = numberIn(label(summary.labels, kInstanceLabel));
  one.own = label(summary.labels, kAddressLabel);
  one.running = summary.state == engine::ContainerState::kRunning;
  one.ended = !one.running && summary.state != engine::ContainerState::kRestarting;
  if (one.running) {
    for (const auto& [network, address] : summary.addresses) {
      if (!address.empty()) one.address = address;
    }
  }
  return one;
}

class UnderWay {
 public:
  UnderWay(std::multiset<std::string>& tasks, const std::string& name) : tasks_(tasks), at_(tasks.insert(name)) {}
  ~UnderWay() { tasks_.erase(at_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  std::multiset<std::string>& tasks_;
  std::multiset<std::string>::iterator at_;
};

}  // namespace

std::vector<Instance> Instances::of(const std::string& service, int group) const {
  std::vector<Instance> found;
  for (const auto& one : all_) {
    if (one.service == service && one.group == group && one.number != 0) found.push_back(one);
  }
  return found;
}

const Instance* Instances::find(const std::string& id) const {
  for (const auto& one : all_) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

std::string Instances::nextAddress(const std::string& subnet) {
  const std::string prefix = subnet.substr(0, subnet.rfind('.') + 1);
  if (prefix.empty()) return {};
  std::set<std::string> taken;
  for (const auto& one : all_) {
    taken.insert(one.own);
    taken.insert(one.address);
  }
  for (int tried = kFirstHost; tried <= kLastHost; ++tried) {
    lastHost_ = lastHost_ >= kLastHost ? kFirstHost : lastHost_ + 1;
    std::string address = prefix + std::to_string(lastHost_);
    if (!taken.contains(address)) return address;
  }
  return {};  // the engine says what is wrong
}

Task<Status> Instances::look(Wait wait) {
  engine::Labels labels = environmentLabels(key_, home_);
  auto listed = co_await engine_.listContainers(std::move(labels), wait);
  if (!listed.ok()) co_return std::move(listed).error();
  std::vector<Instance> found;
  for (const auto& summary : *listed) {
    found.push_back(instanceOf(summary));
    // A listing does not tell it; one that ran on is as old as it was.
    const Instance* known = find(summary.id);
    if (known != nullptr && known->running && found.back().running && known->address == found.back().address) {
      found.back().startedUs = known->startedUs;
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  all_ = std::move(found);
  co_return Status();
}

Task<Result<std::string>> Instances::create(std::string name, InstanceInput input, model::ContainerSpec spec,
                                            Wait wait) {
  ORBIT_CO_TRY(const auto files, givenFiles(input));
  const std::string image = spec.image;
  auto created = co_await engine::createNamed(loop_, engine_, name, std::move(spec), wait);
  if (!created.ok() && created.error().code == Code::kConflict) {
    // An answer that was lost, or the remains of a crash. One that runs is the one that is wanted.
    const auto there = co_await engine_.inspectContainer(name, wait);
    if (there.ok()) {
      ORBIT_CO_TRY_STATUS(madeHere("the container " + name, there->summary.labels, home_));
    }
    const bool runs = there.ok() && there->summary.state == engine::ContainerState::kRunning;
    if (runs && input.number != 0 && there->summary.imageId == image) co_return there->summary.id;
    ORBIT_CO_TRY_STATUS(co_await engine_.removeContainer(name, true, true, wait));
    ORBIT_CO_TRY(auto again, containerSpec(input));
    created = co_await engine::createNamed(loop_, engine_, name, std::move(again), wait);
  }
  if (!created.ok()) co_return std::move(created).error();
  for (const auto& file : files) {
    auto archive = pack::packFile(file.target.substr(1), file.content, file.mode, file.uid, file.gid);
    if (!archive.ok()) co_return std::move(archive).error();
    std::string root = "/";
    ORBIT_CO_TRY_STATUS(co_await engine_.putArchive(*created, std::move(root), std::move(*archive), wait));
  }
  co_return *created;
}

Task<Result<Instance>> Instances::ensure(InstanceInput input, Wait wait) {
  const std::string& service = input.service.service.name;
  std::string id;
  bool running = false;
  for (const auto& one : of(service, input.group.number)) {
    if (one.number == input.number) {
      id = one.id;
      running = one.running;
    }
  }
  if (id.empty()) {
    input.address = nextAddress(input.state.subnet);
    ORBIT_CO_TRY(auto spec, containerSpec(input));
    std::string name = containerName(key_, service, input.group.number, input.number);
    auto created = co_await create(std::move(name), input, std::move(spec), wait);
    if (!created.ok()) co_return std::move(created).error();
    id = *created;
  }
  if (!running) {  // no harm where it does
    Status started = co_await engine_.startContainer(id, wait);
    const bool taken = !started.ok() && started.error().message.find("Address already in use") != std::string::npos;
    if (taken || (!started.ok() && started.error().code == Code::kStale)) {
      ORBIT_CO_TRY_STATUS(co_await engine_.removeContainer(id, true, true, wait));
      ORBIT_CO_TRY_STATUS(co_await look(wait));
      co_return co_await ensure(input, wait);
    }
    if (!started.ok()) co_return std::move(started).error();
  }
  auto detail = co_await engine_.inspectContainer(id, wait);
  if (!detail.ok()) co_return std::move(detail).error();
  Instance one = instanceOf(detail->summary);
  one.startedUs = detail->startedUs;
  std::erase_if(all_, [&](const auto& other) { return other.id == one.id; });
  all_.push_back(one);
  std::sort(all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  co_return one;
}

Task<Status> Instances::stop(std::string id, Wait wait) {
  Status stopped = co_await engine_.stopContainer(id, std::nullopt, wait);
  if (!stopped.ok() && stopped.error().code != Code::kNotFound) co_return stopped;
  for (auto& one : all_) {
    if (one.id == id) {
      one.running = false;
      one.ended = true;
      one.address.clear();
    }
  }
  co_return Status();
}

Task<Status> Instances::remove(std::string id, Wait wait) {
  ORBIT_CO_TRY_STATUS(co_await stop(id, wait));
  Status removed = co_await engine_.removeContainer(id, true, true, wait);
  const bool gone = removed.ok() || removed.error().code == Code::kNotFound || removed.error().code == Code::kConflict;
  if (!gone) co_return removed;
  std::erase_if(all_, [&](const auto& one) { return one.id == id; });
  co_return Status();
}

Task<Result<int>> Instances::runTask(InstanceInput input, std::string task, std::vector<std::string> command,
                                     std::vector<std::string>& output, Wait wait) {
  input.address = nextAddress(input.state.subnet);
  ORBIT_CO_TRY(auto spec, containerSpec(input));
  for (auto& word : command) {
    ORBIT_CO_TRY(word, model::fillSecrets(word, input.secret));
  }
  spec.entrypoint = std::vector<std::string>{command.front()};
  spec.command = std::vector<std::string>(command.begin() + 1, command.end());
  spec.labels[kTaskLabel] = task;
  std::string name = taskName(key_, input.service.service.name, input.group.number, task);
  const UnderWay underWay(tasks_, name);
  auto created = co_await create(std::move(name), input, std::move(spec), wait);
  if (!created.ok()) co_return std::move(created).error();
  const std::string id = *created;
  Status started = co_await engine_.startContainer(id, wait);
  Result<int> code = 0;
  if (started.ok()) {
    code = co_await engine_.waitContainer(id, wait);
  } else {
    code = std::move(started).error();
  }
  const Wait last{loop_.clock().now() + kExplainTime, nullptr};  // also when the caller's time is over
  output = co_await logTail(engine_, id, last);
  static_cast<void>(co_await engine_.removeContainer(id, true, true, last));  // recovery sweeps what stays
  co_return code;
}

Task<std::vector<std::string>> logTail(engine::Engine& engine, std::string id, Wait wait) {
  std::vector<std::string> lines;
  engine::LogOptions options;
  options.tail = static_cast<int>(kLogTailLines);
  const engine::Sink<engine::LogRecord> sink = [&lines](engine::LogRecord record) -> Task<Status> {
    lines.push_back(std::move(record.text));
    co_return Status();
  };
  static_cast<void>(co_await engine.logs(std::move(id), options, sink, wait));  // what came is what can be shown
  co_return lines;
}

}  // namespace orbit::deploy
