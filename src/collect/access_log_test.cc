// The access log's lines into the store: once each, over restarts and rotation.
#include "collect/access_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace orbit::collect {
namespace {

using namespace std::chrono_literals;

TEST(AccessLog, TheTimeOfALine) {
  EXPECT_EQ(accessTimeUs(R"({"time":"2026-11-24T01:02:10.073714Z","id":"x"})"), 1795482130073714);
  EXPECT_EQ(accessTimeUs(R"({"time":"never"})"), 0);
  EXPECT_EQ(accessTimeUs("GET / status=200 duration=0.1s"), 0);
}

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    char name[] = "/tmp/orbit-access-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~AccessLogTest() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ + "/access.log"; }
  void write(int first, int count) {
    std::ofstream out(path(), std::ios::app);
    for (int line = first; line < first + count; ++line) {
      out << R"({"time":"2026-11-24T01:02:10.073714Z","id":")" << line << "\"}\n";
    }
  }
  static net::Task<void> lookUntilNothing(AccessLog& log) {
    for (bool busy = true; busy;) busy = co_await log.look();
    co_await log.look();
  }
  // Reads what there is, as one life of the daemon.
  void live() {
    FakeClock clock;
    net::Loop loop(clock);
    auto store = logs::Store::open({.folder = folder_ + "/store"}, clock).value();
    AccessLog log(loop, *store, {path(), folder_}, [] {});
    loop.runTask(lookUntilNothing(log));
    auto search = store->search({.keys = {logs::edgeKey()}}).value();
    found_.clear();
    for (auto batch = search->next(); batch.ok() && !batch->empty(); batch = search->next()) {
      for (const auto& entry : *batch) found_.push_back(entry.text);
    }
  }

  // A generation of the edge, with one worker.
  std::unique_ptr<signal::Writer> edge(std::uint64_t generation) {
    signal::WriterOptions options;
    options.path = folder_ + "/" + std::to_string(generation) + ".signals";
    options.generation = generation;
    options.seriesMax = 16;
    options.histogramsMax = 4;
    options.ringCells = 4096;
    auto writer = signal::Writer::create(options).value();
    writer->worker(0).keepLog([this](const signal::AccessLine& line) {
      std::string text(signal::kLineBytesMax, '\0');
      text.resize(static_cast<std::size_t>(signal::formatJson(line, text.data()) - text.data()));
      std::ofstream(path(), std::ios::app) << text;
    });
    return writer;
  }
  static void ask(signal::WorkerWriter& worker, int first, int count) {
    for (int number = first; number < first + count; ++number) {
      const std::string path = "/" + std::to_string(number);
      signal::Record record;
      record.wallUs = 1795482130073714 + number;
      record.series = worker.series({signal::Key::Kind::kRequest, "all", "web", "r1", ""});
      record.attempt.series = worker.series({signal::Key::Kind::kAttempt, "all", "web", "r1", "r1.1"});
      record.logged = true;
      record.path = path;
      worker.record(record);
    }
  }
  // An edge of whose 200 requests a daemon kept 100, took the others, and was killed before the store had them.
  std::unique_ptr<signal::Writer> takenAndNotKept() {
    auto writer = edge(7);
    ask(writer->worker(0), 0, 100);
    live();
    ask(writer->worker(0), 100, 100);
    std::string texts;
    EXPECT_EQ(signal::Reader::open(folder_ + "/7.signals", true).value()->takeLog(0, 100, texts).lines.size(), 100U);
    return writer;
  }
  // Each request from 0 to `count` has one line.
  void expectAll(int count) const {
    std::map<std::string, int> times;
    for (const std::string& line : found_) {
      const auto from = line.find(R"("path":"/)") + 9;
      ++times[line.substr(from, line.find('"', from) - from)];
    }
    EXPECT_EQ(found_.size(), static_cast<std::size_t>(count));
    for (int number = 0; number < count; ++number) EXPECT_EQ(times[std::to_string(number)], 1) << number;
  }

  std::string folder_;
  std::vector<std::string> found_;
};

