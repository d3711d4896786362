#include "api/frames.h"

#include <gtest/gtest.h>

#include "base/base.h"

namespace orbit::api {
namespace {

TEST(Frames, AnySplitGivesTheSameFrames) {
  const std::string bytes = encodeFrame(FrameType::kInput, "ls\n") + encodeFrame(FrameType::kResize, "120 40") +
                            encodeFrame(FrameType::kEndOfInput, "") +
                            encodeFrame(FrameType::kInput, std::string(300, '\0'));
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    FrameDecoder decoder;
    std::vector<Frame> frames;
    std::string_view rest = bytes;
    while (!rest.empty()) {
      const std::size_t size = std::min<std::size_t>(rest.size(), 1 + random.below(40));
      auto more = decoder.feed(rest.substr(0, size));
      ASSERT_TRUE(more.ok());
      for (auto& frame : *more) frames.push_back(std::move(frame));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(frames.size(), 4u);
    EXPECT_EQ(frames[0].payload, "ls\n");
    EXPECT_EQ(frames[1].type, FrameType::kResize);
    EXPECT_EQ(frames[3].payload.size(), 300u);
  }
}

TEST(Frames, RefusesUnknownTypesAndWhatIsTooLong) {
  EXPECT_EQ(FrameDecoder().feed(std::string("\x09\0\0\0\0", 5)).error().code, Code::kProtocol);
  EXPECT_EQ(FrameDecoder().feed(std::string("\0\x7f\0\0\0", 5)).error().code, Code::kLimit);
}

TEST(Frames, SizesAndSignals) {
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
