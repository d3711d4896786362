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
  // Reads what there is, as one life of the daemon.
  void live() {
    FakeClock clock;
    net::Loop loop(clock);
    auto store = logs::Store::open({.folder = folder_ + "/store"}, clock).value();
    AccessLog log(loop, *store, path(), [] {});
    net::Cancel cancel;
    loop.spawn(log.run(cancel));
    loop.runTask([](net::Loop& on) -> net::Task<void> { static_cast<void>(co_await on.sleep(5s)); }(loop));
    cancel.request();
    loop.run();
    auto search = store->search({.keys = {logs::edgeKey()}}).value();
    found_.clear();
    for (auto batch = search->next(); batch.ok() && !batch->empty(); batch = search->next()) {
      for (const auto& entry : *batch) found_.push_back(entry.text);
    }
  }

  std::string folder_;
  std::vector<std::string> found_;
};

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
