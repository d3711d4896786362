// The store without its thread: restarts at every moment, damage, budgets.
#include "logs/core.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "logs/search.h"

namespace orbit::logs {
namespace {

class CoreTest : public testing::Test {
 protected:
  CoreTest() {
    char name[] = "/tmp/orbit-logs-XXXXXX";
    folder_ = ::mkdtemp(name);
    open();
  }
  ~CoreTest() override {
    core_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open() {
    core_.reset();
    auto made = Core::open({.folder = folder_}, clock_);
    ASSERT_TRUE(made.ok()) << made.error().text();
    core_ = std::move(*made);
  }
  void say(const std::string& text, bool isError = false, bool partial = false) {
    Batch batch;
    batch.add(isError, partial, timeUs_ += 10, text);
    core_->append(key_, source_, batch);
  }
  std::vector<std::string> all(Query query = {}) {
    query.keys = {key_};
    auto search = searchViews(core_->view(query.keys), {}, query, 2);
    EXPECT_TRUE(search.ok());
    std::vector<std::string> out;
    for (auto batch = (*search)->next(); batch.ok() && !batch->empty(); batch = (*search)->next()) {
      for (const auto& entry : *batch) out.push_back(entry.text);
    }
    return out;
  }

  SystemClock clock_;  // ages are by the files' own times
  std::string folder_;
  std::unique_ptr<Core> core_;
  const Key key_{"shop", "development", "web"};
  const Source source_{"c0ffee", "shop-web-1", ""};
  std::int64_t timeUs_ = 1'800'000'000'000'000;
};

TEST_F(CoreTest, WhatWasFlushedIsThereAfterAKillWithItsPosition) {
  say("one");
  say("two");
  ASSERT_TRUE(core_->flush().ok());
  say("never written");
  open();
  EXPECT_EQ(all(), (std::vector<std::string>{"one", "two"}));
  ASSERT_EQ(core_->positions().size(), 1U);
  EXPECT_EQ(core_->positions()[0].position.count, 1U);
  EXPECT_EQ(core_->positions()[0].position.timeUs, 1'800'000'000'000'020);
}

TEST_F(CoreTest, ALineBegunBeforeAKillIsCompletedAfterIt) {
  say("begun ", false, true);
  say("other stream", true);
  ASSERT_TRUE(core_->flush().ok());
  open();
  say("and ended");
  EXPECT_EQ(all(), (std::vector<std::string>{"other stream", "begun and ended"}));
}

TEST_F(CoreTest, BlocksAreSealedAndFoundAfterRestartsAtAnyTime) {
  constexpr int kLines = 60'000;
  for (int line = 0; line < kLines; ++line) {
    say("line " + std::to_string(line) + " of a service that says quite a lot about what it does");
    if (line % 500 == 0) {
      ASSERT_TRUE(core_->flush().ok());
    }
    if (line % 1000 == 0) {
      ASSERT_TRUE(core_->tidy().ok());
    }
    if (line % 7000 == 0) {
      ASSERT_TRUE(core_->flush().ok());
      open();
      EXPECT_TRUE(core_->repairs().empty()) << core_->repairs()[0];
    }
  }
  const auto found = all();
  ASSERT_EQ(found.size(), static_cast<std::size_t>(kLines));
  for (int line = 0; line < kLines; ++line) {
    ASSERT_TRUE(found[static_cast<std::size_t>(line)].starts_with("line " + std::to_string(line) + " of"));
  }
  EXPECT_EQ(all({.grep = "line 4321 of"}).size(), 1U);
  EXPECT_EQ(all({.grep = "line 4321[0-9] of"}).size(), 10U);
  EXPECT_EQ(all({.grep = "nothing-of-the-kind"}).size(), 0U);
  EXPECT_EQ(all({.tail = 3}).size(), 3U);
}

TEST_F(CoreTest, ASearchCanBeLeftInTheMiddle) {
  for (int line = 0; line < 150'000; ++line) {
    say("line " + std::to_string(line) + std::string(60, 'x'));
    if (line % 1000 == 0) {
      ASSERT_TRUE(core_->tidy().ok());
    }
  }
  for (const unsigned threads : {1U, 2U, 5U}) {
    const auto search = searchViews(core_->view({key_}), {}, {}, threads).value();
    const auto first = search->next();
    ASSERT_TRUE(first.ok());
    ASSERT_FALSE(first->empty());
    EXPECT_TRUE(first->front().text.starts_with("line 0x"));
  }
}

TEST_F(CoreTest, ATornJournalCostsItsTailAndIsReported) {
  say("kept");
  ASSERT_TRUE(core_->flush().ok());
  say("torn");
  ASSERT_TRUE(core_->flush().ok());
  core_.reset();
  const std::string journal = folder_ + "/journal";
  std::filesystem::resize_file(journal, std::filesystem::file_size(journal) - 3);
  open();
  EXPECT_EQ(all(), std::vector<std::string>{"kept"});
  EXPECT_EQ(core_->repairs().size(), 1U);
}

TEST_F(CoreTest, WithoutAJournalTheSegmentsAreStillFound) {
  for (int line = 0; line < 30'000; ++line) say("line " + std::to_string(line) + std::string(60, 'x'));
  ASSERT_TRUE(core_->tidy().ok());
  core_.reset();
  std::filesystem::remove(folder_ + "/journal");
  open();
  EXPECT_GT(all().size(), 10'000U);
}

}  // namespace
}  // namespace orbit::logs
