#include "api/events.h"

#include <gtest/gtest.h>

#include "api/deploy_events.h"
#include "api/log_line.h"
#include "model/secret_mark.h"
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

model::Deployment someDeployment() {
  model::Deployment deployment;
  deployment.project = "shop";
  deployment.environment = "production";
  deployment.files = {"/src/shop/compose.yaml"};
  model::DeployService web;
  web.service = somePlan().services[0];
  web.service.container.environment = {{"DB", "postgres://app:" + model::secretMark("DB_PASSWORD") + "@db/app"}};
  web.routed = true;
  web.port = 3000;
  web.portFrom = "x-orbit.port";
  web.hosts = {"shop.example.com"};
  web.after = {"db"};
  model::DeployService db;
  db.service.name = "db";
  db.service.container.image = "postgres:15";
  db.shape = model::DeployService::Shape::kDatabase;
  deployment.services = {web, db};
  deployment.notes = {
      {"web", "bind-mount", "leaves out the bind mount ./web", "runs the image as built", {"c.yaml", 3, 0}}};
  deployment.needed = {{"KEY", {"web"}, false, false, "orbit vars set KEY=…", {}},
                       {"PASSWORD", {"db"}, true, false, "", {"c.yaml", 7, 0}},
                       {"SENTRY_DSN", {"web"}, false, true, "", {}}};
  return deployment;
}

// What deploys tell, and the problem of variables that are missing.
std::string deployEvents(const std::string&) {
  deploy::Event gate{.stage = deploy::Stage::kFailed, .service = "web", .text = "never well"};
  gate.problem = Error{.code = Code::kTimeout, .message = "/health answered 500", .hint = "see its log"};
  gate.logTail = {"no database"};
  gate.numbers = format::Json::object({{"web", format::Json::object({{"release", "r12"}})}});
  deploy::ReleaseRow live;
  live.project = "shop";
  live.environment = "production";
  live.release = "r11";
  live.live = live.available = true;
  live.services = {"web"};
  live.source = {"4f2a91c", "fix", "ann", "main", true};
  deploy::StatusRow row;
  row.project = "shop";
  row.environment = "production";
  row.service = "web";
  row.release = "r11";
  row.url = "https://web.production.shop.localhost";
  row.state = "running";
  row.now = {412, 1, 4, 38.5};
  deploy::Outcome outcome;
  outcome.group = 12;
  outcome.stage = deploy::Stage::kTakenBack;
  outcome.summary = "r12 was taken back";
  outcome.failures = {someFailure()};
  const auto deployment = someDeployment();
  const format::Json events[] = {
      planEvent(deployment, {}, {}),
      planEvent(deployment, {{"web", "changed: image", "sha256:1", "", {"its pre-deploy command"}}}, {live}),
      stageEvent({.stage = deploy::Stage::kShare, .service = "", .text = "r12 is live"}),
      stageEvent(gate),
      deployResult(outcome, {row}),
      statusJson(row),
      releaseJson(live),
      problemEvent(*missingVariables(deployment, false)),
      problemEvent(*missingVariables(deployment, true)),
  };
  std::string text;
  for (const auto& event : events) text += event.dump() + "\n";
  return text + outcomeOf(outcome) + " " + deployDetail("production", outcome) + "\n";
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

TEST(Events, OfDeploys) {
  support::runGolden("api-deploy-events", deployEvents);
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
