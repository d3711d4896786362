// The verbs of development against fakes.
#include <filesystem>

#include "api/handler_fixture.h"

namespace orbit::api {

void removeFolder(const std::string& folder) {
  std::filesystem::remove_all(folder);
}

namespace {

TEST_F(Handler, UpIsJournaledAndTellsItsSteps) {
  const auto up = send("POST", "/v1/up", body());
  EXPECT_EQ(up.status, 200);
  EXPECT_EQ(up.outcome(), "ok") << up.answer;
  EXPECT_FALSE(up.events("step").empty());
  ASSERT_EQ(store.journal.size(), 1u);
  EXPECT_EQ(store.journal[0].kind + " " + store.journal[0].project + " " + store.journal[0].outcome, "up shop ok");

  const auto ps = send("POST", "/v1/ps", R"({"project": "shop"})");
  EXPECT_EQ(ps.events("row").size(), 2u) << ps.answer;
  const auto down = send("POST", "/v1/down", R"({"project": "shop"})");
  EXPECT_EQ(down.outcome(), "ok") << down.answer;
  EXPECT_TRUE(send("POST", "/v1/ps", R"({"project": "shop", "all": true})").events("row").empty());
}

Task<bool> both(net::Loop& loop, http::Handler& handler, FakeExchange& first, FakeExchange& second) {
  net::TaskGroup group(loop);
  group.add(handler(first));
  group.add(handler(second));
  co_await group.join();
  co_return true;
}

TEST_F(Handler, ASecondOperationOnTheProjectWaitsForTheFirst) {
  send("POST", "/v1/up", body());
  engine->setLatency(std::chrono::milliseconds(50));
  FakeExchange first("POST", "/v1/restart", R"({"project": "shop"})");
  FakeExchange second("POST", "/v1/down", R"({"project": "shop"})");
  loop.runTask(both(loop, handle, first, second));
  EXPECT_EQ(first.reply.outcome(), "ok") << first.reply.answer;
  EXPECT_EQ(second.reply.outcome(), "ok") << second.reply.answer;
  EXPECT_TRUE(first.reply.events("waiting").empty());
  ASSERT_EQ(second.reply.events("waiting").size(), 1u);
  EXPECT_EQ(second.reply.events("waiting")[0]["for"].asString(), "restart");
  ASSERT_EQ(store.journal.size(), 3u);
  EXPECT_GE(store.journal[2].startedUs, store.journal[1].endedUs);
}

Task<bool> leaveAfter(net::Loop& loop, http::Handler& handler, FakeExchange& exchange, Duration span) {
  net::TaskGroup group(loop);
  group.add(handler(exchange));
  static_cast<void>(co_await loop.sleep(span));
  exchange.gone().request();
  co_await group.join();
  co_return true;
}

TEST_F(Handler, ACallerWhoGoesAwayCancels) {
  send("POST", "/v1/config", body());
  engine->setLatency(std::chrono::seconds(2));
  FakeExchange up("POST", "/v1/up", complete);
  loop.runTask(leaveAfter(loop, handle, up, std::chrono::seconds(1)));
  ASSERT_EQ(store.journal.size(), 1u);
  EXPECT_EQ(store.journal[0].outcome, "cancelled") << up.reply.answer;
}

TEST_F(Handler, WithoutAJournalNothingIsBegunButWhatFreesSpace) {
  send("POST", "/v1/up", body());
  store.outcome = Error{.code = Code::kNoSpace, .message = "the disk is full"};
  const auto up = send("POST", "/v1/up", body());
  EXPECT_EQ(up.outcome(), "failed");
  EXPECT_EQ(up.events("problem").at(0)["code"].asString(), "no_space");
  const auto down = send("POST", "/v1/down", R"({"project": "shop"})");
  EXPECT_EQ(down.outcome(), "ok");
  EXPECT_EQ(down.events("warning").size(), 1u);
}

TEST_F(Handler, ProblemsOfTheFilesAreToldAndNothingIsChanged) {
  const auto up = send("POST", "/v1/up", body("{}", "services:\n  db: {imge: db}\n"));
  EXPECT_EQ(up.outcome(), "failed");
  ASSERT_FALSE(up.events("problem").empty()) << up.answer;
  EXPECT_EQ(up.events("problem")[0]["at"]["line"].asInt(), 2);
  EXPECT_TRUE(store.journal.empty());
  EXPECT_TRUE(engine->journal().empty());
}

TEST_F(Handler, LogsOfSeveralContainersComeInOrderOfTime) {
  send("POST", "/v1/up", body());
  const auto logs = send("POST", "/v1/logs", R"({"project": "shop"})");
  EXPECT_EQ(logs.outcome(), "ok") << logs.answer;
  const auto lines = logs.events("log");
  ASSERT_EQ(lines.size(), 3u) << logs.answer;
  EXPECT_EQ(lines[0]["text"].asString(), "db one");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    EXPECT_LE(lines[i - 1]["timeUs"].asInt(), lines[i]["timeUs"].asInt());
  }
  EXPECT_EQ(send("POST", "/v1/logs", R"({"project": "shop", "services": ["webb"]})")
                .events("problem")
                .at(0)["hint"]
                .asString(),
            "did you mean web?");
}

Task<bool> followAndRestart(net::Loop& loop, http::Handler& handler, FakeExchange& logs, FakeExchange& restart,
                            FakeExchange& down) {
  net::TaskGroup group(loop);
  group.add(handler(logs));
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(1)));
  co_await handler(restart);
  static_cast<void>(co_await loop.sleep(std::chrono::seconds(1)));
  co_await handler(down);
  co_await group.join();
  co_return true;
}

