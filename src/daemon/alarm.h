// Where alerting meets the rest of the control plane: what the edge counted goes in by half minutes, what deploys did
// and how containers ended as it happens; what people are to be told goes out through the outbox. State and notices are
// written in one transaction before anything is sent, so that a restart neither forgets nor repeats. Private to daemon.
// Thread rules: the thread of its Loop.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/alert.h"
#include "api/api.h"
#include "daemon/alarm_use.h"
#include "daemon/meter.h"
#include "daemon/observer.h"
#include "daemon/presence.h"
#include "deploy/deploy.h"
#include "engine/engine.h"
#include "notify/notify.h"
#include "store/store.h"
#include "traffic/traffic.h"

namespace orbit::daemon {

class Alarm final : public api::Alarms {
 public:
  struct Parts {
    net::Loop& loop;
    engine::Engine& engine;
    store::Store& store;
    traffic::Traffic& traffic;
    Watcher& watcher;
    const Meter& meter;
  };
  // Reads what is kept; blocks for milliseconds.
  explicit Alarm(Parts parts);
  ~Alarm() override;

  // Judges, and delivers, until cancelled. `deploy` says what is live.
  net::Task<void> run(deploy::Deploy& deploy, net::Cancel& cancel);
  void happened(const deploy::Fact& fact);

  net::Task<Status> configure(model::Alerting settings) override;
  const alert::Alerts& alerts() const override { return alerts_; }
  std::vector<model::Alerting> settings() const override;
  std::vector<notify::Entry> outbox() const override { return outbox_->entries(); }
  net::Task<Status> acknowledge(std::string incident, std::string by) override;
  net::Task<Status> silence(std::string incident, Duration span, std::string by) override;
  net::Task<Status> silencePlace(alert::Place place, Duration span, std::string by) override;
  net::Task<Status> resolve(std::string incident, std::string by) override;
  net::Task<Result<notify::Answer>> test(std::string project, std::string environment, std::string receiver,
                                         net::Wait wait) override;

 private:
  class Kept;
  using EnvironmentKey = std::pair<std::string, std::string>;
  static std::string settingsName(const std::string& project, const std::string& environment);
  void restore();
  void adoptUnknown(const deploy::Deploy& deploy);
  void observe();
  net::Task<void> judgeForever(const deploy::Deploy& deploy, net::Wait wait);
  net::Task<void> tellMissed(deploy::Deploy& deploy, net::Wait wait);
  net::Task<void> watchEngine(net::Wait wait);
  net::Task<void> watchCertificates(net::Wait wait);
  net::Task<void> beat(net::Wait wait);
  net::Task<void> probeForever(const deploy::Deploy& deploy, net::Wait wait);
  net::Task<void> probeOne(deploy::StatusRow row, net::Wait wait);
  void noteEvent(const engine::Event& event);
  // Judges now, keeps what changed and queues what is to be told.
  net::Task<Status> settle(bool withCounts);
  std::vector<notify::Entry> entriesOf(const std::vector<model::Notice>& notices) const;
  net::Task<Status> keep(std::map<std::string, std::string> texts);
  const model::Receiver* receiverOf(const std::string& project, const std::string& environment,
                                    const std::string& name) const;
  Result<std::string> open(const std::string& project, const std::string& environment, const std::string& text) const;
  std::vector<notify::Entry> otherwise(const notify::Entry& parked) const;
  Duration repeatAfter(const alert::Incident& incident) const;
  std::int64_t now() const { return parts_.loop.clock().wallUs(); }

  Parts parts_;
  alert::Alerts alerts_;
  std::map<EnvironmentKey, model::Alerting> settings_;
  std::optional<Presence> presence_;
  Observer observer_;
  DropWatch drops_;
  std::map<std::string, std::string> written_;  // what is on disk of the state, by name
  std::set<std::string> counted_;               // names of counts that are on disk
  std::map<std::string, std::int64_t> diedUs_;  // containers, that may come back by themselves
  std::map<EnvironmentKey, Instant> beatAt_;
  std::unique_ptr<notify::Courier> courier_;
  std::unique_ptr<Kept> kept_;
  std::unique_ptr<notify::Outbox> outbox_;
};

}  // namespace orbit::daemon
