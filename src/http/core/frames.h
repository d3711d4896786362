// The frames of an upgraded connection of Orbit's own API (docs/api.md, "Upgrade"): a byte of type, four bytes of
// length, a payload. One piece of code for both ends. Sans-I/O. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::http {

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

}  // namespace orbit::http
