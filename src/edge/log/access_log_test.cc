#include "edge/log/access_log.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/base.h"
#include "format/format.h"

namespace orbit::edge {
namespace {

using signal::AccessLine;

TEST(AccessLogLine, IsOneJsonDocumentWhateverTheBytes) {
  Random random(2);
  for (int i = 0; i < 3000; ++i) {
    // Mostly ASCII, so that runs of eight plain bytes and lone odd ones meet at every offset.
    std::string bytes(random.below(40), '\0');
    for (char& c : bytes) c = static_cast<char>(random.chance(0.1) ? random.below(256) : 0x20 + random.below(0x60));
    AccessLine made;
    made.path = made.userAgent = made.referer = made.query = bytes;
    std::string line(signal::kLineBytesMax, '\0');
    line.resize(static_cast<std::size_t>(signal::formatJson(made, line.data()) - line.data()));
    const auto parsed = format::parseJson(line);
    ASSERT_TRUE(parsed.ok()) << line;
    bool ascii = true;
    for (const char c : bytes) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii && !bytes.empty()) {
      EXPECT_EQ((*parsed)["path"].asString(), bytes);
      EXPECT_EQ((*parsed)["user_agent"].asString(), bytes);
    }
  }
}

class AccessLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orbit-access-log-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/access.log";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::string textOf(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  static AccessLine line(std::string_view path) {
    AccessLine made;
    made.method = "GET";
    made.path = path;
    made.status = 200;
    return made;
  }

  std::string folder_, path_;
};

TEST_F(AccessLogTest, WritesWhenFlushedWhenFullAndAtTheEnd) {
  auto log = AccessLog::open(path_, false).value();
  log->add(line("/a"));
  EXPECT_EQ(textOf(path_), "");
  log->flush();
  EXPECT_EQ(textOf(path_), "GET /a status=200 duration=0.000s\n");
  log->flush();
  EXPECT_EQ(std::filesystem::file_size(path_), 34U);
  for (int i = 0; i < 8000; ++i) log->add(line("/b"));
  EXPECT_GE(std::filesystem::file_size(path_), 256U * 1024);
  log.reset();
  EXPECT_EQ(std::filesystem::file_size(path_), 34U * 8001);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions() & perms::others_all, perms::none);
}

TEST_F(AccessLogTest, OpensAgainAfterRotation) {
  auto log = AccessLog::open(path_, false).value();
  log->add(line("/old"));
  std::filesystem::rename(path_, path_ + ".1");
  ASSERT_TRUE(log->reopen().ok());
  log->add(line("/new"));
  log->flush();
  EXPECT_EQ(textOf(path_ + ".1"), "GET /old status=200 duration=0.000s\n");
  EXPECT_EQ(textOf(path_), "GET /new status=200 duration=0.000s\n");

  std::filesystem::rename(folder_, folder_ + "-moved");
  const Status failed = log->reopen();
  EXPECT_EQ(failed.ok() ? Code::kInternal : const_cast<Status&>(failed).error().code, Code::kIo);
  log->add(line("/kept"));
  log->flush();
  std::filesystem::rename(folder_ + "-moved", folder_);
  EXPECT_NE(textOf(path_).find("/kept"), std::string::npos);
}

TEST_F(AccessLogTest, FullDiskLosesLinesCountedAndNothingElse) {
  auto log = AccessLog::open("/dev/full", false).value();
  for (int i = 0; i < 10'000; ++i) log->add(line("/x"));
  log->flush();
  EXPECT_EQ(log->dropped(), 10'000U - (256 * 1024 + 33) / 34);
}

// A disk that fills in the middle of a line and has room later: every line is there once, whole, or counted.
TEST_F(AccessLogTest, GoesOnWhenThereIsRoomAgain) {
  auto log = AccessLog::open(path_, false).value();
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{34 * 10 + 5, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  for (int i = 0; i < 20; ++i) log->add(line("/x"));
  log->flush();
  log->flush();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(log->dropped(), 1U);
  EXPECT_EQ(std::filesystem::file_size(path_), 34U * 10 + 5);
  log->add(line("/y"));
  log->flush();
  std::istringstream lines(textOf(path_));
  int whole = 0, torn = 0;
  for (std::string one; std::getline(lines, one);) ++(one.size() == 33 ? whole : torn);
  EXPECT_EQ(whole, 20);
  EXPECT_EQ(torn, 1);
}

TEST_F(AccessLogTest, SaysWhyItCannotBeOpened) {
  auto log = AccessLog::open(folder_ + "/missing/access.log", true);
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code, Code::kIo);
  EXPECT_NE(log.error().message.find("/missing/access.log"), std::string::npos);
}

}  // namespace
}  // namespace orbit::edge
