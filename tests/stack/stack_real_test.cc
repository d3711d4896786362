// stack on a real engine: what the fake cannot prove. Each test has a project of its own and takes it down at its end.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "project/project.h"
#include "stack/stack.h"

namespace orbit::stack {
namespace {

using namespace std::chrono_literals;
using net::Task;

constexpr const char* kBase = "orbit-stand-in:bookworm";

class StackReal : public testing::Test {
 protected:
  void SetUp() override {
    engine_ = engine::connectEngine(loop_, {});
    stack_ = std::make_unique<Stack>(loop_, *engine_, "0190-stack-real-test");
    const auto info = loop_.runTask(engine_->info(soon()));
    if (!info.ok()) GTEST_SKIP() << info.error().text();
    needImage(kBase);
    project_ = "orbittest" + std::to_string(getpid());
    folder_ = std::filesystem::temp_directory_path() / project_;
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override {
    if (project_.empty()) return;
    Stack::DownOptions all;
    all.volumes = true;
    all.removeOrphans = true;
    loop_.runTask(stack_->down(project_, nullptr, all, {}, soon()));
    std::filesystem::remove_all(folder_);
  }

  void needImage(const std::string& image) {
    if (!loop_.runTask(engine_->inspectImage(image, soon())).ok()) GTEST_SKIP() << image << " is not on this machine";
  }
  net::Wait soon() const { return {loop_.clock().now() + 60s, nullptr}; }

  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }

  model::Plan plan(const std::string& text) {
    write("compose.yaml", text);
    project::Snapshot snapshot;
    snapshot.workingDir = folder_;
    snapshot.projectName = project_;
    for (int round = 0; round < 8; ++round) {
      project::Reading reading = project::read(snapshot);
      for (const auto& problem : reading.problems) ADD_FAILURE() << problem.text();
      if (reading.plan) return std::move(*reading.plan);
      for (const auto& path : reading.needFiles) snapshot.files[path] = fileAt(path);
      for (const auto& name : reading.needVariables) snapshot.variables[name] = std::nullopt;
    }
    ADD_FAILURE() << "the project never had enough";
    return {};
  }

  static project::File fileAt(const std::string& path) {
    project::File file;
    if (std::filesystem::is_directory(path)) {
      file.kind = project::File::Kind::kFolder;
    } else if (std::filesystem::exists(path)) {
      std::ifstream in(path);
      file.kind = project::File::Kind::kText;
      file.text.assign(std::istreambuf_iterator<char>(in), {});
    }
    return file;
  }

  Observer observer() {
    Observer made;
    made.step = [this](const Step& step) {
      if (step.state != "unchanged") changes_.push_back(step.name + " " + step.state + " " + step.detail);
    };
    made.warning = [this](const model::Warning& warning) { warnings_.push_back(warning.message); };
    return made;
  }
  void up(const model::Plan& wanted) {
    changes_.clear();
    warnings_.clear();
    const Outcome outcome = loop_.runTask(stack_->up(wanted, {}, observer(), soon()));
    for (const auto& failure : outcome.failures) {
      ADD_FAILURE() << failure.error.text() << "\n" << join(failure.logTail, "\n");
    }
  }
  engine::ContainerDetail inspect(const std::string& service) {
    auto detail = loop_.runTask(engine_->inspectContainer(project_ + "-" + service + "-1", soon()));
    EXPECT_TRUE(detail.ok());
    return detail.ok() ? std::move(*detail) : engine::ContainerDetail{};
  }
  std::string in(const std::string& service, const std::string& script) {
    engine::ExecOptions options;
    options.command = {"sh", "-c", script};
    auto result = loop_.runTask(engine_->exec(project_ + "-" + service + "-1", options, soon()));
    return result.ok() ? std::string(trim(result->output)) : result.error().text();
  }
  std::size_t count() { return loop_.runTask(stack_->list(project_, true, soon())).value().size(); }

