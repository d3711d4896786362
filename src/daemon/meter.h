// Keeps what the edge counted: each tick's additions into the series on disk, and answers questions about them. Private
// to daemon. Thread rules: the thread of its Loop; files are written and read on a worker thread.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "daemon/resources.h"
#include "daemon/watcher.h"
#include "series/series.h"

namespace orbit::daemon {

class Meter final : public api::Measurements {
 public:
  // Reads what is in `folder`; blocks. Listens to the watcher from now on.
  Meter(net::Loop& loop, Watcher& watcher, std::string folder);
  // Whose containers and disks are shown; may be missing.
  void setResources(const Resources* resources) { resources_ = resources; }

  // Until cancelled; then what is left is written, and that it was an orderly end.
  net::Task<void> run(net::Cancel& cancel);
  net::Task<series::Answer> ask(series::Question question) override;
  std::vector<std::string> problems() const override;
  std::vector<api::ContainerNow> containers() const override;
  std::optional<std::set<alert::Place>> running() const;  // as Resources has it
  api::HostNow host() const override;
  std::string exposition() const override;
  // By the edge, ever since this process began: requests that it could not count by name.
  std::uint64_t samplesDropped() const { return recorder_.samplesDropped(); }
  series::Recorder& recorder() { return recorder_; }
  const series::Recorder::Before& before() const { return recorder_.before(); }

 private:
  net::Task<void> write();

  net::Loop& loop_;
  std::unique_ptr<series::Disk> disk_;
  series::Recorder recorder_;
  const Resources* resources_ = nullptr;
};

}  // namespace orbit::daemon
