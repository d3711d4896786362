// Real signal files, virtual time.
#include "daemon/deploy_evidence.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace orbit::daemon {
namespace {

using namespace std::chrono_literals;
using signal::Key;
using signal::Outcome;

class EvidenceTest : public testing::Test {
 protected:
  EvidenceTest() {
    char name[] = "/tmp/orbit-evidence-XXXXXX";
    EXPECT_NE(::mkdtemp(name), nullptr);
    folder = name;
    begin(1);
  }
  ~EvidenceTest() override {
    cancel.request();
    pass(1ms);
    std::filesystem::remove_all(folder);
  }

  void begin(std::uint64_t generation, const std::string& to = "") {
    signal::WriterOptions options;
    options.path = (to.empty() ? folder : to) + "/" + std::to_string(generation) + ".signals";
    options.generation = generation;
    options.ringCells = 4096;
    auto made = signal::Writer::create(options);
    ASSERT_TRUE(made.ok());
    writer = std::move(*made);
  }
  void watch() {
    watcher = std::make_unique<Watcher>(loop, folder);
    evidence = std::make_unique<ReleaseEvidence>(loop, *watcher);
    loop.spawn(watcher->run(cancel));
  }
  void pass(Duration span) { EXPECT_TRUE(loop.runTask(loop.sleep(span)).ok()); }
  std::vector<verdict::RouteTick> next(const std::string& old = "r1") {
    const net::Wait wait{clock.now() + 5s, nullptr};
    return loop.runTask(evidence->next("shop.production.web", "r2", old, wait));
  }

  void attempt(const std::string& release, int status, std::uint64_t client = 1, Outcome outcome = Outcome::kAnswered,
               const std::string& service = "shop.production.web", const std::string& route = "web.example.com") {
    auto& worker = writer->worker(0);
    for (const auto kind : {Key::Kind::kAttempt, Key::Kind::kRequest}) {
      signal::Record record;
      record.kind = kind;
      record.wallUs = clock.wallUs();
      record.clientHash = client;
      record.pathHash = 7;
      record.sample.status = status;
      record.sample.outcome = outcome;
      record.sample.latencyUs = 5000;
      record.series = worker.series({kind, route, service, release, kind == Key::Kind::kAttempt ? "i1" : ""});
      worker.count(record.series, record.sample);
      worker.record(record);
    }
  }