  net::Loop loop_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Stack> stack_;
  std::string project_;
  std::filesystem::path folder_;
  std::vector<std::string> changes_, warnings_;
};

constexpr const char* kTwo = R"(
x-common: &common
  image: orbit-stand-in:bookworm
  init: true
  command: sleep 1000
services:
  store:
    <<: *common
    volumes: [data:/data, /scratch]
    networks: [default, back]
    healthcheck: {test: test -e /data, interval: 2s}
  web:
    <<: *common
    environment: {COLOUR: "${COLOUR:-red}"}
    volumes: [/scratch]
    depends_on: {store: {condition: service_healthy}}
volumes: {data: {}}
networks: {back: {}}
)";

TEST_F(StackReal, ASecondUpChangesNothing) {
  const model::Plan two = plan(kTwo);
  up(two);
  EXPECT_EQ(count(), 2u);
  up(two);
  EXPECT_TRUE(changes_.empty()) << join(changes_, "\n");
}

TEST_F(StackReal, AChangeRecreatesOneServiceAndCarriesItsAnonymousVolumeOver) {
  up(plan(kTwo));
  const std::string store = inspect("store").summary.id, web = inspect("web").summary.id;
  in("web", "echo kept > /scratch/file");
  std::string text = kTwo;
  text.replace(text.find("${COLOUR:-red}"), 14, "blue");
  up(plan(text));
  EXPECT_EQ(inspect("store").summary.id, store);
  EXPECT_NE(inspect("web").summary.id, web);
  EXPECT_EQ(in("web", "cat /scratch/file; echo $COLOUR"), "kept\nblue");
  EXPECT_EQ(count(), 2u);
}

TEST_F(StackReal, ScaledServicesStartedByDockerCompose129AreKept) {
  if (std::system("docker-compose version --short >/dev/null 2>&1") != 0) GTEST_SKIP() << "no docker-compose";
  std::string text = kTwo;
  text.replace(0, 1, "version: '3.8'\n");
  const model::Plan two = plan(text);
  const std::string command =
      "cd " + folder_.string() + " && docker-compose -p " + project_ + " -f compose.yaml up -d >/dev/null 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0);
  up(two);
  EXPECT_TRUE(changes_.empty()) << join(changes_, "\n");
  EXPECT_EQ(count(), 2u);
}

// Decision 20: the official image's temporary server answers pg_isready on its unix socket while the init script runs.
TEST_F(StackReal, NoDependantOfPostgresSeesARefusedConnection) {
  needImage("postgres:15-alpine");
  if (IsSkipped()) return;
  write("slow.sh", "sleep 3\n");
  const model::Plan database = plan(R"(
services:
  db:
    image: postgres:15-alpine
    environment: {POSTGRES_PASSWORD: secret}
    volumes: [./slow.sh:/docker-entrypoint-initdb.d/slow.sh:ro]
    healthcheck: {test: [CMD-SHELL, pg_isready -U postgres], interval: 5s, timeout: 5s, retries: 5}
    expose: ["5432"]
  job:
    image: postgres:15-alpine
    entrypoint: [psql, "postgresql://postgres:secret@db:5432/postgres", -c, select 1]
    depends_on: {db: {condition: service_healthy}}
  after:
    image: orbit-stand-in:bookworm
    init: true
    command: sleep 1000
    depends_on: {job: {condition: service_completed_successfully}}
)");
  up(database);
  EXPECT_TRUE(warnings_.empty()) << join(warnings_, "\n");
  EXPECT_EQ(inspect("job").exitCode, 0);
}

Task<void> upInto(Stack* stack, const model::Plan* wanted) {
  const net::Wait forever;
  const UpOptions options;
  const Observer nobody;
  const Outcome outcome = co_await stack->up(*wanted, options, nobody, forever);
  static_cast<void>(outcome);
}

Task<bool> pass(net::Loop* loop, Duration span) {
  const Status slept = co_await loop->sleep(span);
  co_return slept.ok();
}

TEST_F(StackReal, ADaemonThatDiesAnywhereIsMended) {
  const model::Plan two = plan(kTwo);
  Random random(7);
  for (int i = 0; i < 8; ++i) {
    {
      net::TaskGroup daemon(loop_);
      daemon.add(upInto(stack_.get(), &two));
      loop_.runTask(pass(&loop_, std::chrono::milliseconds(random.below(900))));
    }
    // The next daemon; now and then it starts from nothing.
    up(two);
    EXPECT_EQ(count(), 2u);
    up(two);
    EXPECT_TRUE(changes_.empty()) << join(changes_, "\n");
    Stack::DownOptions all;
    all.volumes = true;
    if (random.chance(0.7)) loop_.runTask(stack_->down(project_, &two, all, {}, soon()));
  }
}

TEST_F(StackReal, AMissingProgramIsNamed) {
  const model::Plan wrong = plan("services: {web: {image: 'orbit-stand-in:bookworm', command: [npm, run, dev]}}");
  const Outcome outcome = loop_.runTask(stack_->up(wrong, {}, observer(), soon()));
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(outcome.failures[0].missingProgram, "npm");
  EXPECT_TRUE(outcome.failures[0].error.at.known());
}

TEST_F(StackReal, APortHeldByAnotherProcessIsNamed) {
  const int held = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(held, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(held, 1), 0);
  ASSERT_EQ(getsockname(held, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const model::Plan taken =
      plan("services: {web: {image: 'orbit-stand-in:bookworm', init: true, command: busybox httpd -f -p 80, ports: ['" +
           port + ":80']}}");
  const Outcome outcome = loop_.runTask(stack_->up(taken, {}, observer(), soon()));
  close(held);
  ASSERT_EQ(outcome.failures.size(), 1u);
  const std::string& said = outcome.failures[0].error.message;
  EXPECT_NE(said.find("port " + port), std::string::npos) << said;
  EXPECT_NE(said.find("by a process outside the engine"), std::string::npos) << said;
  // Freed, the next `up` goes on.
  up(taken);
}

}  // namespace
}  // namespace orbit::stack
