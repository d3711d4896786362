#include "plane/changes.h"

#include <gtest/gtest.h>

#include "plane/limits.h"

namespace orbit::plane {
namespace {

model::RouteTable oneOfEach() {
  model::RouteTable table;
  table.listeners.push_back({.name = "http", .address = "0.0.0.0:80", .service = {}});
  table.authorities.emplace_back().name = "letsencrypt";
  table.certificates.push_back({{"a.example", "b.example"}, {}, {}, "letsencrypt"});
  table.services.emplace_back().name = "web";
  table.routes.emplace_back().id = "home";
  return table;
}

TEST(Changes, TheSameTableHasNone) {
  EXPECT_EQ(changesBetween(oneOfEach(), oneOfEach()).dump(), "{}");
}

TEST(Changes, OfEveryPartWhatCameWentAndChanged) {
  model::RouteTable after = oneOfEach();
  after.listeners[0].redirectToHttps = true;
  after.authorities.clear();
  after.certificates[0].authority = "local";
  after.certificates.push_back({{"c.example"}, {}, {}, "local"});
  after.services[0].paused = true;
  after.routes[0].id = "start";
  const format::Json changes = changesBetween(oneOfEach(), after);
  EXPECT_EQ(changes["listeners"].dump(), R"({"added":0,"removed":0,"changed":1,"names":["http"]})");
  EXPECT_EQ(changes["authorities"].dump(), R"({"added":0,"removed":1,"changed":0,"names":["letsencrypt"]})");
  EXPECT_EQ(changes["certificates"].dump(),
            R"({"added":1,"removed":0,"changed":1,"names":["[\"a.example\",\"b.example\"]","[\"c.example\"]"]})");
  EXPECT_EQ(changes["services"].dump(), R"({"added":0,"removed":0,"changed":1,"names":["web"]})");
  EXPECT_EQ(changes["routes"].dump(), R"({"added":1,"removed":1,"changed":0,"names":["start","home"]})");
}

TEST(Changes, OrderAloneIsNone) {
  model::RouteTable before = oneOfEach();
  before.services.emplace_back().name = "api";
  model::RouteTable after = before;
  std::swap(after.services[0], after.services[1]);
  EXPECT_EQ(changesBetween(before, after).dump(), "{}");
}

TEST(Changes, ManyAreCountedAndTheFirstNamed) {
  model::RouteTable before = oneOfEach(), after = oneOfEach();
  for (std::size_t i = 0; i < 2 * kNamesShown; ++i) before.routes.emplace_back().id = "old" + std::to_string(i);
  for (std::size_t i = 0; i < kNamesShown - 1; ++i) after.routes.emplace_back().id = "new" + std::to_string(i);
  const format::Json routes = changesBetween(before, after)["routes"];
  EXPECT_EQ(routes["added"].dump(), std::to_string(kNamesShown - 1));
  EXPECT_EQ(routes["removed"].dump(), std::to_string(2 * kNamesShown));
  ASSERT_EQ(routes["names"].items().size(), kNamesShown);
  EXPECT_EQ(routes["names"].items().back().asString(), "old0");
}

}  // namespace
}  // namespace orbit::plane
