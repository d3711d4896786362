#include "api/traffic_view.h"

#include <gtest/gtest.h>

namespace orbit::api {
namespace {

TEST(TrafficFilter, StatusesAndTheirClasses) {
  TrafficFilter filter;
  EXPECT_TRUE(readStatus("", filter).ok());
  EXPECT_EQ(filter.statusMost, 999);
  EXPECT_TRUE(readStatus("404", filter).ok());
  EXPECT_EQ(filter.statusLeast, 404);
  EXPECT_EQ(filter.statusMost, 404);
  EXPECT_TRUE(readStatus("5xx", filter).ok());
  EXPECT_EQ(filter.statusLeast, 500);
  EXPECT_EQ(filter.statusMost, 599);
  EXPECT_TRUE(readStatus("0", filter).ok());
  for (const char* wrong : {"4x", "x", "6xx", "44", "1000", "-1", "404 ", "5xxx"}) {
    EXPECT_FALSE(readStatus(wrong, filter).ok()) << wrong;
  }
}

TEST(TrafficFilter, EachPartNarrows) {
  signal::Record record;
  record.wallUs = 1000;
  record.method = "GET";
  record.path = "/api/users";
  record.sample.status = 503;
  record.sample.latencyUs = 700'000;
  const signal::Key key{signal::Key::Kind::kRequest, "r1", "api", "v7", ""};
  const auto seen = [&](auto change) {
    TrafficFilter filter;
    change(filter);
    return matches(filter, record, key);
  };
  EXPECT_TRUE(seen([](TrafficFilter&) {}));
  EXPECT_TRUE(seen([](TrafficFilter& filter) { filter.service = "api"; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.service = "web"; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.route = "r2"; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.method = "POST"; }));
  EXPECT_TRUE(seen([](TrafficFilter& filter) { filter.pathPrefix = "/api/"; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.pathPrefix = "/web"; }));
  EXPECT_TRUE(seen([](TrafficFilter& filter) { filter.slowUs = 700'000; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.slowUs = 700'001; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.sinceUs = 1001; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.statusMost = 499; }));
  EXPECT_FALSE(seen([](TrafficFilter& filter) { filter.environment = "production"; })) << "of no project";
  record.sample.probe = true;
  EXPECT_FALSE(seen([](TrafficFilter&) {}));
  record.sample.probe = false;
  record.kind = signal::Key::Kind::kAttempt;
  EXPECT_FALSE(seen([](TrafficFilter&) {}));
}

TEST(TrafficFilter, ServicesOfProjectsByTheirOwnNameAndEnvironment) {
  const signal::Record record;
  const signal::Key key{signal::Key::Kind::kRequest, "r1", "shop.production.web", "r12", ""};
  TrafficFilter filter;
  filter.service = "web";
  EXPECT_TRUE(matches(filter, record, key));
  filter.service = "eb";
  EXPECT_FALSE(matches(filter, record, key));
  filter.service = "shop.production.web";
  filter.environment = "production";
  EXPECT_TRUE(matches(filter, record, key));
  filter.environment = "staging";
  EXPECT_FALSE(matches(filter, record, key));
}

}  // namespace
}  // namespace orbit::api
