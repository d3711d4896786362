#include <gtest/gtest.h>

#include "api/handler_fixture.h"

namespace orbit::api {
namespace {

using series::Key;
using series::Kind;

// Has one slot of values, and sums them as it is asked.
class Measured final : public Measurements {
 public:
  Task<series::Answer> ask(series::Question question) override {
    series::Answer answer;
    answer.periodUs = 60'000'000;
    series::Slot& slot = answer.slots.emplace_back();
    slot.toUs = slot.fromUs + 60'000'000;
    slot.observedMs = 60'000;
    Key name;
    for (const auto& [key, value] : values) {
      if (question.nameOf(key, name)) slot.values[name].merge(value);
    }
    co_return answer;
  }
  std::vector<std::string> problems() const override { return {}; }
  std::vector<ContainerNow> containers() const override { return {}; }
  HostNow host() const override { return {}; }
  std::string exposition() const override { return ""; }

  void views(const std::string& metric, const std::string& page, const std::string& release, std::uint64_t value,
             std::uint64_t count = 1) {
    series::Value& of = values[{Kind::kTimes, metric, "shop", "production", "web", "", release, page}];
    of.latency.add(value, count);
    of.counters.byClass[2] += count;
  }
  std::map<Key, series::Value> values;
};

struct Metrics : Handler {
  Metrics() {
    handle = handler({.loop = loop,
                      .engine = *engine,
                      .stack = stack,
                      .store = store,
                      .traffic = traffic,
                      .deploy = deploy,
                      .alarms = alarms,
                      .secrets = secrets,
                      .contextsFolder = folder + "/contexts",
                      .stop = stop,
                      .measurements = &measured});
    measured.views("LCP", "/", "r1", 1'000'000, 8);
    measured.views("LCP", "/", "r2", 4'000'000, 8);
    measured.views("CLS", "/", "r2", 100'000, 4);
    measured.views("INP", "/orders/:id", "r2", 80'000, 2);
    measured.views("LCP from cache", "/", "r2", 1'000, 100);
    measured.values[{Kind::kRequests, "", "shop", "production", "web", "web.test", "r2", ""}].counters.byClass[2] = 7;
  }
  Json rows(const std::string& query) {
    const Reply reply = send("GET", "/v1/metrics?" + query);
    EXPECT_EQ(reply.status, 200) << reply.answer;
    return std::move(format::parseJson(reply.answer)).value()["rows"];
  }
  Measured measured;
};

TEST_F(Metrics, OfPagesTheirVitalsAt75) {
  const Json pages = rows("vitals=true");
  ASSERT_EQ(pages.items().size(), 2U) << pages.dump();
  const Json& home = pages.items()[0];
  EXPECT_EQ(home["page"].asString(), "/");
  EXPECT_NEAR(home["lcp_p75_ms"].asDouble(), 4000, 40);
  EXPECT_EQ(home["lcp_views"].asInt(), 16) << "those from the cache are apart";
  EXPECT_NEAR(home["cls_p75"].asDouble(), 0.1, 0.001);
  EXPECT_EQ(home["cls_views"].asInt(), 4);
  EXPECT_TRUE(home["inp_p75_ms"].isNull());
  EXPECT_EQ(home["inp_views"].asInt(), 0);
  EXPECT_NEAR(pages.items()[1]["inp_p75_ms"].asDouble(), 80, 1);
}

TEST_F(Metrics, OfVitalsByServiceAndRelease) {
  const Json service = rows("vitals=true&by=service");
  ASSERT_EQ(service.items().size(), 1U);
  EXPECT_EQ(service.items()[0]["lcp_views"].asInt(), 16);
  EXPECT_TRUE(service.items()[0]["page"].isNull());
  const Json releases = rows("vitals=true&by=release");
  ASSERT_EQ(releases.items().size(), 2U);
  EXPECT_NEAR(releases.items()[0]["lcp_p75_ms"].asDouble(), 1000, 10);
  EXPECT_EQ(send("GET", "/v1/metrics?vitals=true&by=route").status, 400);
  EXPECT_EQ(send("GET", "/v1/metrics?by=page").status, 400);
  EXPECT_TRUE(rows("vitals=true&services=other").items().empty());
}

TEST_F(Metrics, OfRequestsViewsAreNone) {
  const Json services = rows("");
  ASSERT_EQ(services.items().size(), 1U);
  EXPECT_EQ(services.items()[0]["requests"].asInt(), 7);
}

}  // namespace
}  // namespace orbit::api
