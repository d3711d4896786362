// The verbs of what is deployed against fakes.
#include <filesystem>

#include "api/handler_fixture.h"

namespace orbit::api {
namespace {

using deploy::Stage;

deploy::Outcome reached(Stage stage, int group, std::string summary) {
  deploy::Outcome outcome;
  outcome.stage = stage;
  outcome.group = group;
  outcome.summary = std::move(summary);
  return outcome;
}

class Deploying : public Handler {
 protected:
  Deploying() {
    deploy::StatusRow web;
    web.project = "shop";
    web.environment = "production";
    web.service = "web";
    web.release = "r12";
    web.url = "https://web.production.shop.localhost";
    web.state = "promoted";
    deploy.rows = {web};
  }
  // A container as deploy makes it.
  std::string deployed(const std::string& service, const std::string& release, int number, bool running = true) {
    model::ContainerSpec spec;
    spec.image = "web";
    spec.labels = {{"orbit.home", "home-1"},   {"orbit.project", "shop"},  {"orbit.environment", "production"},
                   {"orbit.service", service}, {"orbit.release", release}, {"orbit.instance", std::to_string(number)}};
    const std::string name = "orbit.shop.production." + service + "." + release + "." + std::to_string(number);
    const auto id = loop.runTask(engine->createContainer(name, spec, {}));
    EXPECT_TRUE(id.ok());
    if (running) {
      EXPECT_TRUE(loop.runTask(engine->startContainer(*id, {})).ok());
    }
    return name;
  }
  Reply send(const std::string& target, const std::string& text) { return Handler::send("POST", target, text); }
  using Handler::send;
};

TEST_F(Deploying, ADeployTellsItsPlanItsStagesAndItsEnd) {
  deploy.events = {{.stage = Stage::kGate, .service = "web", .text = "waits for port 80"},
                   {.stage = Stage::kShare, .service = "", .text = "r12 is live"}};
  deploy.outcome = reached(Stage::kPromoted, 12, "r12 is promoted: 412 requests, 0 errors");
  const auto done = send("/v1/deploy", body(R"({"source": {"commit": "4f2a91c", "message": "fix", "author": "ann"},
                                               "options": {"services": ["web"], "force": true}})"));
  EXPECT_EQ(done.outcome(), "ok") << done.answer;
  EXPECT_EQ(deploy.called, "start promoted");
  EXPECT_EQ(deploy.started.plan.project, "shop");
  EXPECT_EQ(deploy.started.httpsPort, 8443) << "what the edge got, which it was told to listen on before the plan";
  EXPECT_EQ(deploy.started.source.commit, "4f2a91c");
  EXPECT_EQ(deploy.started.services, std::vector<std::string>{"web"});
  EXPECT_TRUE(deploy.started.force);
  EXPECT_EQ(secrets.asked.back(), "shop production");
  ASSERT_EQ(done.events("plan").size(), 1u);
  EXPECT_TRUE(done.events("plan")[0]["first"].asBool());
  ASSERT_EQ(done.events("stage").size(), 2u);
  EXPECT_EQ(done.events("stage")[0]["stage"].asString(), "gate");
  const Json result = done.events("result")[0];
  EXPECT_EQ(result["release"].asString(), "r12");
  EXPECT_EQ(result["stage"].asString(), "promoted");
  EXPECT_EQ(result["urls"].items().at(0)["url"].asString(), "https://web.production.shop.localhost");
  ASSERT_EQ(store.journal.size(), 1u);
  EXPECT_EQ(store.journal[0].kind + " " + store.journal[0].project + " " + store.journal[0].outcome, "deploy shop ok");
  EXPECT_NE(store.journal[0].detail.find("\"release\":\"r12\""), std::string::npos) << store.journal[0].detail;
  deploy.kept.event({.stage = Stage::kSettled, .service = "", .text = "late"});  // its stream is gone
}

TEST_F(Deploying, HowItEndedIsToldApart) {
  const std::pair<Stage, const char*> kEnds[] = {
      {Stage::kFailed, "failed"},        {Stage::kTakenBack, "failed"}, {Stage::kCancelled, "cancelled"},
      {Stage::kSuperseded, "cancelled"}, {Stage::kShare, "ok"},         {Stage::kSettled, "ok"}};
  for (const auto& [stage, outcome] : kEnds) {
    deploy.outcome = reached(stage, 12, "");
    const auto done = send("/v1/deploy", body());
    EXPECT_EQ(done.outcome(), outcome);
    EXPECT_EQ(done.events("result")[0]["stage"].asString(), deploy::stageName(stage));
  }
}

TEST_F(Deploying, AFailureComesWithItsLogAndWhatIsLive) {
  deploy.outcome = reached(Stage::kFailed, 13, "r13 failed at the gate");
  stack::Failure failure;
  failure.service = "web";
  failure.error = {.code = Code::kTimeout, .message = "/health answered 500"};
  failure.logTail = {"no database"};
  deploy.outcome.failures = {failure};
  const auto done = send("/v1/deploy", body());
  EXPECT_EQ(done.events("failure").at(0)["log"].asStrings(), std::vector<std::string>{"no database"});
  EXPECT_EQ(done.events("result")[0]["live"].asStrings(), std::vector<std::string>{"r12"});
  EXPECT_NE(store.journal[0].detail.find("answered 500"), std::string::npos);
}

TEST_F(Deploying, ANeededContextIsKeptForTheNextRound) {
  const auto uploaded = send("/v1/contexts", "a tar archive");
  const std::string token = format::parseJson(uploaded.answer)->operator[]("context").asString();
  const std::string with = body(R"({"contexts": {"web": ")" + token + "\"}}");
  deploy.outcome.needContexts = {{"api", "/src/shop/api", "Dockerfile", ""}};
  const auto first = send("/v1/deploy", with);
  EXPECT_EQ(first.outcome(), "need") << first.answer;
  EXPECT_EQ(first.events("need").at(0)["contexts"].items().at(0)["service"].asString(), "api");
  EXPECT_TRUE(std::filesystem::exists(folder + "/contexts/" + token + ".tar"));
  deploy.outcome = reached(Stage::kPromoted, 1, "");
  EXPECT_EQ(send("/v1/deploy", with).outcome(), "ok");
  EXPECT_EQ(deploy.started.contexts.size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder + "/contexts/" + token + ".tar"));
}

