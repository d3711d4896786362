#include "signal/signal.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "signal/layout.h"
#include "signal/test_file.h"

namespace orbit::signal {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;

class SignalTest : public SignalFile {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
};

TEST_F(SignalTest, CountsWhatHappened) {
  const auto write = writer();
  WorkerWriter& worker = write->worker(0);
  const SeriesId requests = worker.series(key("", Key::Kind::kRequest));
  const SeriesId attempts = worker.series(key("r1"));
  EXPECT_NE(requests, attempts);
  EXPECT_EQ(worker.series(key("r1")), attempts);
  for (const SeriesId id : {requests, attempts}) {
    worker.count(id, answer(200, 1000));
    worker.count(id, answer(404, 2000));
    worker.count(id, answer(502, 3000));
    worker.count(id, outcome(Outcome::kClientAborted, 200));
    worker.count(id, outcome(Outcome::kClientAborted, 500));
    worker.count(id, outcome(Outcome::kBroken, 200));
    Sample probe = answer(500, 1);
    probe.probe = true;
    worker.count(id, probe);
  }
  worker.count(attempts, outcome(Outcome::kConnectFailed));
  worker.count(attempts, outcome(Outcome::kShielded, 500));
  Sample slow = answer(200, 9000);
  slow.overThreshold = true;
  worker.count(requests, slow);
  worker.count(kNoSeries, slow);

  const Snapshot seen = reader()->snapshot();
  EXPECT_EQ(seen.generation, 42U);
  EXPECT_EQ(seen.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_FALSE(seen.finished);
  EXPECT_EQ(seen.samplesDropped, 1U);
  ASSERT_EQ(seen.series.size(), 2U);
  const SeriesTotals& request = seen.series[0];
  EXPECT_EQ(request.key, key("", Key::Kind::kRequest));
  EXPECT_EQ(request.counters.count(), 7U);
  EXPECT_EQ(request.counters.byClass, (std::array<std::uint64_t, 6>{0, 0, 4, 0, 1, 2}));
  EXPECT_EQ(request.counters.errors, 2U) << "the 502 and the broken one; no client abort";
  EXPECT_EQ(request.counters.overThreshold, 1U);
  EXPECT_EQ(request.counters.latencySumUs, 15'000U);
  EXPECT_EQ(request.counters.bytesOut, 70U);
  EXPECT_EQ(request.counters.probes, 1U);
  EXPECT_EQ(request.latency.count(), 4U) << "whole answers only";
  EXPECT_EQ(request.latency.countIn(Histogram::bucketOf(9000)), 1U);
  const SeriesTotals& attempt = seen.series[1];
  EXPECT_EQ(attempt.key, key("r1"));
  EXPECT_EQ(attempt.counters.errors, 5U) << "502, a 500 nobody waited for, broken, refused, shielded";
  EXPECT_EQ(attempt.counters.byOutcome, (std::array<std::uint64_t, kOutcomes>{3, 2, 1, 1, 0, 0, 1}));

  write->finish();
  EXPECT_TRUE(reader()->snapshot().finished);
}

TEST_F(SignalTest, FileIsPrivateSparseAndReplacedWhole) {
  options_.seriesMax = 16'384;
  options_.histogramsMax = 1024;
  const auto first = writer();
  const auto old = reader();
  struct stat info {};
  ASSERT_EQ(stat(options_.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  EXPECT_GT(info.st_size, 16 << 20);
  EXPECT_LT(info.st_blocks * 512, 1 << 20);
  options_.generation = 43;
  const auto second = writer();
  EXPECT_EQ(old->snapshot().generation, 42U);
  EXPECT_EQ(reader()->snapshot().generation, 43U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SignalTest, WorkersAreSummed) {
  options_.workers = 3;
  const auto write = writer();
  for (unsigned at = 0; at < 3; ++at) {
    // Each meets the series in another order.
    for (unsigned turn = 0; turn < 3; ++turn) {
      const SeriesId id = write->worker(at).series(key("r" + std::to_string((at + turn) % 3)));
      write->worker(at).count(id, answer(200, 1 + (at + turn) % 3));
    }
  }
  const Snapshot seen = reader()->snapshot();
  ASSERT_EQ(seen.series.size(), 3U);
  for (const SeriesTotals& one : seen.series) {
    EXPECT_EQ(one.counters.count(), 3U);
    EXPECT_EQ(one.latency.count(), 3U);
    EXPECT_EQ(one.counters.latencySumUs, 3 * (1 + std::stoul(one.key.release.substr(1))));
  }
}

TEST_F(SignalTest, FullAreasDropAndCount) {
  const auto write = writer();
  WorkerWriter& worker = write->worker(0);
  for (int i = 0; i < 64; ++i) {
    const SeriesId id = worker.series(key("r" + std::to_string(i)));
    ASSERT_NE(id, kNoSeries);
    worker.count(id, answer(200, 100));
  }
  EXPECT_EQ(worker.series(key("one more")), kNoSeries);
  const Snapshot seen = reader()->snapshot();
  EXPECT_EQ(seen.series.size(), 64U);
  EXPECT_EQ(seen.latenciesDropped, 60U) << "four histograms";
  std::uint64_t latencies = 0;
  for (const SeriesTotals& one : seen.series) latencies += one.latency.count();
  EXPECT_EQ(latencies, 4U);
}

TEST_F(SignalTest, LongKeysAreCutAndTextsAreBounded) {
  options_.seriesMax = 64;
  const auto write = writer();
  const std::string longText(300, 'x');
  int made = 0;
  for (; made < 64; ++made) {
    const Key one{Key::Kind::kRequest, std::to_string(made) + longText, longText, longText, longText};
    if (write->worker(0).series(one) == kNoSeries) break;
  }
  EXPECT_EQ(made, 8192 / 800);
  const Snapshot seen = reader()->snapshot();
  EXPECT_EQ(seen.series.at(3).key.route, "3" + longText.substr(0, 199));
}

TEST_F(SignalTest, IdleHistogramsAreGivenBackAndNoCountGoesBack) {
  options_.histogramsMax = 1;
  const auto write = writer();
  const auto read = reader();
  WorkerWriter& worker = write->worker(0);
  const SeriesId a = worker.series(key("a")), b = worker.series(key("b"));
  std::int64_t now = 1'000 * kMinuteUs;
  worker.tick(now);
  for (int i = 0; i < 5; ++i) worker.count(a, answer(200, 1000));
  worker.count(b, answer(200, 2000));
  Snapshot seen = read->snapshot();
  EXPECT_EQ(seen.series[0].latency.count(), 5U);
  EXPECT_EQ(seen.series[1].latency.count(), 0U);
  EXPECT_EQ(seen.latenciesDropped, 1U);

  now += 1000 * kMinuteUs;  // a step of the clock is one minute at most
  worker.tick(now);
  worker.count(b, answer(200, 2000));
  EXPECT_EQ(read->snapshot().latenciesDropped, 2U);
  for (int minute = 0; minute < 11; ++minute) worker.tick(now += kMinuteUs);
  worker.count(b, answer(200, 2000));
  seen = read->snapshot();
  EXPECT_EQ(seen.series[0].latency.count(), 5U) << "kept by the reader";
  EXPECT_EQ(seen.series[1].latency.count(), 1U);
  EXPECT_EQ(seen.series[1].latency.countIn(Histogram::bucketOf(2000)), 1U);
  EXPECT_EQ(seen.series[1].latency.countIn(Histogram::bucketOf(1000)), 0U);

  // And to and fro.
  for (std::uint64_t turn = 1; turn <= 3; ++turn) {
    for (int minute = 0; minute < 11; ++minute) worker.tick(now += kMinuteUs);
    worker.count(a, answer(200, 1000));
    EXPECT_EQ(read->snapshot().series[0].latency.count(), 5 + turn);
    for (int minute = 0; minute < 11; ++minute) worker.tick(now += kMinuteUs);
    worker.count(b, answer(200, 2000));
    EXPECT_EQ(read->snapshot().series[1].latency.count(), 1 + turn);
  }
  EXPECT_EQ(reader()->snapshot().series[0].latency.count(), 0U) << "a reader that came later has the counters only";
  EXPECT_EQ(reader()->snapshot().series[0].counters.count(), 8U);
}

TEST_F(SignalTest, RefusesWhatIsNotOurs) {
  EXPECT_EQ(Reader::open(options_.path).error().code, Code::kNotFound);
  EXPECT_EQ(Reader::open(folder_).error().code, Code::kInvalid);
  { const auto write = writer(); }
  const auto patch = [this](off_t offset, std::uint32_t value) {
    FILE* file = fopen(options_.path.c_str(), "r+");
    pwrite(fileno(file), &value, sizeof value, offset);
    fclose(file);
    return Reader::open(options_.path);
  };
  EXPECT_TRUE(Reader::open(options_.path).ok());
  EXPECT_EQ(patch(offsetof(layout::FileHeader, version), 1).error().code, Code::kUnsupported);
  EXPECT_TRUE(patch(offsetof(layout::FileHeader, version), layout::kVersion).ok());
  EXPECT_EQ(patch(offsetof(layout::FileHeader, seriesMax), 1U << 31U).error().code, Code::kInvalid);
  EXPECT_EQ(patch(offsetof(layout::FileHeader, seriesMax), 1U << 19U).error().code, Code::kInvalid) << "too short";
  EXPECT_EQ(patch(offsetof(layout::FileHeader, seriesMax), 0).error().code, Code::kInvalid);
  EXPECT_EQ(patch(0, 0).error().code, Code::kInvalid);
}

TEST_F(SignalTest, AFileCutShortUnderTheReaderIsNoCrash) {
  const auto write = writer();
  write->worker(0).count(write->worker(0).series(key("r1")), answer(200, 5));
  const auto read = reader();
  EXPECT_EQ(read->snapshot().series.at(0).counters.count(), 1U);
  // From a copy, as the writer must not lose its pages.
  std::filesystem::copy(options_.path, options_.path + ".copy");
  auto copy = Reader::open(options_.path + ".copy").value();
  copy->snapshot();
  ASSERT_EQ(truncate((options_.path + ".copy").c_str(), 4100), 0);
  std::string texts;
  EXPECT_EQ(copy->snapshot().series.at(0).counters.count(), 1U) << "what is known stays";
  EXPECT_TRUE(copy->records(10, texts).empty());
}

TEST_F(SignalTest, SaysWhyItCannotBeMade) {
  options_.path = folder_ + "/missing/signal";
  EXPECT_EQ(Writer::create(options_).error().code, Code::kIo);
  options_.workers = 0;
  EXPECT_EQ(Writer::create(options_).error().code, Code::kInvalid);
}

TEST_F(SignalTest, APulseTellsWhetherASnapshotWouldSayMore) {
  const auto write = writer();
  const auto read = reader();
  const Reader::Pulse before = read->pulse();
  EXPECT_EQ(before.pid, static_cast<std::uint32_t>(::getpid()));
  EXPECT_EQ(read->pulse(), before);
  Record record;
  record.series = write->worker(0).series(key("r1"));
  write->worker(0).count(record.series, answer(200, 10));
  const Reader::Pulse counted = read->pulse();
  EXPECT_NE(counted, before);
  write->worker(0).record(record);
  EXPECT_NE(read->pulse(), counted);
  EXPECT_FALSE(read->pulse().finished);
  write->finish();
  EXPECT_TRUE(read->pulse().finished);
}

TEST_F(SignalTest, GenerationsComeAndGo) {
  Generations generations(folder_);
  generations.look();
  EXPECT_TRUE(generations.readers().empty());
  options_.path = folder_ + "/7.signals";
  const auto seven = writer();
  for (const char* other : {"/x.signals", "/8x.signals", "/8.signal", "/9.signals"}) {
    std::FILE* file = std::fopen((folder_ + other).c_str(), "w");
    ASSERT_NE(file, nullptr);
    std::fclose(file);
  }
  generations.look();
  ASSERT_EQ(generations.readers().size(), 1u) << "9 is empty still";
  const Reader* const known = generations.readers().at(7).get();
  options_.path = folder_ + "/9.signals";
  const auto nine = writer();
  generations.look();
  ASSERT_EQ(generations.readers().size(), 2u);
  EXPECT_EQ(generations.readers().at(7).get(), known) << "opened once";
  std::filesystem::remove(folder_ + "/7.signals");
  generations.look();
  EXPECT_EQ(generations.readers().size(), 1u);
  Generations nowhere(folder_ + "/none");
  nowhere.look();
  EXPECT_TRUE(nowhere.readers().empty());
}

}  // namespace
}  // namespace orbit::signal
