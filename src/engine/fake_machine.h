// The fake engine's machine: containers, images, networks and volumes in memory, every operation at once and without
// waiting. FakeEngine puts latency, faults and waiting around it. Refusals carry the real engine's status and wording,
// so that they go through the same mapping. Thread rules: one owner.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/api_version.h"
#include "engine/fake.h"

namespace orbit::engine {

struct FakeContainer {
  ContainerDetail detail;
  model::ContainerSpec spec;
  FakeBehaviour behaviour;
  std::map<std::string, model::NetworkAttachment> networks;
  std::vector<LogRecord> log;
  std::size_t rotated = 0;  // records that stood before those
  Instant started{};
  int starts = 0;  // tells a timer of an earlier run from this one's
  bool stoppedByHand = false;
  Instant thereFrom{};  // until then only its name is taken
  std::string spoilt;   // not empty: what each start answers
  bool running() const { return detail.summary.state == ContainerState::kRunning; }
  bool active() const { return running() || detail.summary.state == ContainerState::kRestarting; }
};

class FakeMachine {
 public:
  // `after` calls back later (virtual time); `changed` is called at each change of state.
  struct Hooks {
    std::function<void(Duration, std::function<void()>)> after;
    std::function<void()> changed;
  };
  // Whether `labels` hold all `wanted` ones ("" as value: any value).
  static bool carries(const Labels& labels, const Labels& wanted);
  FakeMachine(const Clock& clock, std::uint64_t seed, ApiVersion version, Hooks hooks);

  Random& random() { return random_; }
  ApiVersion version() const { return version_; }
  void note(std::string entry) {
    journal_.push_back(std::move(entry));
    if (onChange) onChange(journal_.back());
  }
  std::function<void(const std::string& entry)> onChange;
  const std::vector<std::string>& journal() const { return journal_; }
  const std::vector<Event>& events() const { return events_; }
  void setDiskFull(bool full) { diskFull_ = full; }
  void setBehaviour(std::string image, FakeBehaviour behaviour) {
    behaviours_[std::move(image)] = std::move(behaviour);
  }

  bool isThere(const FakeContainer& container) const { return container.thereFrom <= clock_.now(); }
  FakeContainer* find(const std::string& idOrName);
  Result<FakeContainer*> container(const std::string& idOrName);
  std::vector<ContainerSummary> listContainers(const Labels& labels);
  Result<ContainerDetail> inspect(const std::string& idOrName);
  Result<std::string> create(const std::string& name, const model::ContainerSpec& spec);
  Status start(const std::string& id);
  // The container's process ends; `byHand`: by stop or kill, so that no restart policy applies.
  void finish(FakeContainer& container, int exitCode, bool byHand);
  void containerEvent(const FakeContainer& container, const std::string& action, Labels more = {});
  Status rename(const std::string& id, const std::string& name);
  Status remove(const std::string& id, bool force, bool withVolumes);
  Status putArchive(const std::string& id, const std::string& path);
  bool healthTestPasses(const FakeContainer& container) const;
  bool accepts(const FakeContainer& container, int port) const;
  FakeContainer* atAddress(const std::string& address);

  void addImage(const std::string& reference, ImageDetail detail);
  void addRegistryImage(const std::string& reference) { registry_.insert(normal(reference)); }
  Result<ImageDetail> inspectImage(const std::string& reference) const;
  Status pull(const std::string& reference);
  Result<std::string> build(const BuildRequest& request);
  Status removeImage(const std::string& reference);
  Status tag(const std::string& reference, const std::string& tag);

  std::vector<NetworkSummary> listNetworks(const Labels& labels) const;
  Result<NetworkSummary> inspectNetwork(const std::string& idOrName) const;
  Result<std::string> createNetwork(const model::Network& network);
  Status removeNetwork(const std::string& idOrName);
  Status connect(const std::string& network, const std::string& id, const model::NetworkAttachment& attachment);
  Status disconnect(const std::string& network, const std::string& id);

  std::vector<VolumeSummary> listVolumes(const Labels& labels) const;
  Result<VolumeSummary> inspectVolume(const std::string& name) const;
  Status createVolume(const model::Volume& volume);
  Status removeVolume(const std::string& name);

 private:
  struct Network {
    NetworkSummary summary;
    int number = 0;
    int nextHost = 2;
  };
  static std::string normal(const std::string& reference);
  std::string newId();
  void event(std::string type, std::string action, std::string id, Labels attributes);
  Network* findNetwork(const std::string& idOrName);
  const Network* findNetwork(const std::string& idOrName) const;
  void mountVolumes(FakeContainer& container, const ImageDetail& image);
  Status publishPorts(FakeContainer& container);
  bool portTaken(int port, const std::string& protocol) const;
  void giveAddress(FakeContainer& container, const std::string& network);
  void scheduleExit(FakeContainer& container);
  void restartLater(FakeContainer& container);
  void refresh(FakeContainer& container) const;
  bool usesVolume(const FakeContainer& container, const std::string& name) const;

  const Clock& clock_;
  Random random_;
  ApiVersion version_;
  Hooks hooks_;
  bool diskFull_ = false;
  int nextPort_ = 32768;
  int nextNetwork_ = 18;
  std::vector<std::unique_ptr<FakeContainer>> containers_;  // in order of creation
  std::map<std::string, ImageDetail> images_;               // by normal reference
  std::set<std::string> registry_;
  std::map<std::string, FakeBehaviour> behaviours_;
  std::vector<Network> networks_;
  std::map<std::string, VolumeSummary> volumes_;
  std::vector<std::string> journal_;
  std::vector<Event> events_;
};

}  // namespace orbit::engine
