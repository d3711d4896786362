#include "http/pool.h"

#include <gtest/gtest.h>

#include "support/memory_stream.h"

namespace orbit::http {
namespace {

using namespace std::chrono_literals;
using support::MemoryStream;
using support::Peer;

class Pool : public testing::Test {
 protected:
  Pool() : loop_(clock_), first_(loop_), second_(loop_), pool_(std::make_shared<IdlePool>(loop_, 3s)) {}

  FakeClock clock_;
  net::Loop loop_;
  Peer first_, second_;
  std::shared_ptr<IdlePool> pool_;
};

TEST_F(Pool, GivesTheOneUsedLastAndOnlyOnce) {
  pool_->give(Wire(std::make_unique<MemoryStream>(first_)));
  pool_->give(Wire(std::make_unique<MemoryStream>(second_)));
  { EXPECT_TRUE(pool_->take(3s).has_value()); }
  EXPECT_TRUE(second_.dropped);
  EXPECT_FALSE(first_.dropped);
  EXPECT_TRUE(pool_->take(3s).has_value());
  EXPECT_FALSE(pool_->take(3s).has_value());
}

TEST_F(Pool, KeepsForLongerWhatTakesLongToOpen) {
  const auto patient = std::make_shared<IdlePool>(loop_, 45s);
  patient->give(Wire(std::make_unique<MemoryStream>(first_)));
  clock_.advance(40s);
  EXPECT_TRUE(patient->take(45s).has_value());
}

TEST_F(Pool, ClosesWhatWasIdleForThreeSeconds) {
  pool_->give(Wire(std::make_unique<MemoryStream>(first_)));
  const Instant start = clock_.now();
  loop_.run();
  EXPECT_TRUE(first_.dropped);
  EXPECT_EQ(clock_.now() - start, 3s);
}

TEST_F(Pool, KeepsForOthersWhatIsTooOldForThisRequest) {
  pool_->give(Wire(std::make_unique<MemoryStream>(first_)));
  clock_.advance(2s);
  EXPECT_FALSE(pool_->take(1s).has_value());
  EXPECT_TRUE(pool_->take(3s).has_value());
}

TEST_F(Pool, DropsWhatThePeerClosedOrSentUnasked) {
  pool_->give(Wire(std::make_unique<MemoryStream>(first_)));
  pool_->give(Wire(std::make_unique<MemoryStream>(second_)));
  first_.close();
  second_.send("x");
  EXPECT_FALSE(pool_->take(3s).has_value());
  EXPECT_TRUE(first_.dropped && second_.dropped);
}

}  // namespace
}  // namespace orbit::http
