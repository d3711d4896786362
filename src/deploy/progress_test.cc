#include "deploy/progress.h"

#include <gtest/gtest.h>

#include "deploy/limits.h"

namespace orbit::deploy {
namespace {

class ProgressTest : public ::testing::Test {
 protected:
  ProgressTest() : loop_(clock_), progress_(loop_) {
    observer_.event = [this](const Event& event) { heard_.push_back(event.text); };
  }
  void tell(const std::string& text) { progress_.tell({.text = text}); }
  Outcome follow(Stage until) { return loop_.runTask(progress_.follow(12, until, observer_, {})); }

  FakeClock clock_;
  net::Loop loop_;
  Progress progress_;
  Observer observer_;
  std::vector<std::string> heard_;
};

TEST_F(ProgressTest, WhoComesLateHearsAll) {
  tell("one");
  tell("two");
  progress_.reach(Stage::kShare, "live");
  const Outcome outcome = follow(Stage::kShare);
  EXPECT_EQ(outcome.group, 12);
  EXPECT_EQ(outcome.stage, Stage::kShare);
  EXPECT_EQ(outcome.summary, "live");
  EXPECT_EQ(heard_, (std::vector<std::string>{"one", "two"}));
}

TEST_F(ProgressTest, FollowsUntilTheStageIsReached) {
  const auto later = [](net::Loop* loop, Progress* progress) -> net::Task<void> {
    static_cast<void>(co_await loop->sleep(std::chrono::seconds(3)));
    progress->tell({.text = "three"});
    progress->reach(Stage::kPromoted, "");
  };
  progress_.reach(Stage::kShare, "live");
  loop_.spawn(later(&loop_, &progress_));
  EXPECT_EQ(follow(Stage::kPromoted).stage, Stage::kPromoted);
  EXPECT_EQ(heard_, std::vector<std::string>{"three"});
}

TEST_F(ProgressTest, AnEndIsAnEndWhateverIsWaitedFor) {
  stack::Failure failure;
  failure.service = "web";
  progress_.fail(failure);
  progress_.reach(Stage::kTakenBack, "it fails");
  const Outcome outcome = follow(Stage::kSettled);
  EXPECT_EQ(outcome.stage, Stage::kTakenBack);
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_TRUE(progress_.over());
}

TEST_F(ProgressTest, KeepsTheNewestOnly) {
  for (std::size_t i = 0; i < kEventsKept + 10; ++i) tell(std::to_string(i));
  progress_.reach(Stage::kSettled, "");
  follow(Stage::kSettled);
  ASSERT_EQ(heard_.size(), kEventsKept);
  EXPECT_EQ(heard_.front(), "10");
}

}  // namespace
}  // namespace orbit::deploy
