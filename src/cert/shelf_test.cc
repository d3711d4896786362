#include "cert/shelf.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "cert/files.h"

namespace orbit::cert {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000'000;
constexpr std::int64_t kDayUs = 86'400'000'000;

class ShelfTest : public testing::Test {
 protected:
  ShelfTest() { ORBIT_CHECK(mkdtemp(folder_.data()) != nullptr); }
  ~ShelfTest() override { std::filesystem::remove_all(folder_); }

  static Pair make(const std::vector<std::string>& hosts, std::int64_t wallUs = kNow) {
    return Issuer::open(Issuer::makeAuthority(wallUs))->issue(hosts, wallUs);
  }
  std::vector<std::string> names() const { return listFolder(folder_ + "/certificates"); }

  std::string folder_ = "/tmp/orbit-shelf-XXXXXX";
};

TEST_F(ShelfTest, ReplacesWhole) {
  const Pair first = make({"a.test", "b.test"});
  const Pair second = make({"a.test", "b.test"});
  ASSERT_TRUE(shelve(folder_, {"a.test", "b.test"}, "le", "https://le/dir", first).ok());
  ASSERT_TRUE(shelve(folder_, {"b.test", "a.test"}, "le", "https://le/dir", second).ok());
  ASSERT_EQ(names().size(), 1u);
  EXPECT_EQ(names()[0].substr(0, 7), "a.test-");
  const auto kept = loadShelved(folder_, {"a.test", "b.test"}, "le");
  ASSERT_TRUE(kept.ok()) << kept.error().text();
  EXPECT_EQ(kept->certificate->fingerprint(), readFacts(second.chainPem)->fingerprint);
  EXPECT_EQ(kept->directory, "https://le/dir");
  EXPECT_EQ(loadShelved(folder_, {"a.test"}, "le").error().code, Code::kNotFound);
  struct stat found {};
  const std::string key = folder_ + "/certificates/" + names()[0] + "/key.pem";
  ASSERT_EQ(::stat(key.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(ShelfTest, WildcardsHavePlainNames) {
  ASSERT_TRUE(shelve(folder_, {"*.a.test"}, "le", "", make({"*.a.test"})).ok());
  ASSERT_EQ(names().size(), 1u);
  EXPECT_EQ(names()[0].substr(0, 9), "_.a.test-");
}

TEST_F(ShelfTest, WhatAKilledProcessLeft) {
  ASSERT_TRUE(shelve(folder_, {"a.test"}, "le", "", make({"a.test"})).ok());
  ASSERT_TRUE(shelve(folder_, {"b.test"}, "le", "", make({"b.test"})).ok());
  const std::string shelf = folder_ + "/certificates/";
  // Between two renames: the old one aside, the new one not there yet. In the middle of writing: a folder half full.
  std::filesystem::rename(shelf + names()[0], shelf + ".old-0011");
  std::filesystem::create_directories(shelf + ".new-2233");
  ASSERT_TRUE(writeFile(shelf + ".new-2233/chain.pem", "half").ok());
  const auto all = loadShelf(folder_, kNow);
  EXPECT_EQ(all.size(), 2u);
  EXPECT_FALSE(std::filesystem::exists(shelf + ".new-2233"));
}

TEST_F(ShelfTest, ABrokenOneHidesNoOther) {
  ASSERT_TRUE(shelve(folder_, {"a.test"}, "le", "", make({"a.test"})).ok());
  ASSERT_TRUE(shelve(folder_, {"b.test"}, "le", "", make({"b.test"})).ok());
  ASSERT_TRUE(writeFile(folder_ + "/certificates/" + names()[0] + "/key.pem", "broken").ok());
  const auto all = loadShelf(folder_, kNow);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].hosts, std::vector<std::string>{"b.test"});
}

TEST_F(ShelfTest, ThoseThatEndedLongAgoGo) {
  ASSERT_TRUE(shelve(folder_, {"a.test"}, "le", "", make({"a.test"})).ok());
  EXPECT_EQ(loadShelf(folder_, kNow + 410 * kDayUs).size(), 1u);  // ended, but not for a month
  EXPECT_EQ(loadShelf(folder_, kNow + 430 * kDayUs).size(), 0u);
  EXPECT_TRUE(names().empty());
}

TEST_F(ShelfTest, AFolderThatCannotBeWritten) {
  const Status saved = shelve("/proc/nothing", {"a.test"}, "le", "", make({"a.test"}));
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().text().find("PRIVATE"), std::string::npos);
}

TEST_F(ShelfTest, FoldersMadeOnce) {
  EXPECT_TRUE(*makeFolder(folder_ + "/x", {{"a", "1"}}));
  EXPECT_FALSE(*makeFolder(folder_ + "/x", {{"a", "2"}}));
  EXPECT_EQ(*readFile(folder_ + "/x/a", 10), "1");
  EXPECT_EQ(readFile(folder_ + "/x/a", 0).error().code, Code::kLimit);
  EXPECT_EQ(listFolder(folder_), std::vector<std::string>{"x"});
}

}  // namespace
}  // namespace orbit::cert
