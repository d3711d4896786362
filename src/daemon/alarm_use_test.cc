#include "daemon/alarm_use.h"

#include <gtest/gtest.h>

namespace orbit::daemon {
namespace {

constexpr std::int64_t kMinute = 60'000'000;
constexpr std::uint64_t kGiB = 1ULL << 30U;

struct UseTest : testing::Test {
  // Half minutes with the same in them.
  void pass(int times, const std::function<void()>& each) {
    for (int i = 0; i < times; ++i) {
      each();
      static_cast<void>(alerts.tick(nowUs));
      nowUs += kMinute / 2;
    }
  }
  const alert::Alert* firing(const std::string& name) const {
    for (const auto& [key, alert] : alerts.alerts()) {
      if (key.text() == name && alert.state == alert::Alert::State::kFiring) return &alert;
    }
    return nullptr;
  }

  alert::Alerts alerts;
  std::int64_t nowUs = 1'800'000'000'000'000;
};

TEST_F(UseTest, ContainersOfAServiceAreSummedForOwnRules) {
  model::Alerting settings;
  settings.project = "shop";
  settings.environment = "production";
  settings.services["web"] = {};
  settings.rules.push_back({"hot", "web", "cpu_percent", true, 150, std::chrono::minutes(1), {}});
  settings.rules.push_back(
      {"fat", "web", "memory_bytes", true, 2.5 * static_cast<double>(kGiB), std::chrono::minutes(1), {}});
  alerts.configure(settings, nowUs);
  api::ContainerNow one;
  one.project = "shop";
  one.environment = "production";
  one.service = "web";
  one.cores = 0.9;
  one.memoryBytes = kGiB;
  api::ContainerNow other = one;
  other.service = "db";
  pass(6, [&] { tellUse({one, one, other}, nowUs, alerts); });
  EXPECT_NE(firing("own hot of web"), nullptr);
  EXPECT_EQ(firing("own fat of web"), nullptr);
  pass(6, [&] { tellUse({one, other}, nowUs, alerts); });
  EXPECT_EQ(firing("own hot of web"), nullptr);
}

TEST_F(UseTest, AFullDiskIsToldOfTheMachine) {
  const api::DiskNow disk{"/var/lib/orbit", 100 * kGiB, 96 * kGiB, "not filling", 0, 0};
  pass(4, [&] { tellDisks({disk}, nowUs, alerts); });
  const alert::Alert* told = firing("disk /var/lib/orbit");
  ASSERT_NE(told, nullptr);
  EXPECT_EQ(told->severity, model::Severity::kCritical);
  EXPECT_EQ(told->why, "96 % is used, 4.0 GiB are left");
  api::DiskNow freed = disk;
  freed.usedBytes = 50 * kGiB;
  pass(30, [&] { tellDisks({freed}, nowUs, alerts); });
  EXPECT_EQ(firing("disk /var/lib/orbit"), nullptr);
}

TEST_F(UseTest, ADiskThatWillBeFullWithinADayIsAWarningAndABuildIsNone) {
  const api::DiskNow disk{"/", 100 * kGiB, 70 * kGiB, "full in about 8 hours", 8 * 3600, 0.9};
  pass(10, [&] { tellDisks({disk}, nowUs, alerts); });
  EXPECT_EQ(firing("disk /"), nullptr) << "not for less than ten minutes";
  pass(15, [&] { tellDisks({disk}, nowUs, alerts); });
  ASSERT_NE(firing("disk /"), nullptr);
  EXPECT_EQ(firing("disk /")->severity, model::Severity::kWarning);
  const api::DiskNow empty{"/empty", 100 * kGiB, 10 * kGiB, "full in about 8 hours", 8 * 3600, 0.9};
  pass(30, [&] { tellDisks({empty}, nowUs, alerts); });
  EXPECT_EQ(firing("disk /empty"), nullptr) << "a build on an empty disk";
}

TEST_F(UseTest, DropsAreToldWhileTheyGoOn) {
  DropWatch drops;
  pass(2, [&] { drops.tell(7, nowUs, alerts); });
  ASSERT_NE(firing("signals"), nullptr);
  pass(10, [&] { drops.tell(7, nowUs, alerts); });
  EXPECT_EQ(firing("signals"), nullptr);
}

}  // namespace
}  // namespace orbit::daemon
