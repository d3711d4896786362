#include "http/core/frames.h"

namespace orbit::http {
namespace {

constexpr std::size_t kHeadBytes = 5;
constexpr std::uint32_t kPayloadBytesMax = 1024 * 1024;

}  // namespace

std::string encodeFrame(FrameType type, std::string_view payload) {
  ORBIT_CHECK(payload.size() <= kPayloadBytesMax);
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::string frame;
  frame.reserve(kHeadBytes + payload.size());
  frame.push_back(static_cast<char>(type));
  for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(size >> shift & 0xff));
  frame.append(payload);
  return frame;
}

Result<std::vector<Frame>> FrameDecoder::feed(std::string_view bytes) {
  pending_.append(bytes);
  std::vector<Frame> frames;
  std::string_view rest = pending_;
  while (rest.size() >= kHeadBytes) {
    const auto type = static_cast<std::uint8_t>(rest[0]);
    if (type > static_cast<std::uint8_t>(FrameType::kSignal)) {
      return Error{.code = Code::kProtocol, .message = "a frame of unknown type " + std::to_string(type)};
    }
    std::uint32_t size = 0;
    for (std::size_t i = 1; i < kHeadBytes; ++i) size = size << 8 | static_cast<std::uint8_t>(rest[i]);
    if (size > kPayloadBytesMax) {
      return Error{.code = Code::kLimit, .message = "a frame longer than 1 MiB: " + std::to_string(size) + " bytes"};
    }
    if (rest.size() - kHeadBytes < size) break;
    frames.push_back({static_cast<FrameType>(type), std::string(rest.substr(kHeadBytes, size))});
    rest.remove_prefix(kHeadBytes + size);
  }
  pending_.erase(0, pending_.size() - rest.size());
  return frames;
}

}  // namespace orbit::http
