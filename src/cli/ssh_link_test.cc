#include "cli/ssh_link.h"

#include <gtest/gtest.h>

#include "cli/ssh_problem.h"

namespace orbit::cli {
namespace {

const RemoteHost kHost{"deploy", "203.0.113.7", 2222};

Error problem(int status, std::string said, RemoteHost host = kHost) {
  return sshProblem(host, {.status = status, .said = std::move(said), .asked = false});
}

TEST(SshLink, NeverAsksWithoutATerminal) {
  const auto words = sshArguments(kHost, {"orbit", "api-stdio"}, false);
  EXPECT_NE(std::find(words.begin(), words.end(), "BatchMode=yes"), words.end());
  const auto asking = sshArguments(kHost, {"orbit", "api-stdio"}, true);
  EXPECT_EQ(std::find(asking.begin(), asking.end(), "BatchMode=yes"), asking.end());
}

TEST(SshLink, HostStandsBehindTheEndOfOptions) {
  const auto words = sshArguments(kHost, {"orbit", "api-stdio"}, false);
  const std::vector<std::string> end(words.end() - 8, words.end());
  EXPECT_EQ(end, (std::vector<std::string>{"-p", "2222", "-l", "deploy", "--", "203.0.113.7", "orbit", "api-stdio"}));
  const auto plain = sshArguments({"", "shop", 0}, {"orbit"}, false);
  EXPECT_EQ(std::find(plain.begin(), plain.end(), "-p"), plain.end());
  EXPECT_EQ(std::find(plain.begin(), plain.end(), "-l"), plain.end());
}

TEST(SshLink, GreetsAndIsUnderstood) {
  const auto greeting = parseGreeting(trim(greetingLine()));
  ASSERT_TRUE(greeting.has_value());
  EXPECT_EQ(greeting->api, kApiNumber);
  EXPECT_EQ(greeting->version, buildVersion());
  EXPECT_TRUE(checkGreeting(kHost, *greeting).ok());
  EXPECT_FALSE(parseGreeting("Welcome to Debian").has_value());
  EXPECT_FALSE(parseGreeting("orbit-api").has_value());
  EXPECT_FALSE(parseGreeting("orbit-api x 1").has_value());
}

TEST(SshLink, AnotherApiSaysWhichSideIsOlder) {
  const auto older = checkGreeting(kHost, {kApiNumber - 1, "0.0.9"});
  ASSERT_FALSE(older.ok());
  EXPECT_EQ(older.error().code, Code::kUnsupported);
  EXPECT_NE(older.error().hint.find("server install"), std::string::npos);
  const auto newer = checkGreeting(kHost, {kApiNumber + 1, "9.0.0"});
  ASSERT_FALSE(newer.ok());
  EXPECT_NE(newer.error().hint.find("here"), std::string::npos);
}

TEST(SshProblem, TellsItsCausesApart) {
  EXPECT_EQ(problem(255, "ssh: Could not resolve hostname shopp: Name or service not known\r\n").message,
            "The name 203.0.113.7 does not resolve");
  EXPECT_EQ(problem(255, "ssh: connect to host 203.0.113.7 port 2222: Connection refused\r\n").message,
            "Cannot reach deploy@203.0.113.7:2222 by ssh: nothing listens on that port");
  EXPECT_EQ(problem(255, "ssh: connect to host 203.0.113.7 port 2222: Connection timed out\r\n").message,
            "Cannot reach deploy@203.0.113.7:2222 by ssh: no answer in time");
  EXPECT_EQ(problem(255, "deploy@203.0.113.7: Permission denied (publickey).\r\n").code, Code::kDenied);
  EXPECT_EQ(problem(127, "bash: line 1: orbit: command not found\n").code, Code::kNotFound);
  EXPECT_EQ(problem(2, "orbit: Unknown command 'api-stdio'\n").code, Code::kUnsupported);
}

TEST(SshProblem, AKeyThatChangedIsNotAKeyThatIsUnknown) {
  const auto unknown = problem(255,
                               "No ED25519 host key is known for [203.0.113.7]:2222 and you have requested strict "
                               "checking.\r\nHost key verification failed.\r\n");
  EXPECT_NE(unknown.message.find("not known"), std::string::npos);
  EXPECT_NE(unknown.hint.find("ssh-keyscan -p 2222 203.0.113.7"), std::string::npos);
  const auto changed = problem(255,
                               "@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@\n"
                               "Host key verification failed.\r\n");
  EXPECT_NE(changed.message.find("another host key"), std::string::npos);
  EXPECT_NE(changed.hint.find("ssh-keygen -R '[203.0.113.7]:2222'"), std::string::npos);
}

TEST(SshProblem, WhatTheFarSideSaidIsShown) {
  const auto error =
      problem(1, "Orbit's background process did not start\n  Its log is /var/lib/orbit/logs/orbit.log\n");
  EXPECT_EQ(error.code, Code::kUnavailable);
  EXPECT_NE(error.hint.find("did not start"), std::string::npos);
}

}  // namespace
}  // namespace orbit::cli
