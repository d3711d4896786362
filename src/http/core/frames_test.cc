#include "http/core/frames.h"

#include <gtest/gtest.h>

#include "base/base.h"

namespace orbit::http {
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

TEST(Frames, ComeOutOfAnyPieces) {
  const std::string bytes = encodeFrame(FrameType::kOutput, "hello") + encodeFrame(FrameType::kEndOfInput, "") +
                            encodeFrame(FrameType::kExit, "3");
  FrameDecoder decoder;
  std::string seen;
  for (const char byte : bytes) {
    const auto frames = decoder.feed(std::string_view(&byte, 1));
    ASSERT_TRUE(frames.ok());
    for (const auto& frame : *frames) seen += std::to_string(static_cast<int>(frame.type)) + ":" + frame.payload + ";";
  }
  EXPECT_EQ(seen, "3:hello;1:;5:3;");
}

TEST(Frames, RefusesUnknownTypesAndWhatIsTooLong) {
  EXPECT_EQ(FrameDecoder().feed(std::string("\x09\0\0\0\0", 5)).error().code, Code::kProtocol);
  EXPECT_EQ(FrameDecoder().feed(std::string("\0\x7f\0\0\0", 5)).error().code, Code::kLimit);
  EXPECT_FALSE(FrameDecoder().feed(std::string("\x03\x7f\0\0\0", 5)).ok());
}

}  // namespace
}  // namespace orbit::http