Task<bool> leave(net::Loop& loop, http::Handler& handler, FakeExchange& exchange) {
  net::TaskGroup group(loop);
  group.add(handler(exchange));
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(1)));
  exchange.gone().request();
  co_await group.join();
  co_return true;
}

TEST_F(Deploying, ACallerWhoGoesAwayDoesNotStopIt) {
  deploy.takes = std::chrono::seconds(60);
  deploy.outcome = reached(Stage::kPromoted, 12, "");
  send("/v1/deploy/plan", body());
  FakeExchange exchange("POST", "/v1/deploy", complete);
  loop.runTask(leave(loop, handle, exchange));
  EXPECT_TRUE(deploy.finished);
  EXPECT_EQ(store.journal.at(0).outcome, "ok");
  FakeExchange follower("POST", "/v1/deploy/follow", R"({"project": "shop"})");
  loop.runTask(leave(loop, handle, follower));
  EXPECT_FALSE(deploy.finished) << "who only follows may go";
}

TEST_F(Deploying, ADaemonThatEndsDoesNotSayThatItIsDone) {
  deploy.outcome = reached(Stage::kBuilding, 12, "");
  stop.request();
  EXPECT_EQ(send("/v1/deploy", body()).outcome(), "cancelled");
  deploy.outcome = reached(Stage::kSettled, 12, "");
  EXPECT_EQ(send("/v1/deploy", body()).outcome(), "ok");
}

TEST_F(Deploying, FollowCancelRollbackPromoteAndRemove) {
  deploy.outcome = reached(Stage::kSettled, 12, "");
  EXPECT_EQ(send("/v1/deploy/follow", R"({"project": "shop", "group": 12, "until": "settled"})").outcome(), "ok");
  EXPECT_EQ(deploy.called, "follow shop production 12 settled");
  EXPECT_TRUE(store.journal.empty());
  EXPECT_EQ(send("/v1/deploy/cancel", body()).outcome(), "ok");
  EXPECT_EQ(deploy.called, "cancel shop production");
  deploy.cancelled = Error{.code = Code::kConflict, .message = "r12 is live already", .hint = "orbit rollback"};
  EXPECT_EQ(send("/v1/deploy/cancel", body()).events("problem").at(0)["hint"].asString(), "orbit rollback");
  EXPECT_EQ(send("/v1/rollback", R"({"project": "shop", "environment": "staging", "target": "web@r9"})").outcome(),
            "ok");
  EXPECT_EQ(deploy.called, "rollback shop staging web@r9");
  EXPECT_EQ(send("/v1/promote", body()).outcome(), "ok");
  EXPECT_EQ(deploy.called, "promote shop production");
  EXPECT_EQ(send("/v1/environment/remove", body(R"({"environment": "staging", "volumes": true})")).outcome(), "ok");
  EXPECT_EQ(deploy.called, "remove shop staging with volumes");
  ASSERT_EQ(store.journal.size(), 3u);
  EXPECT_EQ(store.journal[0].kind + " " + store.journal[2].kind, "rollback environment/remove");
}

