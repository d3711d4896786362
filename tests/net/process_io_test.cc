// Child processes.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

struct Outcome {
  Result<Exit> exit = Exit();
  std::string out, err;
};

Outcome shell(Loop& loop, std::string script, Wait wait, Input input = {}, Command command = {}) {
  Outcome run;
  command.arguments = {"sh", "-c", std::move(script)};
  Output output = [&run](bool isError, std::string_view bytes) { (isError ? run.err : run.out).append(bytes); };
  run.exit = loop.runTask(runCommand(loop, std::move(command), std::move(input), std::move(output), wait));
  return run;
}

// Whether a process that was killed is gone, or a zombie that its new parent has yet to take. It may take a moment to
// die.
bool ends(int process) {
  for (int tries = 0; tries < 500; ++tries) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    std::getline(stat, line);
    if (line.empty() || line.find(") Z") != std::string::npos) return true;
    usleep(10'000);
  }
  return false;
}

Wait soon(Loop& loop) {
  return {loop.clock().now() + 20s, nullptr};
}

TEST(RunCommand, OutputsStatusAndSignal) {
  Loop loop;
  const Outcome run = shell(loop, "echo out; echo err >&2; exit 7", soon(loop));
  ASSERT_TRUE(run.exit.ok()) << run.exit.error().text();
  EXPECT_EQ(run.exit->status, 7);
  EXPECT_EQ(run.exit->signal, 0);
  EXPECT_EQ(run.out, "out\n");
  EXPECT_EQ(run.err, "err\n");
  const Outcome killed = shell(loop, "kill -9 $$", soon(loop));
  EXPECT_EQ(killed.exit->status, 128 + SIGKILL);
  EXPECT_EQ(killed.exit->signal, SIGKILL);
}

TEST(RunCommand, LargeInputAndOutput) {
  Loop loop;
  int pieces = 100;
  Input input = [&pieces]() -> Task<Result<std::string>> {
    co_return pieces-- > 0 ? std::string(50'000, 'x') : std::string();
  };
  const Outcome run = shell(loop, "cat", soon(loop), input);
  ASSERT_TRUE(run.exit.ok());
  EXPECT_EQ(run.out.size(), 5'000'000U);
}

TEST(RunCommand, AChildThatReadsNoInputIsNoFailure) {
  Loop loop;
  int pieces = 100;
  Input input = [&pieces]() -> Task<Result<std::string>> {
    co_return pieces-- > 0 ? std::string(50'000, 'x') : std::string();
  };
  const Outcome run = shell(loop, "exit 3", soon(loop), input);
  ASSERT_TRUE(run.exit.ok());
  EXPECT_EQ(run.exit->status, 3);
}

TEST(RunCommand, EnvironmentFolderAndNoInput) {
  Loop loop;
  ::setenv("ORBIT_TEST_INHERITED", "old", 1);
  Command command;
  command.environment = {{"ORBIT_TEST_INHERITED", "new"}, {"ADDED", "1"}};
  command.workingDir = "/usr";
  const Outcome run = shell(loop, "pwd; echo $ORBIT_TEST_INHERITED $ADDED; cat", soon(loop), {}, command);
  EXPECT_EQ(run.out, "/usr\nnew 1\n");
}

TEST(RunCommand, MissingProgramAndFolder) {
  Loop loop;
  Command command;
  command.arguments = {"orbit-no-such-program"};
  EXPECT_EQ(loop.runTask(runCommand(loop, command, {}, {}, soon(loop))).error().code, Code::kNotFound);
  command.arguments = {"true"};
  command.workingDir = "/no/such/folder";
  const auto missing = loop.runTask(runCommand(loop, command, {}, {}, soon(loop)));
  EXPECT_NE(missing.error().message.find("/no/such/folder"), std::string::npos);
}

TEST(RunCommand, TheDeadlineEndsTheWholeGroup) {
  Loop loop;
  const Wait brief{loop.clock().now() + 100ms, nullptr};
  const Outcome run = shell(loop, "sleep 1000 & echo $!; wait", brief);
  ASSERT_FALSE(run.exit.ok());
  EXPECT_EQ(run.exit.error().code, Code::kTimeout);
  const int grandchild = std::atoi(run.out.c_str());
  ASSERT_GT(grandchild, 0);
  EXPECT_TRUE(ends(grandchild));
}

TEST(RunCommand, CancelIsASigtermFirst) {
  Loop loop;
  Cancel cancel;
  const Wait wait{Instant::max(), &cancel};
  Outcome run;
  Command command;
  command.arguments = {"sh", "-c", "trap 'echo asked; exit 0' TERM; echo ready; while :; do sleep 0.01; done"};
  // The shell may say on standard error that its sleep was terminated: the signal goes to the whole group.
  Output output = [&](bool isError, std::string_view bytes) {
    (isError ? run.err : run.out).append(bytes);
    if (run.out == "ready\n") cancel.request();
  };
  run.exit = loop.runTask(runCommand(loop, command, {}, output, wait));
  ASSERT_FALSE(run.exit.ok());
  EXPECT_EQ(run.exit.error().code, Code::kCancelled);
  EXPECT_EQ(run.out, "ready\nasked\n");
}

TEST(RunCommand, DestructionKillsTheChild) {
  std::string pid;
  {
    Loop loop;
    Command command;
    command.arguments = {"sh", "-c", "echo $$; exec sleep 1000"};
    auto body = [](Loop& owner, Command what, std::string& out) -> Task<void> {
      Output output = [&](bool, std::string_view bytes) {
        out.append(bytes);
        owner.stop();
      };
      (void)co_await runCommand(owner, std::move(what), {}, output, Wait());
    };
    loop.spawn(body(loop, command, pid));
    loop.run();
  }
  EXPECT_NE(::kill(std::atoi(pid.c_str()), 0), 0);
}

TEST(SpawnDetached, RunsInASessionOfItsOwnAndLogs) {
  std::string folder = "/tmp/orbit-spawn-XXXXXX";
  ORBIT_CHECK(mkdtemp(folder.data()) != nullptr);
  const std::string log = folder + "/log";
  Command command;
  command.arguments = {"sh", "-c", "echo out; echo err >&2; cat; ps -o sid= -p $$ >/dev/null 2>&1; echo end"};
  const auto pid = spawnDetached(command, log);
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(::getsid(*pid), *pid);
  ::waitpid(*pid, nullptr, 0);
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  EXPECT_EQ(text.str(), "out\nerr\nend\n");
  ::unlink(log.c_str());
  ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace orbit::net
