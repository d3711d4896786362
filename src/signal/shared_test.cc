// Writers and readers that run at the same time: threads (TSan sees them), and processes killed at any instruction.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "signal/layout.h"
#include "signal/test_file.h"

namespace orbit::signal {
namespace {

constexpr int kSeries = 5;

class SharedTest : public SignalFile {
 protected:
  void SetUp() override {
    SignalFile::SetUp();
    options_.histogramsMax = 8;
    options_.ringCells = 1024;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Key key(int at) { return Key{Key::Kind::kAttempt, "web", "web", "r" + std::to_string(at), "i"}; }

  // The `turn`th thing a worker says; checkRecord knows it again.
  static void say(WorkerWriter& worker, std::uint64_t turn) {
    const auto series = static_cast<int>(turn % kSeries);
    Record record;
    record.series = worker.series(key(series));
    record.sample.status = turn % 3 == 0 ? 500 : 200;
    record.sample.latencyUs = turn % 1000;
    record.clientHash = turn;
    record.pathHash = ~turn;
    const std::string path = "/" + std::to_string(turn) + std::string(turn % 90, 'x');
    record.path = path;
    worker.count(record.series, record.sample);
    worker.record(record);
  }
  static void checkRecord(const Reader::Seen& seen) {
    const std::uint64_t turn = seen.record.clientHash;
    ASSERT_EQ(seen.record.pathHash, ~turn);
    ASSERT_EQ(seen.record.path, "/" + std::to_string(turn) + std::string(turn % 90, 'x'));
    ASSERT_EQ(seen.key, key(static_cast<int>(turn % kSeries)));
    ASSERT_EQ(seen.record.sample.latencyUs, turn % 1000);
  }
  static std::uint64_t total(const Snapshot& snapshot) {
    std::uint64_t sum = 0;
    for (const SeriesTotals& one : snapshot.series) sum += one.counters.count();
    return sum;
  }
  // What must hold of each snapshot, whatever the writer is doing.
  static void checkGrowth(const Snapshot& before, const Snapshot& now) {
    ASSERT_GE(now.series.size(), before.series.size());
    for (std::size_t at = 0; at < now.series.size(); ++at) {
      const SeriesTotals& one = now.series[at];
      ASSERT_EQ(one.key, key(one.key.release[1] - '0'));
      ASSERT_LE(one.counters.errors, one.counters.count());
      ASSERT_GE(one.latency.count() + now.latenciesDropped, one.counters.count());
      if (at >= before.series.size()) continue;
      ASSERT_EQ(one.key, before.series[at].key);
      ASSERT_GE(one.counters.count(), before.series[at].counters.count());
      ASSERT_EQ(before.series[at].latency.since(one.latency).count(), 0U) << "a histogram went back";
    }
  }
};

TEST_F(SharedTest, TwoThreadsWriteAndOneReads) {
  options_.workers = 2;
  const auto write = Writer::create(options_).value();
  const auto read = Reader::open(options_.path).value();
  constexpr std::uint64_t kTurns = 30'000;
  std::atomic<int> running{2};
  std::vector<std::thread> threads;
  for (unsigned at = 0; at < 2; ++at) {
    threads.emplace_back([&, at] {
      for (std::uint64_t turn = 0; turn < kTurns; ++turn) say(write->worker(at), turn);
      --running;
    });
  }
  Snapshot before;
  std::string texts;
  std::uint64_t records = 0;
  const auto look = [&] {
    Snapshot now = read->snapshot();
    checkGrowth(before, now);
    before = std::move(now);
    for (const auto& seen : read->records(10'000, texts)) {
      checkRecord(seen);
      ++records;
    }
  };
  while (running > 0) look();
  for (auto& thread : threads) thread.join();
  look();
  EXPECT_EQ(total(before), 2 * kTurns);
  EXPECT_EQ(records + read->recordsDropped(), 2 * kTurns);
  for (const SeriesTotals& one : before.series) {
    EXPECT_EQ(one.latency.count(), 2 * kTurns / kSeries);
    EXPECT_EQ(one.counters.errors, 2 * kTurns / kSeries / 3);
  }
}

// The log's reader takes what it can, its writer leaves the rest over: each record to one of them, or told as lost (the
// writer laps a ring so small while the reader has it).
TEST_F(SharedTest, NoLineOfTheLogIsDoubledBetweenItsTakers) {
  const auto write = Writer::create(options_).value();
  const auto read = Reader::open(options_.path, true).value();
  constexpr std::uint64_t kTurns = 100'000;
  std::vector<int> times(kTurns);
  std::atomic<bool> running{true};
  std::vector<std::uint64_t> left;
  std::thread thread([&] {
    WorkerWriter& worker = write->worker(0);
    worker.keepLog([&left](const AccessLine& line) { left.push_back(std::stoull(std::string(line.path))); });
    Record record;
    record.logged = true;
    for (std::uint64_t turn = 0; turn < kTurns; ++turn) {
      const std::string path = std::to_string(turn);
      record.path = path;
      worker.record(record);
    }
    running = false;
  });
  std::uint64_t since = 0, dropped = 0, taken = 0;
  std::string texts;
  const auto take = [&] {
    const auto logged = read->takeLog(0, since, texts);
    EXPECT_GE(logged.until, since);
    since = logged.until;
    dropped += logged.dropped;
    for (const AccessLine& line : logged.lines) ++times.at(std::stoull(std::string(line.path)));
    taken += logged.lines.size();
  };
  while (running) take();
  thread.join();
  take();
  take();
  EXPECT_GT(taken, 0U);
  for (const std::uint64_t turn : left) ++times.at(turn);
  EXPECT_EQ(std::count(times.begin(), times.end(), 1) + static_cast<std::ptrdiff_t>(dropped),
            static_cast<std::ptrdiff_t>(kTurns));
  EXPECT_EQ(*std::max_element(times.begin(), times.end()), 1);
}

TEST_F(SharedTest, HistogramsChangeHandsUnderTheReader) {
  // Three series in turn share two histograms; "ten minutes" pass in ten ticks, often between two looks.
  options_.histogramsMax = 2;
  const auto write = Writer::create(options_).value();
  const auto read = Reader::open(options_.path).value();
  std::atomic<bool> running{true};
  std::thread thread([&] {
    WorkerWriter& worker = write->worker(0);
    std::int64_t wallUs = 1;
    for (std::uint64_t turn = 0; turn < 3000; ++turn) {
      const SeriesId id = worker.series(key(static_cast<int>(turn % 3)));
      Sample sample;
      sample.status = 200;
      sample.latencyUs = 1000 * (turn % 3 + 1);
      worker.count(id, sample);
      for (int i = 0; i < 6; ++i) worker.tick(wallUs += 60'000'000);
    }
    running = false;
  });
  Snapshot before;
  while (running) {
    Snapshot now = read->snapshot();
    for (std::size_t at = 0; at < before.series.size(); ++at) {
      EXPECT_EQ(before.series[at].latency.since(now.series[at].latency).count(), 0U);
      EXPECT_LE(now.series[at].latency.count(), now.series[at].counters.count() + 1);
      const auto value = 1000ULL * static_cast<unsigned>(now.series[at].key.release[1] - '0' + 1);
      EXPECT_EQ(now.series[at].latency.countIn(Histogram::bucketOf(value)), now.series[at].latency.count())
          << "another series' counts";
    }
    before = std::move(now);
  }
  thread.join();
}

// The latency and the class of an answer are counted, its outcome is not yet: the histogram was taken for the one of
// before, since the outcome is what told whether to look.
TEST_F(SharedTest, AWriterKilledBetweenTwoCountersLeavesTheLatencyToo) {
  const auto write = Writer::create(options_).value();
  const auto read = Reader::open(options_.path).value();
  say(write->worker(0), 1);  // of the first series, in the first slab
  ASSERT_EQ(read->snapshot().series.at(0).latency.count(), 1U);
  const auto places = layout::placesOf(options_.seriesMax, options_.histogramsMax, options_.ringCells);
  const std::uint64_t area = layout::kPage;
  const std::uint64_t classAt = area + places.series + offsetof(layout::SeriesCopy, counters) +
                                offsetof(layout::EntryCounters<std::uint64_t>, byClass) + 2 * sizeof(std::uint64_t);
  const std::uint64_t bucketAt = area + places.slabs + Histogram::bucketOf(1) * sizeof(std::uint64_t);
  const int file = ::open(options_.path.c_str(), O_RDWR | O_CLOEXEC);
  for (const std::uint64_t at : {bucketAt, classAt}) {
    std::uint64_t value = 0;
    ASSERT_EQ(::pread(file, &value, sizeof value, static_cast<off_t>(at)), static_cast<ssize_t>(sizeof value));
    ASSERT_EQ(value, 1U);
    ++value;
    ASSERT_EQ(::pwrite(file, &value, sizeof value, static_cast<off_t>(at)), static_cast<ssize_t>(sizeof value));
  }
  ::close(file);
  const Snapshot now = read->snapshot();
  EXPECT_EQ(now.series.at(0).counters.count(), 2U);
  EXPECT_EQ(now.series.at(0).latency.count(), 2U);
}

TEST_F(SharedTest, AWriterKilledAtAnyInstructionLeavesWhatItSaid) {
  for (int round = 0; round < 20; ++round) {
    SCOPED_TRACE(round);
    options_.generation = static_cast<std::uint64_t>(round);
    const auto write = Writer::create(options_).value();
    const auto read = Reader::open(options_.path).value();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (std::uint64_t turn = 0;; ++turn) say(write->worker(0), turn);
    }
    Snapshot before;
    std::string texts;
    std::uint64_t records = 0;
    const auto look = [&] {
      Snapshot now = read->snapshot();
      checkGrowth(before, now);
      before = std::move(now);
      for (const auto& seen : read->records(100, texts)) {
        checkRecord(seen);
        ++records;
      }
    };
    while (total(before) < 500U + 37U * static_cast<unsigned>(round)) look();
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    look();
    const std::uint64_t counted = total(before);
    std::size_t more = 1;
    while (more > 0) {
      more = read->records(100, texts).size();
      records += more;
    }
    const std::uint64_t said = records + read->recordsDropped();
    EXPECT_TRUE(said == counted || said + 1 == counted) << said << " records, " << counted << " counted";
    EXPECT_FALSE(before.finished);
    std::filesystem::remove(options_.path);
  }
}

}  // namespace
}  // namespace orbit::signal