TEST_F(Handler, FollowedLogsGoOnThroughARestartAndEndWithTheProject) {
  send("POST", "/v1/up", body());
  FakeExchange logs("POST", "/v1/logs", R"({"project": "shop", "follow": true})");
  FakeExchange restart("POST", "/v1/restart", R"({"project": "shop", "services": ["web"]})");
  FakeExchange down("POST", "/v1/down", R"({"project": "shop"})");
  loop.runTask(followAndRestart(loop, handle, logs, restart, down));
  EXPECT_EQ(logs.reply.outcome(), "ok") << logs.reply.answer;
  int web = 0;
  for (const auto& line : logs.reply.events("log")) web += line["service"].asString() == "web" ? 1 : 0;
  EXPECT_EQ(web, 2) << "once before and once after the restart, nothing twice\n" << logs.reply.answer;
  EXPECT_FALSE(logs.reply.events("container").empty());
}

// Found on a real engine: the follower of the only running service ended when that service was restarted.
TEST_F(Handler, FollowedLogsOfAllThatRunsOutliveItsRestart) {
  send("POST", "/v1/up", body());
  FakeExchange logs("POST", "/v1/logs", R"({"project": "shop", "services": ["web"], "follow": true, "tail": 0})");
  FakeExchange restart("POST", "/v1/restart", R"({"project": "shop"})");
  FakeExchange down("POST", "/v1/down", R"({"project": "shop"})");
  engine->setLatency(std::chrono::milliseconds(20));
  loop.runTask(followAndRestart(loop, handle, logs, restart, down));
  EXPECT_EQ(logs.reply.events("log").size(), 1u) << logs.reply.answer;
}

TEST_F(Handler, UnknownCallsAreAnsweredWithTheNearest) {
  const auto wrong = send("POST", "/v1/dwon", "{}");
  EXPECT_EQ(wrong.status, 404);
  EXPECT_NE(wrong.answer.find("/v1/down"), std::string::npos) << wrong.answer;
  const auto other = send("GET", "/v2/version");
  EXPECT_EQ(other.status, 404);
  EXPECT_NE(other.answer.find("speaks /v1"), std::string::npos);
  EXPECT_EQ(send("POST", "/v1/up", "{").status, 400);
}

TEST_F(Handler, AContextIsKeptUntilItsOperationEnds) {
  const auto uploaded = send("POST", "/v1/contexts", "a tar archive");
  const std::string token = format::parseJson(uploaded.answer)->operator[]("context").asString();
  ASSERT_FALSE(token.empty()) << uploaded.answer;
  const std::string file = folder + "/contexts/" + token + ".tar";
  EXPECT_TRUE(std::filesystem::exists(file));
  const auto up = send("POST", "/v1/up", body(R"({"contexts": {"web": ")" + token + "\"}}"));
  EXPECT_EQ(up.outcome(), "ok") << up.answer;
  EXPECT_FALSE(std::filesystem::exists(file));
  const auto again = send("POST", "/v1/up", body(R"({"contexts": {"web": ")" + token + "\"}}"));
  EXPECT_EQ(again.status, 404);
  EXPECT_EQ(send("POST", "/v1/up", body(R"({"contexts": {"web": "../../etc/passwd"}})")).status, 404);
}

