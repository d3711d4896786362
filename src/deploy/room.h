// All environments of a home, and what works on them. Private to deploy. Thread rules: the thread of its Loop.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "deploy/environment.h"
#include "deploy/move.h"
#include "deploy/watch.h"

namespace orbit::deploy {

class Room final : public Deploy {
 public:
  explicit Room(Parts parts) : parts_(std::move(parts)), ready_(parts_.loop), work_(parts_.loop) {}

  net::Task<void> run(net::Cancel& cancel) override;
  net::Task<Status> ready(net::Wait wait) override;
  net::Task<std::vector<Change>> compare(StartRequest request, net::Wait wait) override;
  net::Task<Outcome> start(StartRequest request, Stage until, Observer observer, net::Wait wait) override;
  net::Task<Outcome> follow(std::string project, std::string environment, int group, Stage until, Observer observer,
                            net::Wait wait) override;
  net::Task<Status> cancel(std::string project, std::string environment, net::Wait wait) override;
  net::Task<Outcome> rollback(std::string project, std::string environment, std::string target, Observer observer,
                              net::Wait wait) override;
  net::Task<Outcome> promote(std::string project, std::string environment, Observer observer, net::Wait wait) override;
  net::Task<Outcome> remove(std::string project, std::string environment, bool volumes, Observer observer,
                            net::Wait wait) override;
  std::vector<StatusRow> status(const std::string& project, const std::string& environment) const override;
  std::vector<ReleaseRow> releases(const std::string& project, const std::string& environment) const override;
  Result<format::Json> show(const std::string& project, const std::string& environment,
                            const std::string& release) const override;

 private:
  // A group that is not live yet.
  struct UnderWay {
    explicit UnderWay(net::Cancel* parent) : cancel(parent) {}
    net::Cancel cancel;
    bool superseded = false;
  };
  Environment& environmentOf(const EnvironmentKey& key);
  Result<Environment*> known(const std::string& project, const std::string& environment) const;
  std::vector<const Environment*> chosen(const std::string& project, const std::string& environment) const;
  net::Task<void> carryOut(Environment& environment, std::shared_ptr<UnderWay> own, StartRequest request, int number);
  net::Task<void> carryOn(std::unique_ptr<Watch> watch);
  void supersede(const EnvironmentKey& key);
  net::Task<Status> endUnderWay(Environment& environment, net::Wait wait);
  net::Task<Status> moveBack(Environment& environment, std::map<std::string, int> live, Observer observer,
                             net::Wait wait);

  // recovery.cc
  net::Task<void> recover(net::Wait wait);
  net::Task<void> recoverOne(Environment& environment, net::Wait wait);
  net::Task<void> watchEngine(net::Wait wait);
  net::Task<void> sweepForever(net::Wait wait);
  void watch(Environment& environment, int number);

  Parts parts_;
  std::map<EnvironmentKey, std::unique_ptr<Environment>> environments_;
  std::map<EnvironmentKey, std::map<int, std::shared_ptr<UnderWay>>> underWay_;
  std::map<EnvironmentKey, int> reserved_;  // the number given last, journaled or not
  bool isReady_ = false;
  net::Cancel* stop_ = nullptr;  // the daemon's
  net::Condition ready_;
  net::TaskGroup work_;
};

// What a rollback's target means: by service, the release to be live. Pure. Errors: kNotFound, kConflict.
Result<std::map<std::string, int>> targetOf(const EnvironmentState& state, const std::string& target);

}  // namespace orbit::deploy
