#include "hold/children.h"

#include <gtest/gtest.h>

namespace orbit::hold {
namespace {

using namespace std::chrono_literals;

TEST(RestartDelay, AtOnceThenDoublingToItsLimit) {
  EXPECT_EQ(restartDelay(0), 0ms);
  EXPECT_EQ(restartDelay(1), 0ms);
  EXPECT_EQ(restartDelay(2), 100ms);
  EXPECT_EQ(restartDelay(3), 200ms);
  EXPECT_EQ(restartDelay(8), 5s);
  EXPECT_EQ(restartDelay(1'000'000), 5s);
}

}  // namespace
}  // namespace orbit::hold
