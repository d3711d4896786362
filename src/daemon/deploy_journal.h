// Where deploy's facts are kept and who knows its secrets: its seams over the store. Private to daemon. Thread rules:
// the thread of the Loop.
#pragma once
#include "deploy/deploy.h"
#include "store/store.h"

namespace orbit::daemon {

class DeployJournal final : public deploy::Journal {
 public:
  DeployJournal(net::Loop& loop, store::Store& store) : loop_(loop), store_(store) {}

  net::Task<Status> append(deploy::Fact fact) override;
  Result<std::vector<deploy::Fact>> read() override;
  Result<std::string> sealed(const std::string& project, const std::string& environment, int group) override;
  net::Task<Status> forget(std::string project, std::string environment, std::vector<int> groups) override;
  // Called with each fact that was written.
  void onFact(std::function<void(const deploy::Fact&)> told) { told_ = std::move(told); }

 private:
  std::function<void(const deploy::Fact&)> told_;
  net::Loop& loop_;
  store::Store& store_;
};

class DeploySecrets final : public deploy::Secrets {
 public:
  explicit DeploySecrets(store::Store& store) : store_(store) {}

  Result<std::vector<project::EnvironmentVariable>> variables(const std::string& project,
                                                              const std::string& environment) override;
  Result<Value> open(const std::string& project, const std::string& environment, const std::string& service,
                     const std::string& name, int version) override;

 private:
  store::Store& store_;
};

}  // namespace orbit::daemon
