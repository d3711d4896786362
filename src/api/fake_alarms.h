// Alarms that only keep what they are told, for tests. Thread rules: one thread.
#pragma once
#include <string>
#include <vector>

#include "api/alarms.h"

namespace orbit::api {

class FakeAlarms final : public Alarms {
 public:
  net::Task<Status> configure(model::Alerting settings) override {
    known.configure(settings, 0);
    configured.push_back(std::move(settings));
    co_return Status();
  }
  const alert::Alerts& alerts() const override { return known; }
  std::vector<model::Alerting> settings() const override { return configured; }
  std::vector<notify::Entry> outbox() const override { return {}; }
  net::Task<Status> acknowledge(std::string incident, std::string by) override {
    co_return known.acknowledge(incident, by, 0);
  }
  net::Task<Status> silence(std::string incident, Duration span, std::string by) override {
    co_return known.silence(incident, span, by, 0);
  }
  net::Task<Status> silencePlace(alert::Place place, Duration span, std::string by) override {
    const std::int64_t untilUs = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
    alert::Silence silence{std::move(place), 0, untilUs, std::move(by)};
    co_return known.silencePlace(std::move(silence));
  }
  net::Task<Status> resolve(std::string incident, std::string by) override { co_return known.resolve(incident, by, 0); }
  net::Task<Result<notify::Answer>> test(std::string, std::string, std::string receiver, net::Wait) override {
    if (receiver != "ops") co_return Error{.code = Code::kNotFound, .message = "no receiver " + receiver};
    co_return notify::Answer{notify::Answer::Outcome::kDelivered, {}, "answered 200"};
  }

  alert::Alerts known;
  std::vector<model::Alerting> configured;
};

}  // namespace orbit::api
