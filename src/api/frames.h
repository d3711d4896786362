// The frames of an upgraded exec or attach (docs/api.md, "Upgrade"): a byte of type, four bytes of length, a payload.
// Sans-I/O. Private to api. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orbit::api {

enum class FrameType : std::uint8_t {
  kInput = 0,
  kEndOfInput = 1,
  kResize = 2,
  kOutput = 3,
  kErrorOutput = 4,
  kExit = 5,
  kProblem = 6,
  kSignal = 7,
};

struct Frame {
  FrameType type = FrameType::kInput;
  std::string payload;
};

std::string encodeFrame(FrameType type, std::string_view payload);

class FrameDecoder {
 public:
  // The frames that are complete now. Errors: kProtocol for an unknown type, kLimit for one longer than 1 MiB.
  Result<std::vector<Frame>> feed(std::string_view bytes);

 private:
  std::string pending_;
};

// "120 40" → columns and rows, each 1 to 10,000; nothing for any other text.
std::optional<std::pair<int, int>> parseSize(std::string_view text);
// "SIGINT", "SIGRTMIN+3": what kill() would know by name.
bool isSignalName(std::string_view text);

}  // namespace orbit::api