TEST_F(Handler, ShutdownTakesDownWhatThisHomeRunsAndNothingElse) {
  model::ContainerSpec others;
  others.image = "db";
  others.labels = {{"orbit.home", "home-2"}, {"com.docker.compose.project", "others"}};
  ASSERT_TRUE(loop.runTask(engine->createContainer("others-db-1", others, {})).ok());
  deploy::StatusRow live;
  live.project = "paid";
  live.environment = "production";
  deploy.rows = {live};
  send("POST", "/v1/up", body());
  const auto stopped = send("POST", "/v1/shutdown", R"({"all": true})");
  EXPECT_EQ(stopped.outcome(), "ok") << stopped.answer;
  EXPECT_NE(stopped.answer.find("production of paid keeps its containers"), std::string::npos);
  EXPECT_TRUE(send("POST", "/v1/ps", R"({"project": "shop", "all": true})").events("row").empty());
  EXPECT_TRUE(loop.runTask(engine->inspectContainer("others-db-1", {})).ok());
}

TEST_F(Handler, VersionAsksTheEngineOnlyOnDemand) {
  engine->setDown(true);
  EXPECT_EQ(send("GET", "/v1/version").answer.find("engine"), std::string::npos);
  EXPECT_NE(send("GET", "/v1/version?engine=true").answer.find("engineProblem"), std::string::npos);
}

TEST_F(Handler, UpTellsTheUrlsAndWaitsForThemOnlyWhenSomethingStarted) {
  const std::string compose = "services:\n  web: {image: web, ports: [\"80:8000\", \"9000-9002:9000-9002\"]}\n";
  const auto first = send("POST", "/v1/up", body("{}", compose));
  ASSERT_EQ(first.outcome(), "ok") << first.answer;
  ASSERT_EQ(first.events("url").size(), 1u);
  EXPECT_EQ(first.events("url")[0]["url"].asString(), "https://web.shop.localhost");
  EXPECT_EQ(traffic.room, (std::vector<int>{80, 9000, 9001, 9002}));
  const auto second = send("POST", "/v1/up", body("{}", compose));
  EXPECT_EQ(second.events("url").size(), 1u);
  EXPECT_EQ(traffic.settled, (std::vector<bool>{true, false}));
  const auto ps = send("POST", "/v1/ps", R"({"project": "shop"})");
  EXPECT_EQ(ps.events("row").at(0)["url"].asString(), "https://web.shop.localhost");
}

TEST_F(Handler, DomainsAreKeptAndToldToTraffic) {
  const auto added = send("POST", "/v1/domains/add", body(R"({"host": "Shop.Example.com", "service": "web"})"));
  EXPECT_EQ(added.outcome(), "ok") << added.answer;
  ASSERT_EQ(added.events("warning").size(), 1u) << "production serves nothing yet";
  ASSERT_EQ(traffic.hosts.size(), 1u);
  EXPECT_EQ(traffic.hosts[0].host, "shop.example.com");
  EXPECT_EQ(traffic.hosts[0].project, "shop");
  EXPECT_EQ(traffic.hosts[0].environment, "production");
  EXPECT_EQ(traffic.authority.directory, "https://acme-v02.api.letsencrypt.org/directory");
  const auto typo = send("POST", "/v1/domains/add", body(R"({"host": "a.example", "service": "weeb"})"));
  EXPECT_EQ(typo.events("problem").at(0)["hint"].asString(), "did you mean web?");
  const auto list = send("GET", "/v1/domains");
  EXPECT_NE(list.answer.find("A 198.18.0.7"), std::string::npos) << list.answer;
  EXPECT_EQ(send("GET", "/v1/domains?host=b.example").status, 404);
  EXPECT_EQ(send("POST", "/v1/domains/remove", R"({"host": "shop.example.com"})").status, 200);
  EXPECT_TRUE(traffic.hosts.empty());
  EXPECT_EQ(send("POST", "/v1/domains/remove", R"({"host": "shop.example.com"})").status, 404);
}

