// The frames of an upgraded connection (docs/api.md, "Upgrade"): one byte type, four bytes length, payload.
// Thread rules: one owner; no I/O.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::cli {

struct Frame {
  enum class Type : std::uint8_t {
    kInput = 0,
    kInputEnd = 1,
    kResize = 2,
    kOutput = 3,
    kErrorOutput = 4,
    kExit = 5,
    kProblem = 6,
    kSignal = 7,
  };
  Type type = Type::kInput;
  std::string payload;
};

std::string encodeFrame(Frame::Type type, std::string_view payload);

// Bytes in, frames out.
class FrameReader {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The next whole frame, or nullopt when more bytes are needed. Errors: kProtocol.
  Result<std::optional<Frame>> next();

 private:
  std::string buffer_;
  std::size_t at_ = 0;
};

}  // namespace orbit::cli
