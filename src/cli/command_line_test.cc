#include "cli/command_line.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "cli/help.h"
#include "cli/request.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

CommandLine parsed(const std::vector<std::string>& arguments) {
  auto line = parseCommandLine(arguments);
  EXPECT_TRUE(line.ok()) << (line.ok() ? "" : line.error().text());
  return line.ok() ? *line : CommandLine();
}

TEST(CommandLine, GlobalFlagsStandBeforeAndAfterTheVerb) {
  const auto line = parsed({"-f", "a.yaml", "--file=b.yaml", "-pshop", "up", "-d", "--profile", "debug", "web"});
  EXPECT_EQ(line.verb->name, "up");
  EXPECT_EQ(line.list("file"), (std::vector<std::string>{"a.yaml", "b.yaml"}));
  EXPECT_EQ(line.text("project-name"), "shop");
  EXPECT_EQ(line.list("profile"), (std::vector<std::string>{"debug"}));
  EXPECT_TRUE(line.on("detach"));
  EXPECT_EQ(line.arguments, (std::vector<std::string>{"web"}));
}

TEST(CommandLine, AVerbsOwnLetterWinsOverTheGlobalOne) {
  const auto line = parsed({"-f", "a.yaml", "logs", "-f", "web"});
  EXPECT_TRUE(line.on("follow"));
  EXPECT_EQ(line.list("file"), (std::vector<std::string>{"a.yaml"}));
  EXPECT_EQ(parsed({"run", "-p", "8080:80", "web"}).list("publish"), (std::vector<std::string>{"8080:80"}));
}

TEST(CommandLine, TakesValuesAsComposeDoes) {
  EXPECT_EQ(parsed({"logs", "-n5"}).text("tail"), "5");
  EXPECT_EQ(parsed({"logs", "-n=5"}).text("tail"), "5");
  EXPECT_EQ(parsed({"logs", "--tail", "-1"}).text("tail"), "-1");
  EXPECT_EQ(parsed({"stop", "-t", "3"}).number("timeout"), 3);
  EXPECT_FALSE(parsed({"up", "--detach=false"}).on("detach", true));
  EXPECT_TRUE(parsed({"ps", "-aq"}).on("quiet"));
}

TEST(CommandLine, TheContainersCommandKeepsItsFlags) {
  const auto line = parsed({"exec", "-T", "db", "ls", "-la", "--color=never", "--"});
  EXPECT_TRUE(line.on("no-tty"));
  EXPECT_EQ(line.arguments, (std::vector<std::string>{"db", "ls", "-la", "--color=never", "--"}));
  EXPECT_EQ(parsed({"run", "--", "web", "-x"}).arguments, (std::vector<std::string>{"web", "-x"}));
}

TEST(CommandLine, TwoWordVerbs) {
  EXPECT_TRUE(parsed({"server", "stop", "--all"}).on("all"));
}

// Input: one command line a line. Output: what is said about it.
TEST(CommandLine, WrongUsageTeaches) {
  support::runGolden("cli/usage", [](const std::string& input) {
    std::string out;
    for (auto words : split(trim(input), '\n')) {
      std::vector<std::string> arguments;
      for (auto word : split(words, ' ')) arguments.emplace_back(word);
      auto line = parseCommandLine(arguments);
      Error error;
      if (!line.ok()) {
        error = line.error();
      } else if (auto body = upRequest(*line); line->verb->name == "up" && !body.ok()) {
        error = body.error();
      } else if (auto logs = logsRequest(*line, 0); line->verb->name == "logs" && !logs.ok()) {
        error = logs.error();
      } else if (auto seen = requestsRequest(*line, 0); line->verb->name == "requests" && !seen.ok()) {
        error = seen.error();
      } else if (auto deploy = deployRequest(*line, {}); line->verb->name == "deploy" && !deploy.ok()) {
        error = deploy.error();
      } else {
        error.message = "fine";
      }
      out += "$ orbit " + std::string(words) + "\n" + error.message + "\n";
      if (!error.hint.empty()) out += "  " + error.hint + "\n";
    }
    return out;
  });
}

// Input: a verb's name, or "overview".
TEST(Help, Texts) {
  support::runGolden("cli/help", [](const std::string& input) {
    const std::string name(trim(input));
    if (name == "overview") return overview();
    const Verb* verb = findVerb(name);
    return verb == nullptr ? "no such verb" : verbHelp(*verb);
  });
}

TEST(Help, LinesFitATerminal) {
  for (const auto& verb : verbs()) {
    EXPECT_EQ(verb.examples.empty(), verb.summary.empty()) << verb.name;
    for (auto line : split(verbHelp(verb), '\n')) EXPECT_LE(line.size(), 120u) << line;
  }
  for (auto line : split(overview(), '\n')) EXPECT_LE(line.size(), 120u) << line;
}

// Input: one command line a line. Output: the request body of each.
TEST(Request, Bodies) {
  support::runGolden("cli/request", [](const std::string& input) {
    const Variables lookUp = [](const std::string& name) {
      return name == "TOKEN" ? std::optional<std::string>("from-shell") : std::nullopt;
    };
    std::string out;
    for (auto words : split(trim(input), '\n')) {
      std::vector<std::string> arguments;
      for (auto word : split(words, ' ')) arguments.emplace_back(word);
      const CommandLine line = parsed(arguments);
      const std::string_view verb = line.verb->name;
      Result<format::Json> body = format::Json();
      if (verb == "up") body = upRequest(line);
      if (verb == "down") body = downRequest(line);
      if (verb == "stop") body = changeRequest(line);
      if (verb == "build") body = buildRequest(line, lookUp);
      if (verb == "pull") body = pullRequest(line);
      if (verb == "logs") body = logsRequest(line, 1'800'000'000'000'000);
      if (verb == "requests") body = requestsRequest(line, 1'800'000'000'000'000);
      if (verb == "exec") body = execRequest(line, true, lookUp);
      if (verb == "run") body = runRequest(line, false, lookUp);
      if (verb == "deploy" && line.on("follow")) body = followRequest(line);
      if (verb == "deploy" && !line.on("follow")) body = deployRequest(line, format::Json::object());
      if (verb == "rollback") body = rollbackRequest(line);
      if (verb == "promote") body = environmentRequest(line);
      out += "$ orbit " + std::string(words) + "\n" + (body.ok() ? body->dump() : body.error().text()) + "\n";
    }
    return out;
  });
}

}  // namespace
}  // namespace orbit::cli
