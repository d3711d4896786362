#include "http/core/h2_guard.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

namespace orbit::http {
namespace {

constexpr std::chrono::seconds kWindow{30};
constexpr std::size_t kBlockSlackBytes = 16 * 1024;  // one frame above what a header list may have

}  // namespace

bool H2Guard::Rate::add(Instant now, std::uint32_t most) {
  if (now - since_ >= kWindow) {
    since_ = now;
    count_ = 0;
  }
  return ++count_ > most;
}

std::optional<std::uint32_t> H2Guard::onFrame(const H2Frame& frame, bool open, Instant now) {
  const bool ack = (frame.flags & NGHTTP2_FLAG_ACK) != 0;
  bool useless = false;
  switch (frame.type) {
    case NGHTTP2_HEADERS:
      return onHeaders(frame, open);
    case NGHTTP2_CONTINUATION:
      blockBytes_ += frame.size;
      if (++continuations_ > limits_.continuationsMax || blockBytes_ > limits_.headerListBytesMax + kBlockSlackBytes) {
        return NGHTTP2_ENHANCE_YOUR_CALM;
      }
      return std::nullopt;
    case NGHTTP2_DATA:
      if (!open) return onClosedStream(frame);
      useless = frame.size == 0 && (frame.flags & NGHTTP2_FLAG_END_STREAM) == 0;
      break;
    case NGHTTP2_RST_STREAM:
      if (resets_.add(now, limits_.resetsMax)) return NGHTTP2_ENHANCE_YOUR_CALM;
      return std::nullopt;
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
      useless = true;
      if (!ack && ++answersQueued_ > limits_.controlFramesMax) return NGHTTP2_ENHANCE_YOUR_CALM;
      break;
    case NGHTTP2_PRIORITY:
      if (const auto code = onPriority(frame)) return code;
      useless = true;
      break;
    case NGHTTP2_WINDOW_UPDATE:
    case NGHTTP2_GOAWAY:
      break;
    default:
      useless = true;
  }
  if (useless && useless_.add(now, limits_.uselessFramesMax)) return NGHTTP2_ENHANCE_YOUR_CALM;
  return std::nullopt;
}

std::optional<std::uint32_t> H2Guard::onHeaders(const H2Frame& frame, bool open) {
  continuations_ = 0;
  blockBytes_ = frame.size;
  if (open || frame.stream <= 0 || frame.stream % 2 == 0) return std::nullopt;
  if (frame.stream <= highest_) return onClosedStream(frame);
  if (frame.stream > highest_ + 2) {
    gaps_[gapsNext_++ % gaps_.size()] = {highest_ == 0 ? 1 : highest_ + 2, frame.stream - 2};
  }
  highest_ = frame.stream;
  return std::nullopt;
}

// RFC 9113 6.3, and RFC 7540 5.3.1 for the dependency on itself. Priorities of this kind are not used here, so nghttp2
// does not look at them.
std::optional<std::uint32_t> H2Guard::onPriority(const H2Frame& frame) {
  constexpr std::size_t kBytes = 5;
  if (frame.stream == 0) return NGHTTP2_PROTOCOL_ERROR;
  if (frame.size != kBytes) return NGHTTP2_FRAME_SIZE_ERROR;
  if (frame.dependsOn == static_cast<std::uint32_t>(frame.stream)) return NGHTTP2_PROTOCOL_ERROR;
  return std::nullopt;
}

// RFC 9113 5.1, "closed". Frames on idle streams are nghttp2's to refuse.
std::optional<std::uint32_t> H2Guard::onClosedStream(const H2Frame& frame) {
  if (frame.stream <= 0 || frame.stream > std::min(highest_, lastServed_) || frame.stream % 2 == 0) return std::nullopt;
  if (endedByUs(frame.stream)) return std::nullopt;
  return neverOpened(frame.stream) ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED;
}

void H2Guard::onOurReset(std::int32_t stream) {
  ours_[oursNext_++ % ours_.size()] = stream;
}

bool H2Guard::endedByUs(std::int32_t stream) const {
  return std::find(ours_.begin(), ours_.end(), stream) != ours_.end();
}

bool H2Guard::neverOpened(std::int32_t stream) const {
  return std::any_of(gaps_.begin(), gaps_.end(),
                     [&](const Gap& gap) { return gap.first <= stream && stream <= gap.last; });
}

}  // namespace orbit::http
