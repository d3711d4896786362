// The contract both engines keep: logs, events, exec, sockets, statistics, builds.
#include <fstream>

#include "fixture.h"
#include "pack/pack.h"

namespace orbit::engine {
namespace {

using namespace std::chrono_literals;

class ContractStreams : public Contract {
 protected:
  std::vector<LogRecord> logs(const std::string& id, const LogOptions& options) {
    std::vector<LogRecord> all;
    Sink<LogRecord> sink = [&all](LogRecord record) -> net::Task<Status> {
      all.push_back(std::move(record));
      co_return Status();
    };
    EXPECT_OK(run(engine().logs(id, options, sink, within(20s))));
    return all;
  }
  static std::string texts(const std::vector<LogRecord>& records) {
    std::string out;
    for (const auto& record : records) out += record.text + (record.partial ? "+" : "|");
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ContractStreams, kBackends, backendName);

TEST_P(ContractStreams, LogsWithTimesTailAndSince) {
  const std::string script = "echo one; sleep 0.02; echo two; sleep 0.02; echo three";
  const std::string id = started("logs", spec(script, exits(0, {"one", "two", "three"})));
  ASSERT_TRUE(run(engine().waitContainer(id, within(20s))).ok());
  const auto all = logs(id, {});
  ASSERT_EQ(texts(all), "one|two|three|");
  EXPECT_GT(all[0].timeUs, 0);
  EXPECT_LT(all[0].timeUs, all[2].timeUs);
  LogOptions tail;
  tail.tail = 1;
  EXPECT_EQ(texts(logs(id, tail)), "three|");
  LogOptions since;
  since.sinceUs = all[1].timeUs;  // inclusive
  EXPECT_EQ(texts(logs(id, since)), "two|three|");
}

TEST_P(ContractStreams, FollowedLogsEndWithTheContainer) {
  const std::string id = started("follow", spec("echo early; sleep 0.3; exit 0", exits(0, {"early"})));
  LogOptions follow;
  follow.follow = true;
  EXPECT_EQ(texts(logs(id, follow)), "early|");
}

TEST_P(ContractStreams, ASinksErrorEndsTheStream) {
  const std::string id = started("refuse", spec("echo a; echo b; sleep 1000", [] {
                                   FakeBehaviour behaviour;
                                   behaviour.log = {"a", "b"};
                                   return behaviour;
                                 }()));
  Sink<LogRecord> sink = [](LogRecord) -> net::Task<Status> { co_return Error{Code::kLimit, "enough"}; };
  LogOptions follow;
  follow.follow = true;
  EXPECT_CODE(run(engine().logs(id, follow, sink, within(20s))), Code::kLimit);
}

TEST_P(ContractStreams, EventsOfOwnContainersOnly) {
  const std::int64_t sinceUs = loop_->clock().wallUs();
  const std::string id = started("events", spec("exit 4", exits(4)));
  ASSERT_TRUE(run(engine().waitContainer(id, within(20s))).ok());
  net::Cancel cancel;
  std::vector<std::string> seen;
  std::string exitCode;
  Sink<Event> sink = [&](Event event) -> net::Task<Status> {
    EXPECT_EQ(event.id, id);
    EXPECT_EQ(event.attributes[kLabel], mark());
    EXPECT_GT(event.timeUs, 0);
    seen.push_back(event.action);
    if (event.action == "die") {
      exitCode = event.attributes["exitCode"];
      cancel.request();
    }
    co_return Status();
  };
  EXPECT_CODE(run(engine().events(sinceUs, {{{kLabel, mark()}}, {}}, sink, {loop_->clock().now() + 20s, &cancel})),
              Code::kCancelled);
  EXPECT_EQ(seen, (std::vector<std::string>{"create", "start", "die"}));
  EXPECT_EQ(exitCode, "4");
}

TEST_P(ContractStreams, EventsOfTheActionsAskedFor) {
  const std::int64_t sinceUs = loop_->clock().wallUs();
  const std::string id = started("actions", spec("exit 0", exits(0)));
  ASSERT_TRUE(run(engine().waitContainer(id, within(20s))).ok());
  net::Cancel cancel;
  std::vector<std::string> seen;
  Sink<Event> sink = [&](Event event) -> net::Task<Status> {
    seen.push_back(event.action);
    if (event.action == "die") cancel.request();
    co_return Status();
  };
  EventFilter filter;
  filter.labels = {{kLabel, mark()}};
  filter.actions = {"start", "die"};
  EXPECT_CODE(run(engine().events(sinceUs, filter, sink, {loop_->clock().now() + 20s, &cancel})), Code::kCancelled);
  EXPECT_EQ(seen, (std::vector<std::string>{"start", "die"}));
}

TEST_P(ContractStreams, ExecTellsExitCodeAndOutput) {
  const std::string id = started("exec", spec("sleep 1000"));
  ExecOptions options;
  options.command = {"true"};
  const auto passed = run(engine().exec(id, options, {}));
  ASSERT_TRUE(passed.ok()) << passed.error().text();
  EXPECT_EQ(passed->exitCode, 0);
  FakeBehaviour sick;
  sick.healthyAfter = 1h;
  const std::string other = started("exec-sick", spec("sleep 1000", sick));
  options.command = {"sh", "-c", "echo not ready >&2; exit 1"};
  const auto failed = run(engine().exec(other, options, {}));
  ASSERT_TRUE(failed.ok()) << failed.error().text();
  EXPECT_EQ(failed->exitCode, 1);
  EXPECT_EQ(failed->output, "not ready\n");
  EXPECT_OK(run(engine().stopContainer(other, 0s, {})));
  EXPECT_CODE(run(engine().exec(other, options, {})), Code::kConflict);
}

TEST_P(ContractStreams, AnExecSessionEndsWithItsCommand) {
  const std::string id = started("session", spec("sleep 1000"));
  ExecOptions options;
  options.command = {"sh", "-c", "exit 0"};
  auto session = run(engine().startExec(id, options, {}));
  ASSERT_TRUE(session.ok()) << session.error().text();
  std::array<char, 100> buffer{};
  const auto got = run(session->stream->read(buffer, within(20s)));
  ASSERT_TRUE(got.ok()) << got.error().text();
  EXPECT_EQ(*got, 0u);
  EXPECT_EQ(*run(engine().execExitCode(session->execId, {})), 0);
}

TEST_P(ContractStreams, AttachSeesWhatIsPrintedFromTheStartOn) {
  const std::string id = created("attach", spec("echo hello", exits(0, {"hello"})));
  auto session = run(engine().attach(id, {}));
  ASSERT_TRUE(session.ok()) << session.error().text();
  EXPECT_OK(run(engine().startContainer(id, {})));
  FrameReader frames(false);
  std::string seen;
  std::array<char, 100> buffer{};
  for (;;) {
    const auto got = run(session->stream->read(buffer, within(20s)));
    ASSERT_TRUE(got.ok()) << got.error().text();
    if (*got == 0) break;
    auto pieces = frames.feed(std::string_view(buffer.data(), *got));
    ASSERT_TRUE(pieces.ok());
    for (const auto& piece : *pieces) seen += piece.bytes;
  }
  EXPECT_EQ(seen, "hello\n");
}

TEST_P(ContractStreams, WhetherAPortAccepts) {
  FakeBehaviour behaviour;
  behaviour.ports = {6379};
  behaviour.listensAfter = 100ms;
  const std::string id = started("redis", redis({}, behaviour));
  const auto detail = run(engine().inspectContainer(id, {}));
  ASSERT_TRUE(detail.ok());
  const std::string address = detail->summary.addresses.begin()->second;
  Status open = Error{Code::kInternal, ""};
  for (int i = 0; i < 100 && !open.ok(); ++i) {
    open = run(engine().probeTcp(address, 6379, within(1s)));
    EXPECT_OK(run(loop_->sleep(50ms)));
  }
  EXPECT_OK(open);
  EXPECT_CODE(run(engine().probeTcp(address, 6380, within(1s))), Code::kUnavailable);
  const auto listening = run(engine().listening(id, {}));
  ASSERT_TRUE(listening.ok()) << listening.error().text();
  EXPECT_TRUE(std::any_of(listening->begin(), listening->end(),
                          [](const auto& one) { return one.port == 6379 && one.address == "0.0.0.0"; }));
}

TEST_P(ContractStreams, AListenerOnTheLoopbackOnlyIsSeenAsOne) {
  FakeBehaviour behaviour;
  behaviour.ports = {6379};
  behaviour.localhostOnly = true;
  const std::string id = started("loopback", redis({"--bind", "127.0.0.1"}, behaviour));
  std::vector<Engine::Listening> all;
  for (int i = 0; i < 100 && all.empty(); ++i) {
    all = *run(engine().listening(id, {}));
    EXPECT_OK(run(loop_->sleep(50ms)));
  }
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].address, "127.0.0.1");
  EXPECT_EQ(all[0].port, 6379);
  const std::string address = run(engine().inspectContainer(id, {}))->summary.addresses.begin()->second;
  EXPECT_CODE(run(engine().probeTcp(address, 6379, within(1s))), Code::kUnavailable);
}

TEST_P(ContractStreams, StatisticsOfARunningContainer) {
  const std::string id = started("stats", spec("sleep 1000"));
  const auto sample = run(engine().stats(id, {}));
  ASSERT_TRUE(sample.ok()) << sample.error().text();
  EXPECT_GT(sample->memoryBytes, 0u);
  EXPECT_GT(sample->cpus, 0);
  EXPECT_GT(sample->timeUs, 0);
  EXPECT_OK(run(engine().stopContainer(id, 0s, {})));
  EXPECT_CODE(run(engine().stats(id, {})), Code::kConflict);
}

class ContractBuild : public ContractStreams {
 protected:
  ~ContractBuild() override { std::remove(contextFile().c_str()); }
  static std::string contextFile() { return "/tmp/orbit-contract-" + mark() + ".tar"; }
  Result<std::string> build(const std::string& dockerfile, std::string& told) {
    const auto tar = pack::packFile("Dockerfile", dockerfile, 0644, 0, 0);
    std::ofstream(contextFile(), std::ios::binary) << *tar;
    BuildRequest request;
    request.tag = "orbit-engine-contract:" + mark();
    request.dockerfile = "Dockerfile";
    request.contextFile = contextFile();
    request.args = {{"WORD", "sesame"}};
    request.labels = {{kLabel, mark()}};
    Sink<Progress> sink = [this, &told](Progress progress) -> net::Task<Status> {
      told += progress.text + "\n";
      if (cancel_ && progress.text.find(cancelOn_) != std::string::npos) cancel_->request();
      co_return Status();
    };
    return run(engine().buildImage(request, sink, {loop_->clock().now() + 120s, cancel_.get()}));
  }
  std::unique_ptr<net::Cancel> cancel_;
  std::string cancelOn_;  // cancelled at the first line that holds this
};
INSTANTIATE_TEST_SUITE_P(Engines, ContractBuild, kBackends, backendName);

TEST_P(ContractBuild, ABuiltImageIsThereUnderItsTag) {
  std::string told;
  const std::string unique = std::to_string(loop_->clock().wallUs());
  const auto id = build("FROM " + std::string(kImage) + "\nARG WORD\nRUN echo said-$WORD-" + unique + "\n", told);
  ASSERT_TRUE(id.ok()) << id.error().text() << told;
  EXPECT_FALSE(told.empty());
  EXPECT_TRUE(!real() || told.find("said-sesame-") != std::string::npos) << told;
  EXPECT_EQ(run(engine().inspectImage("orbit-engine-contract:" + mark(), {}))->id, *id);
  EXPECT_OK(run(engine().removeImage("orbit-engine-contract:" + mark(), {})));
}

// DOCKER_BUILDKIT=0 for one test: the engine's own builder.
class ClassicBuilder {
 public:
  ClassicBuilder() { ::setenv("DOCKER_BUILDKIT", "0", 1); }
  ~ClassicBuilder() { ::unsetenv("DOCKER_BUILDKIT"); }
};

TEST_P(ContractBuild, AFailedBuildShowsItsLastLines) {
  if (!real()) GTEST_SKIP() << "the fake's builds do not run anything";
  std::string told;
  const auto failed = build("FROM " + std::string(kImage) + "\nRUN echo the-reason && false\n", told);
  EXPECT_CODE(failed, Code::kInvalid);
  EXPECT_NE(failed.error().message.find("the-reason"), std::string::npos) << failed.error().message;
  const auto mount = build("FROM " + std::string(kImage) + "\nRUN --mount=type=tmpfs,target=/x true\n", told);
  EXPECT_OK(mount);  // BuildKit's client is on this machine
  EXPECT_OK(run(engine().removeImage("orbit-engine-contract:" + mark(), {})));
}

TEST_P(ContractBuild, TheClassicBuilderBuildsToo) {
  if (!real()) GTEST_SKIP() << "the fake has one builder";
  const ClassicBuilder classic;
  std::string told;
  const std::string from = "FROM " + std::string(kImage) + "\n";
  const auto built = build(from + "ARG WORD\nRUN echo said-$WORD\n", told);
  EXPECT_OK(built);
  EXPECT_NE(told.find("said-sesame"), std::string::npos) << told;
  EXPECT_NE(told.find("Step 1/"), std::string::npos) << told;
  EXPECT_OK(run(engine().removeImage("orbit-engine-contract:" + mark(), {})));
  const auto failed = build(from + "RUN echo the-reason && exit 7\n", told);
  EXPECT_CODE(failed, Code::kInvalid);
  EXPECT_NE(failed.error().message.find("the-reason"), std::string::npos) << failed.error().message;
  const auto mount = build(from + "RUN --mount=type=tmpfs,target=/x true\n", told);
  EXPECT_CODE(mount, Code::kUnsupported);
  EXPECT_NE(mount.error().hint.find("docker-buildx"), std::string::npos);
}

TEST_P(ContractBuild, ACancelledBuildEnds) {
  if (!real()) GTEST_SKIP() << "the fake's builds take no time";
  cancel_ = std::make_unique<net::Cancel>();
  cancelOn_ = "sleep 1000";
  std::string told;
  EXPECT_CODE(build("FROM " + std::string(kImage) + "\nRUN echo begun && sleep 1000\n", told), Code::kCancelled);
  const ClassicBuilder classic;
  engine_ = connectEngine(*loop_, {});
  cancel_ = std::make_unique<net::Cancel>();
  EXPECT_CODE(build("FROM " + std::string(kImage) + "\nRUN echo begun && sleep 1000\n", told), Code::kCancelled);
}

}  // namespace
}  // namespace orbit::engine