  FakeClock clock;
  net::Loop loop{clock};
  net::Cancel cancel;
  std::string folder;
  std::unique_ptr<signal::Writer> writer;
  std::unique_ptr<Watcher> watcher;
  std::unique_ptr<ReleaseEvidence> evidence;
};

TEST_F(EvidenceTest, TellsBothSidesByRouteSinceTheLastCall) {
  attempt("r1", 500);  // before anybody looked
  watch();
  pass(1s);
  EXPECT_TRUE(next().empty());
  attempt("r1", 200);
  attempt("r1", 200);
  attempt("r2", 500);
  attempt("r2", 404, 2);
  attempt("r3", 500, 3);
  attempt("r2", 200, 4, Outcome::kAnswered, "shop.production.other");
  attempt("r2", 0, 5, Outcome::kReset, "shop.production.web", "");
  const auto ticks = next();
  ASSERT_EQ(ticks.size(), 2u);
  EXPECT_EQ(ticks[0].route, "inside");
  EXPECT_EQ(ticks[0].fresh.failed(), 1u);
  EXPECT_EQ(ticks[1].route, "web.example.com");
  EXPECT_EQ(ticks[1].old.good, 2u);
  EXPECT_EQ(ticks[1].old.latency.count(), 2u);
  EXPECT_EQ(ticks[1].fresh.attempts, 2u);
  EXPECT_EQ(ticks[1].fresh.failed(), 1u);
  EXPECT_EQ(ticks[1].fresh.refused, 1u);
  EXPECT_FALSE(ticks[1].gap);
  EXPECT_TRUE(next().empty()) << "told once";
}

TEST_F(EvidenceTest, LooksOftenOnlyWhileItIsAsked) {
  watch();
  pass(10500ms);
  EXPECT_EQ(watcher->tick(), 11u);
  Instant began = clock.now();
  next();
  next();
  EXPECT_LE(clock.now() - began, 500ms);
  began = clock.now();
  for (int i = 0; i < 10; ++i) next();
  EXPECT_EQ(clock.now() - began, 2s);
  pass(20s);
  const std::uint64_t before = watcher->tick();
  pass(10s);
  EXPECT_EQ(watcher->tick() - before, 10u);
}

TEST_F(EvidenceTest, RepeatsAndThoseWhoLeftComeFromRecords) {
  watch();
  pass(1s);
  attempt("r2", 500, 9);  // nobody asks yet
  next();
  for (int i = 0; i < 5; ++i) attempt("r2", 500, 1);
  attempt("r2", 500, 2);
  attempt("r1", 0, 3, Outcome::kClientAborted);
  const auto ticks = next();
  ASSERT_EQ(ticks.size(), 1u);
  EXPECT_EQ(ticks[0].fresh.failed(), 6u);
  EXPECT_EQ(ticks[0].fresh.repeats, 4u);
  EXPECT_EQ(ticks[0].old.aborted, 1u);
  EXPECT_EQ(ticks[0].old.aborts.count(), 1u);
}

TEST_F(EvidenceTest, ATcpPortHasNoLatency) {
  watch();
  next();
  attempt("r2", 0, 1, Outcome::kAnswered, "shop.production.web:5432", "");
  attempt("r2", 0, 1, Outcome::kAnswered, "shop.production.website", "");
  const auto ticks = next();
  ASSERT_EQ(ticks.size(), 1u);
  EXPECT_EQ(ticks[0].route, ":5432");
  EXPECT_EQ(ticks[0].fresh.attempts, 1u);
  EXPECT_EQ(ticks[0].fresh.latency.count(), 0u);
}

TEST_F(EvidenceTest, ANewGenerationIsNoGapAndAllOfItCounts) {
  watch();
  pass(1s);
  next();
  attempt("r2", 200);
  writer->finish();
  attempt("r2", 500);
  EXPECT_EQ(next()[0].fresh.attempts, 2u);
  begin(2);
  attempt("r2", 200);
  attempt("r2", 500);
  const auto ticks = next();
  ASSERT_EQ(ticks.size(), 1u);
  EXPECT_EQ(ticks[0].fresh.attempts, 2u);
  EXPECT_FALSE(ticks[0].gap);
  attempt("r2", 200);
  EXPECT_FALSE(next()[0].gap) << "a finished generation is not missed";
}

TEST_F(EvidenceTest, AKilledGenerationIsReadToItsEndAndForgotten) {
  watch();
  pass(1s);
  next();
  const pid_t child = ::fork();
  if (child == 0) {
    begin(2);
    attempt("r2", 500);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(next()[0].fresh.failed(), 1u);
  attempt("r2", 200);
  const auto ticks = next();
  ASSERT_EQ(ticks.size(), 1u);
  EXPECT_EQ(ticks[0].fresh.attempts, 1u);
  EXPECT_FALSE(ticks[0].gap);
}

TEST_F(EvidenceTest, SummarySpansTimeAndNotTicks) {
  watch();
  pass(1s);
  attempt("r2", 200);
  pass(3s);
  for (int i = 0; i < 10; ++i) next();
  attempt("r2", 500);
  pass(1s);
  EXPECT_EQ(evidence->summary("shop.production.web", "r2", 60s).requests, 2u);
  EXPECT_EQ(evidence->summary("shop.production.web", "r2", 60s).errors, 1u);
  EXPECT_NEAR(evidence->summary("shop.production.web", "r2", 60s).p99Ms, 5.0, 0.1);
  EXPECT_EQ(evidence->summary("shop.production.web", "r2", 2s).requests, 1u);
  EXPECT_EQ(evidence->summary("shop.production.web", "r1", 60s).requests, 0u);
}

}  // namespace
}  // namespace orbit::daemon
