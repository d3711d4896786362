// What the verbs about alerts ask of the daemon: a seam that api owns and the daemon joins. Thread rules: the thread of
// the Loop.
#pragma once
#include <string>
#include <vector>

#include "alert/alert.h"
#include "model/alerting.h"
#include "net/net.h"
#include "notify/notify.h"

namespace orbit::api {

class Alarms {
 public:
  virtual ~Alarms() = default;
  // What an environment wants to be told of from now on; on disk when it returns.
  virtual net::Task<Status> configure(model::Alerting settings) = 0;
  virtual const alert::Alerts& alerts() const = 0;
  virtual std::vector<model::Alerting> settings() const = 0;
  virtual std::vector<notify::Entry> outbox() const = 0;

  // By hand; on disk when they return. Errors: those of alert::Alerts.
  virtual net::Task<Status> acknowledge(std::string incident, std::string by) = 0;
  virtual net::Task<Status> silence(std::string incident, Duration span, std::string by) = 0;
  virtual net::Task<Status> silencePlace(alert::Place place, Duration span, std::string by) = 0;
  virtual net::Task<Status> resolve(std::string incident, std::string by) = 0;

  // Sends a test to a receiver and says what came of it. Errors: kNotFound names those there are.
  virtual net::Task<Result<notify::Answer>> test(std::string project, std::string environment, std::string receiver,
                                                 net::Wait wait) = 0;
};

}  // namespace orbit::api
