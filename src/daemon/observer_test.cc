// Real signal files, virtual time.
#include "daemon/observer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace orbit::daemon {
namespace {

using namespace std::chrono_literals;
using signal::Key;

constexpr const char* kWeb = "shop.production.web";

class ObserverTest : public testing::Test {
 protected:
  ObserverTest() {
    char name[] = "/tmp/orbit-observer-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    folder = name;
    signal::WriterOptions options;
    options.path = folder + "/1.signals";
    options.generation = 1;
    options.ringCells = 4096;
    auto made = signal::Writer::create(options);
    EXPECT_TRUE(made.ok());
    writer = std::move(*made);
    auto& environment = settings[{"shop", "production"}];
    environment.project = "shop";
    environment.environment = "production";
    environment.services["web"] = {};
    alerts.configure(environment, clock.wallUs());
    watcher = std::make_unique<Watcher>(loop, folder);
    observer = std::make_unique<Observer>(loop, *watcher);
    observer->watch(settings);
    loop.spawn(watcher->run(cancel));
    pass(1);
  }
  ~ObserverTest() override {
    cancel.request();
    EXPECT_TRUE(loop.runTask(loop.sleep(1ms)).ok());
    std::filesystem::remove_all(folder);
  }

  void request(int status, std::uint64_t client = 1, std::uint64_t latencyUs = 5000) {
    signal::Record record;
    record.sample.status = status;
    record.sample.latencyUs = latencyUs;
    record.clientHash = client;
    count({Key::Kind::kRequest, "web.example.com", kWeb, "r1", ""}, record);
  }
  void view(const std::string& vital, std::uint64_t value) {
    signal::Record record;
    record.sample.status = 200;
    record.sample.latencyUs = value;
    count({Key::Kind::kVital, "web.example.com", kWeb, "r1", vital}, record);
  }
  void count(const Key& key, signal::Record record) {
    auto& worker = writer->worker(0);
    record.kind = key.kind;
    record.wallUs = clock.wallUs();
    record.series = worker.series(key);
    worker.count(record.series, record.sample);
    worker.record(record);
  }
  // As the daemon does each second.
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      EXPECT_TRUE(loop.runTask(loop.sleep(1s)).ok());
      observer->listenWhenBad();
      if (observer->due()) observer->tell(alerts);
      static_cast<void>(alerts.tick(clock.wallUs()));
    }
  }
  bool fires(const std::string& name) const {
    for (const auto& [key, alert] : alerts.alerts()) {
      if (key.text() == name && alert.state == alert::Alert::State::kFiring) return true;
    }
    return false;
  }
  std::optional<double> objective(const std::string& name) const {
    for (const auto& row : alerts.objectives(clock.wallUs())) {
      if (row.name == name) return row.now;
    }
    return std::nullopt;
  }

  std::vector<alert::Outage> outages() const {
    for (const auto& row : alerts.objectives(clock.wallUs())) {
      if (row.name == "uptime") return row.outages;
    }
    return {};
  }

  FakeClock clock;
  net::Loop loop{clock};
  net::Cancel cancel;
  std::string folder;
  std::unique_ptr<signal::Writer> writer;
  std::map<Observer::EnvironmentKey, model::Alerting> settings;
  alert::Alerts alerts;
  std::unique_ptr<Watcher> watcher;
  std::unique_ptr<Observer> observer;
};

TEST_F(ObserverTest, RequestsBecomeErrorsAndLatencies) {
  for (int second = 0; second < 100; ++second) {
    for (std::uint64_t i = 0; i < 9; ++i) request(200, i);
    request(503, static_cast<std::uint64_t>(second % 3), 1'500'000);
    pass(1);
  }
  EXPECT_TRUE(fires("errors of web"));
  EXPECT_TRUE(fires("latency_p99 of web"));
  EXPECT_FALSE(fires("latency_p50 of web"));
  EXPECT_NEAR(objective("errors").value_or(0), 10, 0.5);
  EXPECT_NEAR(objective("p50").value_or(0), 5, 0.1);
}

TEST_F(ObserverTest, ViewsBecomeLcpApartFromRequests) {
  pass(31);
  for (int i = 0; i < 12; ++i) {
    view("LCP /orders/:id", 3'000'000);
    view("LCP from cache /", 10'000);
    view("CLS /", 100'000);
  }
  pass(31);
  EXPECT_TRUE(fires("lcp of web"));
  EXPECT_NEAR(objective("lcp").value_or(0), 3000, 30);
  EXPECT_FALSE(objective("p50").has_value()) << "no view is a request";
}

TEST_F(ObserverTest, ManyViewsAreStoodForByThirty) {
  pass(31);
  for (int i = 0; i < 900; ++i) view("LCP /", i % 10 < 8 ? 800'000 : 9'000'000);
  pass(31);
  EXPECT_FALSE(fires("lcp of web"));
  EXPECT_NEAR(objective("lcp").value_or(0), 800, 10);
  for (int i = 0; i < 900; ++i) view("LCP /", i % 10 < 7 ? 800'000 : 9'000'000);
  pass(31);
  EXPECT_TRUE(fires("lcp of web")) << "three of ten are slow";
}

TEST_F(ObserverTest, MinutesWithoutAGoodAnswerAreDown) {
  pass(31);
  for (int minute = 0; minute < 6; ++minute) {
    for (int second = 0; second < 60; ++second) {
      request(minute < 3 ? 200 : 502, static_cast<std::uint64_t>(second));
      pass(1);
    }
  }
  const double up = objective("uptime").value_or(-1);
  EXPECT_GE(up, 40);
  EXPECT_LE(up, 75) << "about three of six";
  EXPECT_TRUE(fires("uptime of web"));
  EXPECT_EQ(outages().at(0).reason.substr(0, 8), "each of ") << outages().at(0).reason;
}

TEST_F(ObserverTest, AMinuteInWhichNobodyAskedIsUnknown) {
  pass(31);
  pass(180);
  EXPECT_FALSE(objective("uptime").has_value());
  request(502);
  pass(120);
  EXPECT_FALSE(objective("uptime").has_value()) << "one request shows nothing of a minute";
  request(200);
  pass(120);
  EXPECT_EQ(objective("uptime"), 100);
}

TEST_F(ObserverTest, WhereNobodyAsksOurOwnRequestsTell) {
  const alert::Place web{"shop", "production", "web"};
  pass(31);
  observer->probed(web, Status());
  observer->probed({"shop", "production", "gone"}, Status());
  pass(60);
  EXPECT_EQ(objective("uptime"), 100);
  for (int minute = 0; minute < 3; ++minute) {
    observer->probed(web, Error{Code::kUnavailable, "refused"});
    pass(60);
  }
  EXPECT_TRUE(fires("uptime of web"));
  EXPECT_EQ(outages().at(0).reason, "no answer: refused");
  EXPECT_TRUE(outages().at(0).ongoing);
  EXPECT_LE(objective("uptime").value_or(100), 50);
}

TEST_F(ObserverTest, WhatIsOfAnotherServiceIsNotWatched) {
  settings[{"shop", "production"}].services.clear();
  observer->watch(settings);
  alerts.configure(settings[{"shop", "production"}], clock.wallUs());
  for (int second = 0; second < 100; ++second) {
    for (std::uint64_t i = 0; i < 5; ++i) request(503, i);
    pass(1);
  }
  EXPECT_TRUE(alerts.alerts().empty());
}

}  // namespace
}  // namespace orbit::daemon
