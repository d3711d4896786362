#include "api/events.h"

#include <gtest/gtest.h>

#include "api/log_line.h"
#include "support/golden.h"

namespace orbit::api {
namespace {

model::Plan somePlan() {
  model::Plan plan;
  plan.project = "shop";
  plan.workingDir = "/src/shop";
  plan.files = {"/src/shop/compose.yaml"};
  plan.disabled = {"debug"};
  model::Service service;
  service.name = "web";
  service.container.image = "shop-web";
  service.configHash = "abc";
  service.build = model::Build();
  service.profiles = {"dev"};
  plan.services = {service};
  model::Network network;
  network.key = "default";
  plan.networks = {network};
  model::Volume volume;
  volume.key = "data";
  plan.volumes = {volume};
  return plan;
}

stack::Failure someFailure() {
  stack::Failure failure;
  failure.error = {.code = Code::kNotFound, .message = "web exited with 127", .hint = "look", .at = {"c.yaml", 3, 0}};
  failure.service = "web";
  failure.container = "shop-web-1";
  failure.exitCode = 127;
  failure.logTail = {"sh: npm: not found"};
  failure.missingProgram = "npm";
  return failure;
}

traffic::DomainReport someReport() {
  traffic::DomainReport report;
  report.domain = {"shop.example.com", "shop", "production", "web", 1795000000000000, true};
  report.records = {"A 198.18.0.7"};
  report.found = {"A 198.18.0.9"};
  report.problems = {"the A record 198.18.0.9 is not this machine; set A 198.18.0.7"};
  report.certificate = "failed";
  report.nextTryUs = 1795000060000000;
  report.certificateProblem = "the authority did not reach this machine";
  return report;
}

std::string everyEvent(const std::string&) {
  stack::Stack::Row row;
  row.service = "db";
  row.container = "shop-db-1";
  row.state = "running";
  row.ports = "0.0.0.0:5432->5432/tcp";
  stack::Step step{stack::Step::Kind::kImage, "redis:7", "cache", "pulling", "layer", 5, 10};
  const format::Json events[] = {
      problemEvent({.code = Code::kInvalid,
                    .message = "no such key: imge",
                    .hint = "did you mean image?",
                    .at = {"c.yaml", 3, 5}}),
      problemEvent({.code = Code::kUnavailable, .message = "no engine"}),
      warningEvent({"orphan: old", "remove it", {}}),
      waitingEvent("shop", "up"),
      stepEvent(step),
      buildEvent("web", "Step 1/2 : FROM \"x\""),
      failureEvent(someFailure()),
      needEvent({"/src/.env"}, {"TAG"}, {}),
      needEvent({}, {}, {{"web", "/src/web", "Dockerfile", ""}}),
      configEvent(somePlan(), "name: shop\n"),
      rowEvent(row, ""),
      rowEvent(row, "https://db.shop.localhost"),
      urlEvent({"web", "https://web.shop.localhost:8443"}),
      domainJson(someReport()),
      variableJson({"shop", "production", "", "DB_PASSWORD", true, 2, "never told", 1795000000000000}),
      variableJson({"shop", "production", "web", "LOG_LEVEL", false, 1, "info", 1795000000000000}),
      logEvent({"db", "shop-db-1", true, 1795000000000000, "ready"}),
      createdEvent("f00d"),
      droppedEvent(12),
      resultEvent("ok", std::chrono::microseconds(812'900)),
      operationJson({"1", "up", "shop", 1, 2, "failed", R"({"failures":[]})"}),
      operationJson({"1", "up", "shop", 1, 0, "", ""}),
  };
  std::string text;
  for (const auto& event : events) text += event.dump() + "\n";
  return text;
}

TEST(Events, Golden) {
  support::runGolden("api-events", everyEvent);
}

TEST(LineJoiner, JoinsThePartsOfALongLineOfEachStream) {
  LineJoiner joiner("db", "shop-db-1");
  EXPECT_FALSE(joiner.add({false, 1, "one ", true}));
  EXPECT_FALSE(joiner.add({true, 2, "err ", true}));
  const auto line = joiner.add({false, 3, "line", false});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "one line");
  EXPECT_EQ(line->timeUs, 1);
  EXPECT_EQ(joiner.rest(true)->text, "err ");
  EXPECT_FALSE(joiner.rest(true));
}

}  // namespace
}  // namespace orbit::api
