// For tests: one service under judgement, fed by the half minute. Thread rules: one owner.
#pragma once
#include <string>
#include <vector>

#include "alert/alert.h"

namespace orbit::alert {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kHalfMinute = 30 * kSecond;

struct Bed {
  model::Alerting settings;
  Alerts alerts;
  std::int64_t nowUs = 1'800'000'000 * kSecond;
  std::vector<model::Notice> notices;
  const Place web{"shop", "production", "web"};

  Bed() {
    settings.project = "shop";
    settings.environment = "production";
    settings.services["web"] = {};
    alerts.configure(settings, nowUs);
  }

  // What happened in the half minute that ends now.
  Window window(std::uint64_t requests, std::uint64_t errors, std::uint64_t overP50 = 0, std::uint64_t overP99 = 0,
                std::vector<std::uint64_t> clients = {1, 2, 3}) const {
    Window one;
    one.fromUs = nowUs - kHalfMinute;
    one.toUs = nowUs;
    one.errors = {requests, errors, errors > 0 ? clients : std::vector<std::uint64_t>(), 0};
    one.p50 = {requests, overP50, overP50 > 0 ? clients : std::vector<std::uint64_t>(), 0};
    one.p99 = {requests, overP99, overP99 > 0 ? clients : std::vector<std::uint64_t>(), 0};
    one.overTarget = overP99;
    one.p50Ms = overP50 * 2 > requests ? 300 : 20;
    one.p99Ms = overP99 * 100 > requests ? 1500 : 80;
    one.seen = std::move(clients);
    return one;
  }
  void judge() {
    for (auto& notice : alerts.tick(nowUs)) notices.push_back(std::move(notice));
  }
  // Half a minute passes, and this was in it; judged each five seconds, as the daemon does.
  void pass(Window made) {
    constexpr int kJudged = 6;
    for (int i = 0; i < kJudged; ++i) {
      if (i > 0) judge();
      nowUs += kHalfMinute / kJudged;
    }
    made.fromUs = nowUs - kHalfMinute;
    made.toUs = nowUs;
    alerts.observe(web, std::move(made));
    judge();
  }
  void pass(std::uint64_t requests, std::uint64_t errors, int times = 1) {
    for (int i = 0; i < times; ++i) pass(window(requests, errors));
  }
  void gap(int times = 1) {
    for (int i = 0; i < times; ++i) {
      Window one = window(0, 0);
      one.gap = true;
      pass(std::move(one));
    }
  }
  std::vector<std::string> firing() const {
    std::vector<std::string> names;
    for (const auto& [key, alert] : alerts.alerts()) {
      if (alert.state == Alert::State::kFiring) names.push_back(key.text());
    }
    return names;
  }
  bool fires(const std::string& name) const {
    const auto all = firing();
    return std::find(all.begin(), all.end(), name) != all.end();
  }
  const Incident& incident() const { return alerts.incidents().rbegin()->second; }
};

}  // namespace orbit::alert
