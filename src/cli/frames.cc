#include "cli/frames.h"

#include "base/base.h"

namespace orbit::cli {
namespace {
constexpr std::size_t kHeadBytes = 5;
constexpr std::uint32_t kPayloadBytesMax = 1 << 20;
}  // namespace

std::string encodeFrame(Frame::Type type, std::string_view payload) {
  ORBIT_CHECK(payload.size() <= kPayloadBytesMax);
  const auto length = static_cast<std::uint32_t>(payload.size());
  std::string out;
  out.reserve(kHeadBytes + payload.size());
  out += static_cast<char>(type);
  for (unsigned shift : {24U, 16U, 8U, 0U}) out += static_cast<char>((length >> shift) & 0xFFU);
  out += payload;
  return out;
}

Result<std::optional<Frame>> FrameReader::next() {
  if (buffer_.size() - at_ < kHeadBytes) return std::optional<Frame>();
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(buffer_[at_ + i]));
  };
  const std::uint32_t type = byte(0);
  const std::uint32_t length = byte(1) << 24U | byte(2) << 16U | byte(3) << 8U | byte(4);
  if (type > static_cast<std::uint32_t>(Frame::Type::kSignal) || length > kPayloadBytesMax) {
    return Error{.code = Code::kProtocol, .message = "The daemon sent a frame that is none"};
  }
  if (buffer_.size() - at_ < kHeadBytes + length) return std::optional<Frame>();
  Frame frame{static_cast<Frame::Type>(type), buffer_.substr(at_ + kHeadBytes, length)};
  at_ += kHeadBytes + length;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  return std::optional<Frame>(std::move(frame));
}

}  // namespace orbit::cli
