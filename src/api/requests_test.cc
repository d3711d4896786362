#include "api/requests.h"

#include <gtest/gtest.h>

#include "support/golden.h"

namespace orbit::api {
namespace {

format::Json json(std::string_view text) {
  return std::move(format::parseJson(text)).value();
}

template <class Request>
std::string outcome(Result<Request> (*decode)(const format::Json&), const format::Json& body) {
  const auto request = decode(body);
  return request.ok() ? "ok" : request.error().text();
}

std::string decodeCase(const std::string& input) {
  const auto newline = input.find('\n');
  const std::string verb = input.substr(0, newline);
  const format::Json body = json(input.substr(newline));
  if (verb == "up") return outcome(decodeUp, body);
  if (verb == "down") return outcome(decodeDown, body);
  if (verb == "stop") return outcome(decodeChange, body);
  if (verb == "build") return outcome(decodeBuild, body);
  if (verb == "pull") return outcome(decodePull, body);
  if (verb == "config") return outcome(decodeConfig, body);
  if (verb == "ps") return outcome(decodePs, body);
  if (verb == "logs") return outcome(decodeLogs, body);
  if (verb == "exec") return outcome(decodeExec, body);
  if (verb == "run") return outcome(decodeRun, body);
  if (verb == "attach") return outcome(decodeAttach, body);
  if (verb == "requests") return outcome(decodeRequests, body);
  if (verb == "vars") return outcome(decodeListVariables, body);
  if (verb == "vars/set") return outcome(decodeSetVariables, body);
  if (verb == "vars/unset") return outcome(decodeNamedVariables, body);
  if (verb == "deploy") return outcome(decodeDeploy, body);
  if (verb == "follow") return outcome(decodeFollow, body);
  if (verb == "shutdown") return outcome(decodeShutdown, body);
  return "no such verb";
}

TEST(Requests, Golden) {
  support::runGolden("api-requests", decodeCase);
}

TEST(Requests, SnapshotHoldsWhatTheCallerSaw) {
  const auto request = decodeUp(json(R"({"snapshot": {"workingDir": "/src", "services": ["web"],
      "files": {"/src/a": {"kind": "text", "text": "x"}, "/src/b": {"kind": "folder"},
                "/src/c": {"kind": "unreadable", "reason": "no"}},
      "variables": {"SET": "1", "EMPTY": "", "NOT": null}}})"));
  ASSERT_TRUE(request.ok()) << request.error().text();
  const auto& snapshot = *request->target.snapshot;
  EXPECT_EQ(snapshot.workingDir, "/src");
  EXPECT_EQ(snapshot.services, std::vector<std::string>{"web"});
  EXPECT_EQ(snapshot.files.at("/src/a").text, "x");
  EXPECT_EQ(snapshot.files.at("/src/b").kind, project::File::Kind::kFolder);
  EXPECT_EQ(snapshot.files.at("/src/c").reason, "no");
  EXPECT_EQ(snapshot.variables.at("SET"), "1");
  EXPECT_EQ(snapshot.variables.at("EMPTY"), "");
  EXPECT_EQ(snapshot.variables.at("NOT"), std::nullopt);
}

TEST(Requests, UpOptionsAndTheirDefaults) {
  const auto plain = decodeUp(json(R"({"snapshot": {"workingDir": "/"}})"));
  EXPECT_TRUE(plain->options.waitHealthy);
  EXPECT_EQ(plain->options.stopTimeout, std::nullopt);
  const auto full = decodeUp(json(R"({"snapshot": {"workingDir": "/"}, "contexts": {"web": "0193"},
      "options": {"scale": {"web": 3}, "stopTimeoutSeconds": 1.5, "waitHealthy": false, "noStart": true}})"));
  EXPECT_EQ(full->options.scale.at("web"), 3);
  EXPECT_EQ(full->options.stopTimeout, std::chrono::milliseconds(1500));
  EXPECT_FALSE(full->options.waitHealthy);
  EXPECT_TRUE(full->options.noStart);
  EXPECT_EQ(full->contexts.at("web"), "0193");
}

TEST(Requests, ADeployAndItsDefaults) {
  const auto plain = decodeDeploy(json(R"({"snapshot": {"workingDir": "/"}})"));
  ASSERT_TRUE(plain.ok()) << plain.error().text();
  EXPECT_EQ(plain->environment, "production");
  EXPECT_EQ(plain->until, deploy::Stage::kPromoted);
  EXPECT_FALSE(plain->force || plain->allowDevelopmentSecrets);
  const auto full = decodeDeploy(json(R"({"snapshot": {"workingDir": "/"}, "environment": "staging",
      "options": {"services": ["web"], "force": true, "allowDevSecrets": true, "until": "live"},
      "source": {"commit": "4f2a91c", "dirty": true, "branch": "main"}})"));
  ASSERT_TRUE(full.ok()) << full.error().text();
  EXPECT_EQ(full->until, deploy::Stage::kShare);
  EXPECT_TRUE(full->source.dirty && full->force && full->allowDevelopmentSecrets);
  EXPECT_EQ(full->source.branch + full->environment, "mainstaging");
}

TEST(Requests, ExecAndLogsCarryTheirOptions) {
  const auto exec = decodeExec(json(R"({"project": "p", "service": "db", "command": ["a", "b"], "index": 2,
      "environment": ["A=b"], "user": "u", "workingDir": "/w", "tty": true, "privileged": true})"));
  EXPECT_EQ(exec->target.project, "p");
  EXPECT_EQ(exec->index, 2);
  EXPECT_EQ(exec->options.command.size(), 2u);
  EXPECT_TRUE(exec->options.tty && exec->options.privileged && !exec->options.stdin);
  const auto logs = decodeLogs(json(R"({"project": "p", "sinceUs": 5, "untilUs": 9, "follow": true})"));
  EXPECT_EQ(logs->options.sinceUs, 5);
  EXPECT_EQ(logs->options.untilUs, 9);
  EXPECT_EQ(logs->options.tail, -1);
  EXPECT_TRUE(logs->options.follow);
}

}  // namespace
}  // namespace orbit::api
