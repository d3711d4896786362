#include "engine/engine.h"
#include "engine/limits.h"

namespace orbit::engine {

Result<std::vector<FrameReader::Piece>> FrameReader::feed(std::string_view bytes) {
  constexpr std::size_t kHeaderBytes = 8;
  constexpr unsigned char kSystemError = 3;  // the engine's own message inside the stream
  std::vector<Piece> pieces;
  if (tty_) {
    if (!bytes.empty()) pieces.push_back({false, std::string(bytes)});
    return pieces;
  }
  pending_ += bytes;
  std::size_t at = 0;
  while (pending_.size() - at >= kHeaderBytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(pending_[at + i]); };
    const std::size_t size =
        std::size_t{byte(4)} << 24 | std::size_t{byte(5)} << 16 | std::size_t{byte(6)} << 8 | byte(7);
    if (byte(0) > kSystemError || byte(1) != 0 || byte(2) != 0 || byte(3) != 0 || size > kFrameBytesMax) {
      return Error{Code::kProtocol, "the engine sent a stream that is not framed as expected"};
    }
    if (pending_.size() - at - kHeaderBytes < size) break;
    if (size > 0) pieces.push_back({byte(0) >= 2, pending_.substr(at + kHeaderBytes, size)});
    at += kHeaderBytes + size;
  }
  pending_.erase(0, at);
  return pieces;
}

}  // namespace orbit::engine