// A broken file must not stand in the way of going back.
TEST_F(Deploying, ARollbackNeedsNoMoreOfTheFilesThanTheName) {
  deploy.outcome = reached(Stage::kSettled, 11, "");
  EXPECT_EQ(send("/v1/rollback", body("{}", "services:\n  web: {imge: web}\n")).outcome(), "ok");
  EXPECT_EQ(deploy.called, "rollback shop production ");
  EXPECT_EQ(send("/v1/project", body("{}", "name: other\nservices: 7\n")).events("result").at(0)["project"].asString(),
            "shop");
}

TEST_F(Deploying, WithoutAJournalOnlyGoingBackAndEndingGoOn) {
  store.outcome = Error{.code = Code::kNoSpace, .message = "the disk is full"};
  deploy.outcome = reached(Stage::kSettled, 11, "");
  EXPECT_EQ(send("/v1/deploy", body()).outcome(), "failed");
  EXPECT_EQ(deploy.called, "");
  EXPECT_EQ(send("/v1/rollback", body()).outcome(), "ok");
  EXPECT_EQ(send("/v1/promote", body()).outcome(), "failed");
}

TEST_F(Deploying, WrongRequestsTeach) {
  EXPECT_EQ(send("/v1/deploy", body(R"({"environment": "development"})")).status, 400);
  EXPECT_EQ(send("/v1/deploy", body(R"({"environment": "../x"})")).status, 400);
  EXPECT_EQ(send("/v1/deploy", body(R"({"options": {"until": "done"}})")).status, 400);
  const auto typo = send("/v1/deploy", body(R"({"options": {"services": ["weeb"]}})"));
  EXPECT_EQ(typo.events("problem").at(0)["hint"].asString(), "did you mean web?");
  EXPECT_EQ(deploy.called, "");
}

TEST_F(Deploying, APlanTellsTheChangesAndStartsNothing) {
  deploy.changes = {{"web", "changed: image", "sha256:1", "", {"its pre-deploy command"}}};
  deploy::ReleaseRow live;
  live.release = "r11";
  live.live = true;
  live.source.commit = "4f2a91c";
  deploy.made = {live};
  const auto done = send("/v1/deploy/plan", body());
  EXPECT_EQ(done.outcome(), "ok") << done.answer;
  const Json plan = done.events("plan").at(0);
  EXPECT_FALSE(plan["first"].asBool());
  EXPECT_EQ(plan["live"]["source"]["commit"].asString(), "4f2a91c");
  EXPECT_EQ(plan["changes"].items().at(0)["what"].asString(), "changed: image");
  EXPECT_EQ(plan["services"].items().size(), 2u);
  EXPECT_TRUE(store.journal.empty());
}

TEST_F(Deploying, StatusShowsWhatIsDeployedBesideDevelopment) {
  Handler::send("POST", "/v1/up", body());
  const auto all = format::parseJson(Handler::send("GET", "/v1/status").answer);
  ASSERT_EQ((*all)["rows"].items().size(), 3u);
  EXPECT_EQ((*all)["rows"].items()[0]["environment"].asString(), "production");
  const Json db = (*all)["rows"].items()[1];
  EXPECT_EQ(db["name"].asString() + " " + db["environment"].asString() + " " + db["state"].asString(),
            "db development running");
  const auto one = format::parseJson(Handler::send("GET", "/v1/status?project=shop&environment=production").answer);
  EXPECT_EQ((*one)["rows"].items().size(), 1u);
  EXPECT_EQ(traffic.askedKnown, 2) << "a daemon that has just started tells of no service without its URL";
  engine->setDown(true);
  const auto down = format::parseJson(Handler::send("GET", "/v1/status").answer);
  EXPECT_EQ((*down)["rows"].items().size(), 1u) << "what is deployed is known without the engine";
  EXPECT_FALSE((*down)["problem"].isNull());
}