TEST_F(Handler, AWildcardNeedsAnAuthorityThatCanProveIt) {
  const std::string wildcard = R"({"host": "*.example.com", "service": "web", "project": "shop"})";
  EXPECT_EQ(send("POST", "/v1/domains/add", wildcard).outcome(), "failed");
  const std::string hook = R"({"challenge": "dns-01", "dnsHook": ["/usr/local/bin/dns"]})";
  EXPECT_EQ(send("POST", "/v1/domains/authority", hook).status, 200);
  EXPECT_EQ(send("POST", "/v1/domains/add", wildcard).outcome(), "ok");
  EXPECT_EQ(send("POST", "/v1/domains/authority", R"({"challenge": "http-01"})").status, 409);
  const auto wrong = send("POST", "/v1/domains/authority", R"({"challenge": "http01"})");
  EXPECT_NE(wrong.answer.find("did you mean http-01?"), std::string::npos) << wrong.answer;
  EXPECT_NE(send("GET", "/v1/domains/authority").answer.find("dns-01"), std::string::npos);
}

TEST_F(Handler, VariablesAreKeptAndNoAnswerTellsASecret) {
  const auto set = send("POST", "/v1/vars/set", body(R"({"variables": {"TOKEN": "hush-hush", "B": "b"}})"));
  EXPECT_EQ(set.outcome(), "ok") << set.answer;
  ASSERT_EQ(set.events("variable").size(), 2u) << set.answer;
  EXPECT_EQ(set.events("variable")[0]["version"].asInt(), 1);
  ASSERT_EQ(store.kept.size(), 2u);
  const store::Variable& token = store.kept[1];
  EXPECT_EQ(token.project + " " + token.environment + " " + token.name + " " + token.value,
            "shop production TOKEN hush-hush");
  EXPECT_TRUE(token.secret);
  EXPECT_TRUE(store.journal.empty());
  const auto plain = send("POST", "/v1/vars/set",
                          R"({"project": "shop", "secret": false, "service": "web", "variables": {"LOG": "debug"}})");
  EXPECT_EQ(plain.events("variable").at(0)["value"].asString(), "debug");
  const auto list = send("POST", "/v1/vars", body());
  EXPECT_EQ(list.events("variable").size(), 3u) << list.answer;
  EXPECT_EQ(send("POST", "/v1/vars", body(R"({"service": "db"})")).events("variable").size(), 2u);
  EXPECT_TRUE(send("POST", "/v1/vars", body(R"({"environment": "staging"})")).events("variable").empty());
  const auto plainList = send("GET", "/v1/vars?project=shop&environment=production");
  EXPECT_NE(plainList.answer.find("TOKEN"), std::string::npos);
  for (const auto& each : {set, list, plainList}) EXPECT_EQ(each.answer.find("hush"), std::string::npos) << each.answer;

  EXPECT_EQ(send("POST", "/v1/vars/revoke", body(R"({"names": ["TOKEN"]})")).events("variable").size(), 1u);
  EXPECT_EQ(store.revoked, std::vector<std::string>{"TOKEN"});
  EXPECT_EQ(send("POST", "/v1/vars/unset", body(R"({"names": ["TOKEN", "B"]})")).outcome(), "ok");
  EXPECT_EQ(store.kept.size(), 1u);
  const auto gone = send("POST", "/v1/vars/unset", body(R"({"names": ["TOKEN"]})"));
  EXPECT_EQ(gone.events("problem").at(0)["code"].asString(), "not_found");
}

// `vars set` is how that is mended.
TEST_F(Handler, AVariableCanBeSetForFilesThatFailWithoutIt) {
  const std::string needy = "services:\n  web: {image: web, environment: {P: '${DB_PASSWORD:?set it}'}}\n";
  EXPECT_EQ(send("POST", "/v1/config", body("{}", needy)).outcome(), "failed");
  const auto set = send("POST", "/v1/vars/set", body(R"({"variables": {"DB_PASSWORD": "x"}})", needy));
  EXPECT_EQ(set.outcome(), "ok") << set.answer;
  ASSERT_EQ(store.kept.size(), 1u);
  EXPECT_EQ(store.kept[0].project, "shop");
}

TEST_F(Handler, VariablesOfNoServiceAreDoubtedAndThoseOfDevelopmentRefused) {
  const auto set = send("POST", "/v1/vars/set", body(R"({"service": "weeb", "variables": {"A": "1"}})"));
  EXPECT_EQ(set.outcome(), "ok");
  EXPECT_EQ(set.events("warning").at(0)["hint"].asString(), "did you mean web?");
  EXPECT_EQ(send("POST", "/v1/vars", body(R"({"environment": "development"})")).status, 400);
  store.outcome = Error{.code = Code::kNoSpace, .message = "the disk is full"};
  EXPECT_EQ(send("POST", "/v1/vars/set", body(R"({"variables": {"A": "1"}})")).outcome(), "failed");
}

}  // namespace
}  // namespace orbit::api