TEST_F(AccessLogTest, LinesAreMadeOfTheEdgesRecords) {
  const auto writer = edge(7);
  ask(writer->worker(0), 0, 1);
  live();
  ASSERT_EQ(found_.size(), 1U);
  EXPECT_EQ(found_[0],
            R"({"time":"2026-11-24T01:02:10.073714Z","path":"/0","status":0,"outcome":"answered","duration":0.000000,)"
            R"("bytes_in":0,"bytes_out":0,"route":"all","service":"web","release":"r1","instance":"r1.1"})");
  EXPECT_FALSE(std::filesystem::exists(path())) << "nothing was left over";
}

TEST_F(AccessLogTest, EachRequestOnceWhoeverLives) {
  auto writer = edge(7);
  ask(writer->worker(0), 0, 300);
  live();
  expectAll(300);
  ask(writer->worker(0), 300, 5000);  // more than the ring holds, and nobody reads
  live();
  expectAll(5300);
  ask(writer->worker(0), 5300, 10);
  for (int second = 0; second < 4; ++second) writer->worker(0).tick(second);  // nobody came
  ask(writer->worker(0), 5310, 10);
  live();
  expectAll(5320);
  ask(writer->worker(0), 5320, 10);  // and then it is killed
  writer.reset();
  const auto next = edge(8);
  ask(next->worker(0), 5330, 10);
  next->worker(0).leaveLog();
  live();
  expectAll(5340);
  live();
  expectAll(5340);
}

TEST_F(AccessLogTest, WhatWasTakenAndNotKeptIsTakenAgain) {
  const auto writer = takenAndNotKept();
  ask(writer->worker(0), 200, 100);
  writer->worker(0).leaveLog();
  ask(writer->worker(0), 300, 100);
  live();
  expectAll(400);
}

// The same, and the edge was so fast meanwhile that they are gone.
TEST_F(AccessLogTest, WhatWasTakenAndIsOverwrittenIsSaid) {
  const auto writer = takenAndNotKept();
  ask(writer->worker(0), 200, 3000);
  live();
  const auto said = std::find_if(found_.begin(), found_.end(), [](const std::string& line) {
    return line.starts_with("100 requests are missing here");
  });
  ASSERT_NE(said, found_.end());
  found_.erase(said);
  EXPECT_EQ(found_.size(), 3100U);
}

TEST_F(AccessLogTest, WhatIsMissingIsSaid) {
  const auto writer = edge(7);
  ask(writer->worker(0), 0, 10);
  live();
  writer->worker(0).keepLog(nullptr);  // nobody takes what is overwritten
  ask(writer->worker(0), 10, 5000);
  live();
  const auto said = std::find_if(found_.begin(), found_.end(), [](const std::string& line) {
    return line.find(" requests are missing here") != std::string::npos;
  });
  ASSERT_NE(said, found_.end());
  const auto missing = static_cast<std::size_t>(std::atoi(said->c_str()));
  EXPECT_GT(missing, 1000U);
  EXPECT_EQ(found_.size() - 1 + missing, 5010U);
}

TEST_F(AccessLogTest, EachLineOnceOverRestartsAndRotation) {
  write(0, 10);
  live();
  EXPECT_EQ(found_.size(), 10U);
  write(10, 5000);
  live();
  EXPECT_EQ(found_.size(), 5010U);
  std::filesystem::rename(path(), path() + ".1");
  write(5010, 7);
  live();
  ASSERT_EQ(found_.size(), 5017U);
  for (std::size_t line = 0; line < found_.size(); ++line) {
    ASSERT_NE(found_[line].find("\"" + std::to_string(line) + "\""), std::string::npos) << found_[line];
  }
}

}  // namespace
}  // namespace orbit::collect