TEST_F(Deploying, ReleasesAndOneOfThem) {
  deploy::ReleaseRow row;
  row.release = "r12";
  row.stage = Stage::kTakenBack;
  row.services = {"web"};
  deploy.made = {row};
  const auto list = format::parseJson(Handler::send("GET", "/v1/releases?project=shop").answer);
  EXPECT_EQ((*list)["releases"].items().at(0)["stage"].asString(), "taken back");
  EXPECT_EQ(Handler::send("GET", "/v1/release?project=shop&release=r12").status, 200);
  EXPECT_EQ(Handler::send("GET", "/v1/release?project=shop&release=r99").status, 404);
}

TEST_F(Deploying, AReleaseIsOpenedByItsPin) {
  const auto open = Handler::send("GET", "/v1/open?project=shop&environment=production&release=r12");
  EXPECT_NE(open.answer.find("https://web.production.shop.localhost/?pin=r12"), std::string::npos) << open.answer;
  EXPECT_EQ(Handler::send("GET", "/v1/open?project=shop&release=r11").status, 404);
}

TEST_F(Deploying, PsListsTheInstancesOfAllEnvironments) {
  Handler::send("POST", "/v1/up", body());
  deployed("web", "r11", 1, false);
  const std::string live = deployed("web", "r12", 1);
  const auto all = send("/v1/ps", R"({"project": "shop"})").events("row");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]["environment"].asString(), "");
  EXPECT_EQ(all[2]["container"].asString(), live);
  EXPECT_EQ(all[2]["environment"].asString() + " " + all[2]["release"].asString(), "production r12");
  EXPECT_EQ(all[2]["url"].asString(), "https://web.production.shop.localhost");
  EXPECT_EQ(send("/v1/ps", R"({"project": "shop", "environment": "production", "all": true})").events("row").size(),
            2u);
  EXPECT_EQ(send("/v1/ps", R"({"project": "shop", "environment": "development"})").events("row").size(), 2u);
  EXPECT_EQ(send("/v1/ps", R"({"project": "shop", "environment": "staging"})").events("row").size(), 0u);
}

Task<bool> followAcross(net::Loop& loop, http::Handler& handler, engine::Engine& engine, FakeDeploy& deploy,
                        FakeExchange& logs, std::string old, std::string next) {
  net::TaskGroup group(loop);
  group.add(handler(logs));
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(1)));
  static_cast<void>(co_await engine.stopContainer(old, {}, {}));
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(5)));  // nothing runs: the route is paused
  static_cast<void>(co_await engine.startContainer(next, {}));
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(5)));
  static_cast<void>(co_await engine.stopContainer(next, {}, {}));
  deploy.rows.clear();
  co_await group.join();
  co_return true;
}

TEST_F(Deploying, FollowedLogsGoOnAcrossReleases) {
  const std::string old = deployed("web", "r11", 1), next = deployed("web", "r12", 1, false);
  FakeExchange logs("POST", "/v1/logs", R"({"project": "shop", "environment": "production", "follow": true})");
  loop.runTask(followAcross(loop, handle, *engine, deploy, logs, old, next));
  EXPECT_EQ(logs.reply.outcome(), "ok") << logs.reply.answer;
  std::set<std::string> from;
  for (const auto& line : logs.reply.events("log")) from.insert(line["container"].asString());
  EXPECT_EQ(from, (std::set<std::string>{old, next})) << logs.reply.answer;
}

TEST_F(Deploying, ExecGoesToTheReleaseThatServes) {
  deployed("web", "r11", 1);
  const std::string exec = R"({"project": "shop", "inEnvironment": "production", "service": "web", "detach": true,
                               "command": ["true"]})";
  EXPECT_EQ(send("/v1/exec", exec).status, 404) << "r11 runs, but r12 serves";
  deployed("web", "r12", 1);
  EXPECT_EQ(send("/v1/exec", exec).status, 200);
  EXPECT_EQ(send("/v1/exec", R"({"project": "shop", "service": "web", "command": ["true"]})").status, 404)
      << "no -E means development";
}

TEST_F(Deploying, ADomainOfWhatIsDeployedNeedsNoWarning) {
  traffic.deployedUrl = "https://web.production.shop.localhost";
  const auto added = send("/v1/domains/add", body(R"({"host": "shop.example.com", "service": "web"})"));
  EXPECT_TRUE(added.events("warning").empty()) << added.answer;
}

}  // namespace
}  // namespace orbit::api
