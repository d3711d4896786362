// Records, and the access log that is made of them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "signal/layout.h"
#include "signal/range_lock.h"
#include "signal/test_file.h"

namespace orbit::signal {
namespace {

class RecordsTest : public SignalFile {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
};

TEST_F(RecordsTest, RecordsComeBackAsTheyWere) {
  const auto write = writer();
  const auto read = reader();
  WorkerWriter& worker = write->worker(0);
  worker.series(key("r0"));
  Record record;
  record.wallUs = 5;
  record.kind = Key::Kind::kAttempt;
  record.requestId = {1, 2, 3};
  record.clientHash = 77;
  record.pathHash = 78;
  record.series = worker.series(key("r1"));
  record.sample = outcome(Outcome::kTimeout, 0);
  record.sample.overThreshold = true;
  record.method = "PROPFINDERS";
  record.host = "example.com";
  record.path = "/a";
  record.userAgent = "agent";
  worker.record(record);
  std::string texts;
  const auto seen = read->records(100, texts);
  ASSERT_EQ(seen.size(), 1U);
  const Record& back = seen[0].record;
  EXPECT_EQ(seen[0].key, key("r1"));
  EXPECT_EQ(back.series, 1U);
  EXPECT_EQ(back.wallUs, 5);
  EXPECT_EQ(back.kind, Key::Kind::kAttempt);
  EXPECT_EQ(back.requestId, record.requestId);
  EXPECT_EQ(back.clientHash, 77U);
  EXPECT_EQ(back.pathHash, 78U);
  EXPECT_EQ(back.sample.outcome, Outcome::kTimeout);
  EXPECT_TRUE(back.sample.overThreshold);
  EXPECT_EQ(back.sample.latencyUs, 7U);
  EXPECT_EQ(back.sample.bytesOut, 10U);
  EXPECT_EQ(back.method, "PROPFINDERS");
  EXPECT_EQ(back.host, "example.com");
  EXPECT_EQ(back.path, "/a");
  EXPECT_EQ(back.client, "");
  EXPECT_EQ(back.userAgent, "agent");
  EXPECT_TRUE(read->records(100, texts).empty());
}

TEST_F(RecordsTest, ARequestBringsTheAttemptThatAnsweredIt) {
  const auto write = writer();
  const auto read = reader();
  WorkerWriter& worker = write->worker(0);
  Record record;
  record.wallUs = 5;
  record.requestId = {9};
  record.clientHash = 77;
  record.pathHash = 78;
  record.series = worker.series(key("r1", Key::Kind::kRequest));
  record.sample = answer(200, 900);
  record.sample.probe = true;
  record.path = "/a";
  record.attempt = {worker.series(key("r1")), 204, 800, true};
  worker.record(record);
  std::string texts;
  const auto seen = read->records(1, texts);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].key, key("r1"));
  EXPECT_EQ(seen[1].key, key("r1", Key::Kind::kRequest));
  const Record& attempt = seen[0].record;
  EXPECT_EQ(attempt.kind, Key::Kind::kAttempt);
  EXPECT_EQ(attempt.wallUs, 5);
  EXPECT_EQ(attempt.requestId, record.requestId);
  EXPECT_EQ(attempt.clientHash, 77U);
  EXPECT_EQ(attempt.pathHash, 78U);
  EXPECT_EQ(attempt.sample.status, 204);
  EXPECT_EQ(attempt.sample.outcome, Outcome::kAnswered);
  EXPECT_EQ(attempt.sample.latencyUs, 800U);
  EXPECT_TRUE(attempt.sample.probe);
  EXPECT_EQ(attempt.path, "");
  EXPECT_EQ(seen[1].record.path, "/a");
  EXPECT_EQ(seen[1].record.sample.latencyUs, 900U);
}

