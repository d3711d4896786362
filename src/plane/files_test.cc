#include "plane/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "plane/limits.h"
#include "plane/signal_files.h"
#include "plane/table_files.h"
#include "plane/ticket_file.h"

namespace orbit::plane {
namespace {

class Folder : public testing::Test {
 protected:
  Folder() { ORBIT_CHECK(::mkdtemp(folder_.data()) != nullptr); }
  ~Folder() override { std::filesystem::remove_all(folder_); }
  std::string read(const std::string& name) const { return readFile(folder_ + "/" + name, 1 << 20).value(); }
  void write(const std::string& name, const std::string& bytes) const { std::ofstream(folder_ + "/" + name) << bytes; }

  std::string folder_ = "/tmp/orbit-plane-XXXXXX";
};

Status anything(const std::string&) {
  return {};
}

TEST_F(Folder, TheLastTableComesBack) {
  const TableFiles files(folder_, 1);
  EXPECT_EQ(files.load(anything).text, "");
  EXPECT_TRUE(files.load(anything).warnings.empty());
  for (const std::string text : {"one\n", "", "two: [1]\nno end of line"}) {
    ASSERT_TRUE(files.keep(text).ok());
    EXPECT_EQ(files.load(anything).text, text);
  }
}

TEST_F(Folder, ADamagedTableFallsBackToTheOneBefore) {
  const TableFiles files(folder_, 1);
  ASSERT_TRUE(files.keep("one\n").ok());
  ASSERT_TRUE(files.keep("two\n").ok());
  const std::string whole = read("table");
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    write("table", whole.substr(0, cut));
    const KeptTable kept = files.load(anything);
    EXPECT_EQ(kept.text, "one\n") << cut;
    EXPECT_EQ(kept.warnings.size(), 2U);
  }
  // A damaged one is not made the previous one.
  ASSERT_TRUE(files.keep("three\n").ok());
  write("table", "damaged");
  EXPECT_EQ(files.load(anything).text, "one\n");
  write("table.prev", "damaged too");
  EXPECT_EQ(files.load(anything).text, "");
  EXPECT_EQ(files.load(anything).warnings.size(), 2U);
}

TEST_F(Folder, ATableThatCannotBeServedFallsBackToo) {
  const TableFiles files(folder_, 1);
  ASSERT_TRUE(files.keep("good\n").ok());
  ASSERT_TRUE(files.keep("bad\n").ok());
  const auto good = [](const std::string& text) -> Status {
    if (text == "good\n") return {};
    return Error{Code::kInvalid, "bad"};
  };
  EXPECT_EQ(files.load(good).text, "good\n");
}

TEST_F(Folder, OneGenerationWritesAtATimeAndNoneAfterItsSuccessor) {
  const TableFiles old(folder_, 7), next(folder_, 8);
  auto held = old.lock();
  ASSERT_TRUE(held.ok() && held->valid());
  EXPECT_FALSE(next.lock()->valid());
  held->reset();
  auto taken = next.lock();
  ASSERT_TRUE(taken->valid());
  ASSERT_TRUE(next.takeOver().ok());
  taken->reset();
  EXPECT_EQ(old.lock().error().code, Code::kConflict);
  EXPECT_TRUE(next.lock()->valid());
}

TEST_F(Folder, TicketKeysTurnDailyAndThreeAreKept) {
  TicketFile file(folder_ + "/tickets");
  Status problem;
  std::int64_t nowUs = 1'800'000'000'000'000;
  const std::int64_t hourUs = 3'600'000'000;
  auto before = file.keys(nowUs, problem);
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].size(), kTicketKeyBytes);
  EXPECT_EQ(file.keys(nowUs + 23 * hourUs, problem), before);
  for (std::size_t day = 1; day <= 4; ++day) {
    nowUs += 24 * hourUs;
    const auto now = file.keys(nowUs, problem);
    EXPECT_TRUE(problem.ok());
    EXPECT_EQ(now.size(), std::min<std::size_t>(day + 1, 3));
    EXPECT_NE(now[0], before[0]);
    EXPECT_EQ(now[1], before[0]);
    before = now;
  }
  // Another generation reads the same; a clock that went back makes a new one; a damaged file is begun anew.
  EXPECT_EQ(TicketFile(folder_ + "/tickets").keys(nowUs + 1, problem), before);
  EXPECT_NE(file.keys(nowUs - 10 * hourUs, problem)[0], before[0]);
  write("tickets", "short");
  EXPECT_EQ(file.keys(nowUs, problem).size(), 1U);
  EXPECT_EQ(std::filesystem::status(folder_ + "/tickets").permissions() & std::filesystem::perms::others_all,
            std::filesystem::perms::none);
}

TEST_F(Folder, KeysThatCannotBeKeptAreGoodAllTheSame) {
  TicketFile file(folder_ + "/nowhere/tickets");
  Status problem;
  EXPECT_EQ(file.keys(1, problem).size(), 1U);
  EXPECT_FALSE(problem.ok());
}

TEST_F(Folder, SignalFilesOfTheDeadGoButForTheNewestTwo) {
  for (const char* name : {"1.signals", "2.signals", "3.signals", "4.signals", "5.signals", "9.signals", "x.signals"}) {
    write(name, "");
  }
  const auto living = holdSignalFile(folder_ + "/1.signals");
  removeOldSignalFiles(folder_, 5);
  std::set<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) left.insert(entry.path().filename());
  const std::set<std::string> expected = {"1.signals", "3.signals", "4.signals", "5.signals", "9.signals", "x.signals"};
  EXPECT_EQ(left, expected);
}

}  // namespace
}  // namespace orbit::plane
