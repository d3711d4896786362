// What containers and the machine use, looked at every ten seconds and kept as series. Private to daemon. Thread rules:
// the thread of its Loop; the kernel's files are read on a worker thread.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/alert.h"
#include "api/api.h"
#include "machine/machine.h"
#include "series/series.h"

namespace orbit::daemon {

class Resources {
 public:
  // `home`: whose containers; `folders`: whose disks.
  Resources(net::Loop& loop, engine::Engine& engine, series::Recorder& recorder, std::string home,
            std::vector<std::string> folders);
  net::Task<void> run(net::Cancel& cancel);
  std::vector<api::ContainerNow> containers() const;
  // What has a running container; none while the engine does not say, or has more than are looked at.
  std::optional<std::set<alert::Place>> running() const;
  const api::HostNow& host() const { return host_; }

 private:
  struct Known {
    api::ContainerNow now;
    int pid = 0;
    Instant inspectedAt{}, lookedAt{};
    machine::ContainerUse use;
    bool used = false;  // `use` stands
  };
  struct Look {
    std::map<std::string, Result<machine::ContainerUse>> uses;  // by container id
    machine::HostUse host;
    std::map<std::string, machine::DiskUse> disks;
  };
  net::Task<Status> listContainers(net::Wait wait);
  net::Task<Status> inspect(std::string id, net::Wait wait);
  net::Task<void> look();
  void note(Known& known, const machine::ContainerUse& use);
  void noteHost(const Look& look);
  void noteDisk(const std::string& path, const machine::DiskUse& use);

  net::Loop& loop_;
  engine::Engine& engine_;
  series::Recorder& recorder_;
  std::string home_;
  std::vector<std::string> folders_;
  std::map<std::string, Known> known_;  // by container id
  bool listed_ = false;                 // it is all there is, as of the last look
  api::HostNow host_;
  machine::HostUse hostUse_;
  Instant hostAt_{};
  std::map<std::string, machine::Forecast> forecasts_;
};

}  // namespace orbit::daemon