// A record of the longest texts, and what else a line of the log has.
TEST_F(RecordsTest, ALoggedRequestKeepsAllOfItsLine) {
  const auto write = writer();
  const auto read = reader();
  const std::string longText(5000, 'x');
  Record record;
  record.series = write->worker(0).series(key("r1", Key::Kind::kRequest));
  record.attempt.series = write->worker(0).series(key("r1"));
  record.logged = true;
  record.protocol = Protocol::kHttp2;
  record.attempts = 300;
  record.upstreamUs = 12;
  record.method = record.host = record.path = record.client = record.userAgent = record.query = record.referer =
      record.givenId = longText;
  std::string texts;
  for (int turn = 0; turn < 20; ++turn) {  // around the ring
    write->worker(0).record(record);
    const auto seen = read->records(100, texts);
    ASSERT_EQ(seen.size(), 1U) << "an attempt that did not answer is in the request's record only";
    const Record& back = seen[0].record;
    EXPECT_TRUE(back.logged);
    EXPECT_EQ(back.attempt.series, 1U);
    EXPECT_EQ(back.protocol, Protocol::kHttp2);
    EXPECT_EQ(back.attempts, 255);
    EXPECT_EQ(back.upstreamUs, 12U);
    EXPECT_EQ(back.method.size(), 128U);
    EXPECT_EQ(back.host.size(), 512U);
    EXPECT_EQ(back.path.size(), 2048U);
    EXPECT_EQ(back.client.size(), 128U);
    EXPECT_EQ(back.userAgent.size(), 512U);
    EXPECT_EQ(back.query.size(), 1024U);
    EXPECT_EQ(back.referer.size(), 1552U);
    EXPECT_EQ(back.givenId, longText.substr(0, 128));
  }
}

TEST_F(RecordsTest, OverwrittenRecordsAreCounted) {
  options_.workers = 2;
  const auto write = writer();
  const auto read = reader();
  std::string texts;
  Record record;
  for (int i = 0; i < 1001; ++i) {
    record.wallUs = i;
    write->worker(static_cast<unsigned>(i % 2)).record(record);
  }
  // 512 cells hold 256 of them; what the writer may overwrite next is not trusted.
  auto seen = read->records(2000, texts);
  EXPECT_EQ(seen.size() + read->recordsDropped(), 1001U);
  EXPECT_GT(seen.size(), 200U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(),
                             [](const auto& a, const auto& b) { return a.record.wallUs < b.record.wallUs; }));
  const std::uint64_t dropped = read->recordsDropped();
  for (int i = 0; i < 10; ++i) write->worker(0).record(record);
  EXPECT_EQ(read->records(6, texts).size(), 3U) << "the share of one worker";
  EXPECT_EQ(read->records(100, texts).size(), 7U);
  EXPECT_EQ(read->recordsDropped(), dropped);
  EXPECT_EQ(read->snapshot().recordsDropped, dropped);
}

// While the log's reader takes something, the writer leaves it alone; and the other way round.
TEST_F(RecordsTest, TheLogHasOneTakerAtATime) {
  const auto write = writer();
  auto log = Reader::open(options_.path, true).value();
  std::vector<std::string> left;
  write->worker(0).keepLog([&left](const AccessLine& line) { left.emplace_back(line.path); });
  Record record;
  record.logged = true;
  record.path = "/a";
  write->worker(0).record(record);
  std::string texts;
  const int other = ::open(options_.path.c_str(), O_RDWR | O_CLOEXEC);
  {
    const RangeLock lock(other, layout::kPage);
    ASSERT_TRUE(lock.held());
    write->worker(0).leaveLog();
    EXPECT_TRUE(left.empty());
    const auto none = log->takeLog(0, 0, texts);
    EXPECT_TRUE(none.lines.empty());
    EXPECT_TRUE(none.more);
  }
  ::close(other);
  ASSERT_EQ(log->takeLog(0, 0, texts).lines.size(), 1U);
  write->worker(0).leaveLog();
  EXPECT_TRUE(left.empty());
  record.logged = false;
  write->worker(0).record(record);
  write->worker(0).leaveLog();
  EXPECT_TRUE(left.empty()) << "not of the log";
}

TEST_F(RecordsTest, ATakerThatComesAgainFindsWhatAFormerOneDidNotKeep) {
  const auto write = writer();
  Record record;
  record.logged = true;
  // Each time the ring, which has gone round, ends elsewhere, and nothing more comes.
  std::uint64_t written = 0;
  for (std::size_t bytes = 1; bytes < 400; bytes += 37) {
    const std::string path(bytes, 'p');
    record.path = path;
    for (int count = 0; count < 300; ++count, ++written) write->worker(0).record(record);
    std::string texts;
    const auto former = Reader::open(options_.path, true);
    ASSERT_TRUE(former.ok());
    std::uint64_t kept = written;
    for (bool more = true; more;) {
      const auto logged = former.value()->takeLog(0, kept, texts);
      kept = logged.until;
      more = logged.more;
    }
    ASSERT_EQ(kept, written);
    const auto log = Reader::open(options_.path, true);
    ASSERT_TRUE(log.ok());
    const auto again = log.value()->takeLog(0, written - 10, texts);
    EXPECT_EQ(again.dropped, 0U) << bytes;
    EXPECT_EQ(again.lines.size(), 10U) << bytes;
    EXPECT_EQ(again.until, written) << bytes;
  }
}

}  // namespace
}  // namespace orbit::signal
