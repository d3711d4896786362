#include "api/frame_payload.h"

#include <gtest/gtest.h>

namespace orbit::api {
namespace {

TEST(FramePayload, SizesAndSignals) {
  EXPECT_EQ(parseSize("120 40"), std::pair(120, 40));
  for (const char* wrong : {"", "120", "120 ", "a 4", "0 40", "120 40 1", "99999 1", "-1 5"}) {
    EXPECT_FALSE(parseSize(wrong)) << wrong;
  }
  EXPECT_TRUE(isSignalName("SIGINT"));
  EXPECT_FALSE(isSignalName("INT"));
  EXPECT_FALSE(isSignalName("SIG/../x"));
}

}  // namespace
}  // namespace orbit::api
